"""The options of all loss terms as one dataclass, so that a registered term has its flags without an edit here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass
from functools import cache
from typing import Any

from pygpose.inference.checkpoint import from_plain
from pygpose.losses import LOSSES


def loss_options_class() -> type:
    """A frozen dataclass with a field for every registered term that has options, named as the term is."""
    return _made(tuple((name, LOSSES[name].options) for name in LOSSES if LOSSES[name].options is not None))


@cache
def _made(options: tuple[tuple[str, type], ...]) -> type:
    fields = [(name, kind, field(default_factory=kind)) for name, kind in options]
    made = make_dataclass("LossOptions", fields, frozen=True)
    made.__doc__ = "Options of the loss terms."
    return made


def loss_options_from_plain(values: Mapping[str, Any]) -> Any:
    """The options, after a round trip through JSON.

    Raises:
        ValueError: For a term without options, and a field that the options of a term do not have.
    """
    kind = loss_options_class()
    for name in values:
        if name not in kind.__dataclass_fields__:
            raise ValueError(
                f"options for loss '{name}', which has none; known: {', '.join(kind.__dataclass_fields__)}"
            )
    return kind(**{name: from_plain(kind.__dataclass_fields__[name].type, value) for name, value in values.items()})
