"""A checksum of numbers and text that we write, so that a changed byte is noticed when they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, uint8


def content_checksum(content: Any) -> str:
    """SHA-256 of tensors, numbers and text in plain containers; the order of the keys of a dictionary does not matter.

    Raises:
        TypeError: For content of other kinds.
    """
    digest = hashlib.sha256()
    for part in _bytes_of(content):
        digest.update(part)
    return digest.hexdigest()


def _bytes_of(content: Any) -> Iterator[Any]:
    if isinstance(content, Tensor):
        yield f"tensor {content.dtype} {list(content.shape)}".encode()
        yield content.detach().cpu().contiguous().flatten().view(uint8).numpy().data
    elif isinstance(content, Mapping):
        yield f"mapping {len(content)}".encode()
        for key in sorted(content, key=repr):
            yield repr(key).encode()
            yield from _bytes_of(content[key])
    elif isinstance(content, list | tuple):
        yield f"list {len(content)}".encode()
        for part in content:
            yield from _bytes_of(part)
    elif content is None or isinstance(content, bool | int | float | str):
        yield repr(content).encode()
    else:
        raise TypeError(f"no checksum of a {type(content).__name__}")
