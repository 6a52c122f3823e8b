"""Architectures. Importing one's file registers it."""

from pygpose.models import cvm as cvm
from pygpose.models import mgu as mgu
from pygpose.models import tcmr as tcmr
from pygpose.models import tcn as tcn
from pygpose.models import ugcn as ugcn
from pygpose.models.framing import FramingName as FramingName
from pygpose.models.framing import has_confidence as has_confidence
from pygpose.models.lifter import Lifter as Lifter
from pygpose.models.lifter import RootHead as RootHead
from pygpose.models.registry import MODELS as MODELS
from pygpose.models.registry import Architecture as Architecture
from pygpose.models.registry import build_model as build_model
from pygpose.models.weights.tcmr import from_tcmr as from_tcmr
from pygpose.models.weights.videopose3d import from_videopose3d as from_videopose3d
from pygpose.models.weights.videopose3d import to_videopose3d as to_videopose3d
from pygpose.outputs import Outputs as Outputs
