"""Trained weights that come with the package, found by name: ``load_model("default")``.

``README.md`` in this folder is their card: what they were trained on, by which command, how far they are wrong on which
protocol, and what they are not for.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).parent
CHECKSUMS = FOLDER / "checksums.json"
SUFFIX = ".safetensors.gz"


def weight_names() -> tuple[str, ...]:
    """The names of the weights that come with the package."""
    return tuple(_checksums())


def find_weights(name: str) -> Path:
    """The file of weights that come with the package.

    Raises:
        ValueError: For a name that no weights have, and a file whose content is not what was shipped.
        FileNotFoundError: For a file that is missing from the package.
    """
    known = _checksums()
    if name not in known:
        raise ValueError(f"no weights are named '{name}'; known: {', '.join(known)}")
    path = FOLDER / f"{name}{SUFFIX}"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing from the package; install pygpose again")
    if checksum(path) != known[name]:
        raise ValueError(f"{path} is not the file that was shipped (its checksum differs); install pygpose again")
    return path


def checksum(path: Path) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _checksums() -> dict[str, str]:
    return json.loads(CHECKSUMS.read_text())
