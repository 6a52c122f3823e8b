"""Temporally consistent 3D human motion from 2D keypoints, on PyTorch Geometric."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygpose.kept_help import show_kept_help
from pygpose.programs import refuse_silent_run

if TYPE_CHECKING:
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
refuse_silent_run(__name__, Path(__file__).parent)
show_kept_help(__name__)

HOMES = {
    "SkeletonSequence": "data",
    "load_dataset": "data",
    "load_keypoints": "data",
    "load_model": "inference.checkpoint",
    "lift": "inference.lift",
    "lift_all": "inference.lift",
    "lift_motion": "inference.lift",
    "lift_file": "inference.lift_file",
    "build_loss": "losses",
    "build_model": "models",
}
"""The room of every name of this first screen."""


def __getattr__(name: str) -> Any:
    """A name of :data:`HOMES`, or a room, imported when it is asked for: torch takes seconds, which a command's help
    does not need."""
    if name in HOMES:
        return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    if name.isidentifier() and not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
