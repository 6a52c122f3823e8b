"""Architectures. Importing one's file registers it."""

from pygpose.models import cvm as cvm
from pygpose.models import tcmr as tcmr
from pygpose.models import tcn as tcn
from pygpose.models import ugcn as ugcn
from pygpose.models.lifter import MODELS as MODELS
from pygpose.models.lifter import Architecture as Architecture
from pygpose.models.lifter import Lifter as Lifter
from pygpose.models.lifter import Outputs as Outputs
from pygpose.models.lifter import RootHead as RootHead
from pygpose.models.lifter import build_model as build_model
from pygpose.models.weights.tcmr import from_tcmr as from_tcmr
