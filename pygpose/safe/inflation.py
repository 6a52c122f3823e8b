"""How far data may grow before they are refused: a file may unpack to far more than anyone recorded."""

from __future__ import annotations

import io
import zlib

MAX_TOTAL = 64 * 2**30
"""Bytes that one file may unpack to."""
FREE_SIZE = 2**27
"""Bytes of memory below which any ratio passes: a still pose, or confidences of 1, shrink a thousandfold."""
MAX_RATIO = 100
"""How many times larger than the file its content may be in memory, above :data:`FREE_SIZE`. Measured motion shrinks
two- or threefold."""
DEFLATE_RATIO = 1100
"""No data shrink further by deflate (its limit is 1032): a file that announces more does not hold it."""


def check_inflation(unpacked: int, packed: int, where: str) -> None:
    """Refuse data that unpack to more than deflate can pack.

    Raises:
        ValueError: For more than :data:`MAX_TOTAL` bytes, and for more than :data:`DEFLATE_RATIO` bytes out of each.
    """
    if unpacked > MAX_TOTAL:
        raise ValueError(f"{where} unpacks to {unpacked:,} bytes; more than {MAX_TOTAL:,} are refused")
    if unpacked > 1024 + DEFLATE_RATIO * packed:
        raise ValueError(
            f"{where} unpacks from {packed:,} to {unpacked:,} bytes, which no recording does: it was refused unread"
        )


def check_memory(needed: int, size: int, where: str) -> None:
    """Refuse a file whose content takes more memory than that of any recording of its size.

    Args:
        needed: Bytes that the content takes in memory, once it is numbers and text that can be worked with.
        size: Bytes of the file.

    Raises:
        ValueError: For more than :data:`FREE_SIZE` bytes that are over :data:`MAX_RATIO` times the file's.
    """
    if needed > FREE_SIZE and needed > MAX_RATIO * size:
        raise ValueError(
            f"{where} would take {needed:,} bytes of memory and has {size:,} itself, as no recording does: it was "
            "refused unread"
        )


def inflate(file: io.BufferedReader, size: int, where: str) -> bytes:
    """All of a zlib or gzip stream of ``size`` bytes.

    Raises:
        ValueError: For a stream that is damaged, cut short, or grows as :func:`check_memory` does not allow.
    """
    decoder, unpacked = zlib.decompressobj(zlib.MAX_WBITS | 32), bytearray()  # 32: either header
    try:
        while chunk := file.read(2**16):
            unpacked += decoder.decompress(chunk)
            check_inflation(len(unpacked), size, where)
            check_memory(len(unpacked), size, where)
    except zlib.error as error:
        raise ValueError(f"{where} is damaged ({error}); copy or download it again") from error
    if not decoder.eof or decoder.unused_data:
        fault = "goes on after its compressed data" if decoder.eof else "is cut short"
        raise ValueError(f"{where} {fault}; copy or download it again")
    return bytes(unpacked)
