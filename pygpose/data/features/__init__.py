"""Image features of a video's frames: the crops that an image network sees, and the files of its features."""
