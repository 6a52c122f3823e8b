"""Weights in other people's torch files, read without running any code in them."""

from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pygpose.safe.text import reason

BESIDE = (
    *("numpy.random.__RandomState_ctor", "numpy.random._pickle.__randomstate_ctor"),
    *("numpy.random._pickle.__bit_generator_ctor", "numpy.random._mt19937.MT19937"),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *("numpy.ndarray", "numpy.dtype"),
)
"""What official files hold beside weights: the state of a random generator (VideoPose3D), best scores (TCMR)."""


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
            f"code{f' ({name[1]:.80})' if name else ''}; give a file of the state dict alone"
        ) from error
    except Exception as error:  # bytes that are no torch file raise anything
        raise ValueError(
            f"{path} holds no complete weights ({type(error).__name__}: {reason(error)}); give a file of torch.save"
        ) from error
    changed = _changed(path)
    if changed:
        raise ValueError(f"{path} is damaged: a checksum in it differs ({changed:.80}); copy or download it again")
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}; expected a state dict: names and tensors")
    return content


def _changed(path: Path) -> str | None:
    """The first part of an archive whose content is not what was written. Torch itself does not look."""
    if not zipfile.is_zipfile(path):
        return None  # as torch wrote before version 1.6, without checksums
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip()
    except Exception as error:  # an archive whose bytes were changed raises anything
        return reason(error)


def weights_within(content: Mapping[Any, Any], name: str) -> dict[str, Tensor]:
    """The state dict under ``name``, or ``content`` itself where it has no such entry.

    Raises:
        ValueError: Where that is no dict of names.
    """
    found = content.get(name, content)
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise ValueError(f"no weights: '{name}' is a {type(found).__name__}; expected a state dict, names and tensors")
    return {key: value for key, value in found.items() if isinstance(value, Tensor)}
