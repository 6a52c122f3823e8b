"""One dictionary from a name to the class that bears it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

Entry = TypeVar("Entry")
Registered = TypeVar("Registered")


class Registry(Generic[Entry]):
    """Named entries of one kind. Registering enrols an entry in the command line, the docs and the contract tests.

    Args:
        kind: What the entries are, for messages: ``arch``, ``loss``.
        group: Group of entry points by which installed packages offer further entries: a module that registers them, or
            the entry itself, which gets the entry point's name. They are loaded when somebody first looks at the
            registry. Empty: the registry takes none.
    """

    def __init__(self, kind: str, group: str = "") -> None:
        self.kind = kind
        self.group = group
        self._entries: dict[str, Entry] = {}
        self._waiting = bool(group)

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """Decorator that enters what it decorates under ``name``; a name in use is an error."""

        def enter(entry: Registered) -> Registered:
            if name in self._entries:
                raise ValueError(f"{self.kind} '{name}' is registered already, as {self._entries[name]!r}")
            self._entries[name] = entry  # pyright: ignore[reportArgumentType]: gives back the type that it got
            return entry

        return enter

    def _load_installed(self) -> None:
        """Take what installed packages offer, once. A package that fails is warned of and left out, so that the others
        work."""
        if not self._waiting:
            return
        self._waiting = False
        for point in entry_points(group=self.group):
            try:
                entry = point.load()
                if point.attr and entry not in self._entries.values():
                    self.register(point.name)(entry)
            except Exception as error:
                warnings.warn(
                    f"entry point '{point.name}' ({point.value}) of group '{self.group}' cannot be loaded and is left "
                    f"out: {type(error).__name__}: {error}",
                    stacklevel=3,
                )

    def __getitem__(self, name: str) -> Entry:
        if name not in self:
            raise ValueError(f"unknown {self.kind} '{name}'; known: {', '.join(self)}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._load_installed()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load_installed()
        return iter(sorted(self._entries))
