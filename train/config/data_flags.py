"""The data sets that a run names, one or several, and the options of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, make_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pygpose.data import DATASETS, DataSource, open_source
from pygpose.data.mixture import Mixture
from pygpose.inference.checkpoint import from_plain


def data_names(text: str) -> list[str]:
    """The data sets of ``--data``: names joined by commas.

    Raises:
        ValueError: For an unknown name, and one that stands twice.
    """
    names = text.split(",")
    for name in names:
        DATASETS[name]
        if names.count(name) > 1:
            raise ValueError(f"data set '{name}' stands twice in '{text}'; give it once")
    return names


def all_names(data: str, test_data: str) -> list[str]:
    """The data sets of ``--data`` and ``--test-data``, each once: files of one form have the same options.

    Raises:
        ValueError: As :func:`data_names`.
    """
    names = data_names(data)
    if test_data:
        DATASETS[test_data]
    return [*names, *([test_data] if test_data and test_data not in names else [])]


def data_options_class(names: Sequence[str]) -> type:
    """The options of one data set; of several, a dataclass with a field for each, named as the data set is."""
    return DATASETS[names[0]].config if len(names) == 1 else _made(tuple(names))


@cache
def _made(names: tuple[str, ...]) -> type:
    kinds = [(name, DATASETS[name].config) for name in names]
    made = make_dataclass(
        "DataOptions", [(name, kind, field(default_factory=kind)) for name, kind in kinds], frozen=True
    )
    made.__doc__ = "Options of the data sets."
    return made


def options_of(name: str, options: Any) -> Any:
    """Those of one data set, of the options of all."""
    return options if isinstance(options, DATASETS[name].config) else getattr(options, name)


def data_options_from_plain(names: Sequence[str], values: Mapping[str, Any]) -> Any:
    """The options, after a round trip through JSON."""
    kind = data_options_class(names)
    if len(names) == 1:
        return _nested(kind, values)
    return from_plain(kind, {name: _nested(DATASETS[name].config, own) for name, own in values.items()})


def _nested(config_class: type, values: Mapping[str, Any]) -> Any:
    """A config one level deeper: a data set's noise."""
    defaults = config_class()
    inner = {
        name: from_plain(type(getattr(defaults, name)), value) if isinstance(value, dict) else value
        for name, value in values.items()
    }
    return from_plain(config_class, inner)


def open_named(text: str, roots: str, options: Any) -> DataSource:
    """The data of ``--data``, ``--data-root`` and ``--data-options``: one data set, or a mixture of several.

    Raises:
        ValueError, OSError: For another number of roots than data sets, and data that cannot be opened.
    """
    names = data_names(text)
    if len(names) == 1:
        return open_source(text, options_of(text, options), Path(roots) if roots else None)
    places = roots.split(",")
    if len(places) != len(names):
        raise ValueError(
            f"{len(names)} data sets ({text}) need {len(names)} roots joined by commas, in the same order and empty "
            f"where a data set has no files; --data-root names {len(places) if roots else 0}"
        )
    opened = zip(names, places, strict=True)
    return Mixture(
        {name: open_source(name, options_of(name, options), Path(root) if root else None) for name, root in opened}
    )
