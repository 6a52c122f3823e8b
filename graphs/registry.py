"""One dictionary from a name to the class that bears it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Entry = TypeVar("Entry")
Registered = TypeVar("Registered")


class Registry(Generic[Entry]):
    """Named entries of one kind. Registering enrols an entry in the command line, the docs and the contract tests.

    Args:
        kind: What the entries are, for messages: ``arch``, ``loss``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry] = {}

    def register(self, name: str) -> Callable[[Registered], Registered]:
        """Decorator that enters what it decorates under ``name``; a name in use is an error."""

        def enter(entry: Registered) -> Registered:
            if name in self._entries:
                raise ValueError(f"{self.kind} '{name}' is registered already, as {self._entries[name]!r}")
            self._entries[name] = entry  # pyright: ignore[reportArgumentType]: gives back the type that it got
            return entry

        return enter

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            raise ValueError(f"unknown {self.kind} '{name}'; known: {', '.join(self)}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))
