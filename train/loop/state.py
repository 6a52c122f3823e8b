"""The file with a run's state, from which the run goes on after it was killed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from pygpose.safe.atomic import write_atomic
from pygpose.safe.checksum import content_checksum
from pygpose.safe.text import reason

CHECKSUM = "checksum"


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write everything that a run needs to go on, as tensors and plain containers, in one step."""
    content = io.BytesIO()  # torch's own file writer does not say OSError when the disk is full
    torch.save({**state, CHECKSUM: content_checksum(state)}, content)
    write_atomic(path, lambda part: part.write_bytes(content.getbuffer()))


def load_state(path: Path) -> dict[str, Any]:
    """What :func:`save_state` wrote, without running code from the file.

    Raises:
        FileNotFoundError: Where the run has no state file yet.
        ValueError: For a damaged file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: the run ended before its first epoch; start it anew")
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # bytes that are no state raise anything
        raise ValueError(
            f"{path} is damaged, or holds more than tensors and plain containers ({reason(error)}); start the run anew"
        ) from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} holds a {type(state).__name__} and no state of a run; start the run anew")
    checksum = state.pop(CHECKSUM, None)  # which files of before do not have
    if checksum is not None and checksum != content_checksum(state):
        raise ValueError(f"{path} is damaged: its checksum differs from that of what was written; start the run anew")
    return state
