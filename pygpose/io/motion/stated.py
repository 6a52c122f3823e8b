"""What the user states and what a file says: the user's word counts, and a note tells where the file says otherwise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value", float, str)


def stated_or_read(
    what: str,
    field: str,
    read: str,
    stated: str | float | None,
    parse: Callable[[str], Value],
    *,
    read_as: Callable[[str], Value] | None = None,
) -> tuple[Value, str]:
    """A fact about a file, and a sentence that tells where the fact comes from.

    Args:
        what: The fact, as ``unit``.
        field: Place of the fact in the file, as ``POINT:UNITS``.
        read: What the file says there; empty where it says nothing.
        stated: What the user says, if anything.
        parse: Makes a value of either; a ``ValueError`` where it means nothing.
        read_as: Makes a value of what the file says, where that is not written as the user writes it.

    Raises:
        ValueError: Where neither says it, where the file's word is not known and nothing is stated, and for a statement
            that means nothing.
    """
    known, reason = None, ""
    word = f"{stated:g}" if isinstance(stated, float) else stated
    try:
        known = (read_as or parse)(read) if read else None
    except ValueError as error:
        reason = str(error).partition(";")[0]
    if stated is not None:
        value = parse(str(stated))
        if not read:
            return value, f"the {what} is {word}, as stated"
        if value == known or isinstance(known, float) and math.isclose(known, float(value)):
            return value, f"the {what} is {word}, as stated and in the file ({field})"
        return value, f"the {what} is {word}, as stated; the file says '{read[:40]}' ({field})"
    if known is None:
        says = f"says nothing that is known: {reason}" if read else "is not there"
        raise ValueError(f"the file's {what} ({field}) {says}; state the {what}")
    return known, f"the {what} is {read[:40]}, from {field}"
