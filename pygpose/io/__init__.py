"""Readers and writers of files of 2D keypoints and of motion, other programs' and our own."""
