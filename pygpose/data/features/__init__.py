"""Image features of a video's frames: the pictures that an image network sees, and the files of its features."""
