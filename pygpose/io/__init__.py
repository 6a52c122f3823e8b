"""Readers and writers of other people's files: 2D keypoints and motion."""
