"""Filters that improve a predicted motion afterwards."""

from pygpose.refine.smoothing import FILTERS as FILTERS
from pygpose.refine.smoothing import MotionFilter as MotionFilter
from pygpose.refine.smoothing import average_rotations as average_rotations
