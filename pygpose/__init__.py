"""Temporally consistent 3D human motion from 2D keypoints, on PyTorch Geometric."""

__version__ = "0.1.0"
