"""Temporally consistent 3D human motion from 2D keypoints, on PyTorch Geometric."""

from pygpose.data import SkeletonSequence as SkeletonSequence
from pygpose.data import load_dataset as load_dataset
from pygpose.data import load_keypoints as load_keypoints
from pygpose.inference.checkpoint import load_model as load_model
from pygpose.inference.lift import lift as lift
from pygpose.inference.lift import lift_all as lift_all
from pygpose.inference.lift import lift_motion as lift_motion
from pygpose.inference.lift_file import lift_file as lift_file
from pygpose.losses import build_loss as build_loss
from pygpose.models import build_model as build_model

__version__ = "0.1.0"
