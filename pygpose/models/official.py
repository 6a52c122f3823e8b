"""Weights of other people's files, put into a model of ours."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pygpose.models.lifter import Lifter

BESIDE = (
    *("numpy.random.__RandomState_ctor", "numpy.random._pickle.__randomstate_ctor"),
    *("numpy.random._pickle.__bit_generator_ctor", "numpy.random._mt19937.MT19937"),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *("numpy.ndarray", "numpy.dtype"),
)
"""What official files hold beside weights: the state of a random generator (VideoPose3D), best scores (TCMR)."""
OURS = ("mean_pose", "pose_scale")  # no official network has the scale of its training data beside its weights


class LeftOut:
    """Stands where a file has something that is not read: nothing of it is run or kept."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


def read_official(path: str | Path) -> dict[Any, Any]:
    """The state dicts, tensors and plain values of other people's torch file, old or new; no code of it is run.

    Numpy's numbers, arrays and random generators come as :class:`LeftOut`.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged, holds no dict, or holds other objects than those.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a file of weights that exists")
    try:
        with torch.serialization.safe_globals([(LeftOut, name) for name in BESIDE]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        name = re.search(r"GLOBAL (\S+)", str(error))
        raise ValueError(
            f"{path} is damaged, or holds more than tensors and plain values, which are not loaded as they could run "
            f"code{f' ({name[1]})' if name else ''}; give a file of the state dict alone"
        ) from error
    except Exception as error:  # bytes that are no torch file raise anything
        reason = f"{type(error).__name__}: {error}"[:200]
        raise ValueError(f"{path} holds no complete weights ({reason}); give a file of torch.save") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}; expected a state dict: names and tensors")
    return content


def weights_within(content: Mapping[Any, Any], name: str) -> dict[str, Tensor]:
    """The state dict under ``name``, or ``content`` itself where it has no such entry.

    Raises:
        ValueError: Where that is no dict of names.
    """
    found = content.get(name, content)
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise ValueError(f"no weights: '{name}' is a {type(found).__name__}; expected a state dict, names and tensors")
    return {key: value for key, value in found.items() if isinstance(value, Tensor)}


def load_official(model: Lifter, weights: Mapping[str, Tensor], what: str) -> None:
    """Put weights under our names into ``model``, of which they must be all.

    Files older than torch 0.4.1 do not count the batches of their norms, and nothing here reads the count.

    Args:
        model: Of the shape that the weights tell.
        weights: By our names.
        what: What the weights do not fit, for the message.

    Raises:
        ValueError: For weights that are missing, left over or of another shape, all of them named.
    """
    own = {name: value for name, value in model.state_dict().items() if name not in OURS}
    missing = sorted(name for name in own.keys() - weights.keys() if not name.endswith("num_batches_tracked"))
    reshaped = [
        f"{name} {list(weights[name].shape)} instead of {list(own[name].shape)}"
        for name in sorted(own.keys() & weights.keys())
        if weights[name].shape != own[name].shape
    ]
    problems = {"missing": missing, "unexpected": sorted(weights.keys() - own.keys()), "of another shape": reshaped}
    if any(problems.values()):
        found = "; ".join(f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names)
        raise ValueError(f"these weights do not fit {what}: {found}")
    model.load_state_dict({**model.state_dict(), **weights})
