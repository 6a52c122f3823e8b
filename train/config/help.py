"""The text of ``--help``: what a command does, examples, what may be chosen, and what each flag means."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass, replace
from functools import partial
from textwrap import fill

from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructTypeInfo

WIDEST = 120
Choices = Mapping[str, str] | Iterable[str]


def command_help(about: str | None, choices: Mapping[str, Choices]) -> str:
    """A module's docstring and the values that flags take, laid out for the terminal's width.

    A block begins with a letter and goes on in indented lines, as tyro joins lines that begin with a letter and puts
    two empty lines before others.

    Args:
        about: A docstring of paragraphs; a paragraph whose lines begin with ``python`` holds examples.
        choices: The values that a flag takes, by the flag, with what each value is where that is known.
    """
    width = min(shutil.get_terminal_size().columns, WIDEST)
    blocks = []
    for paragraph in (about or "").strip().split("\n\n"):
        if paragraph.startswith("python"):
            blocks.append("\n    ".join(["Examples:", *paragraph.splitlines()]))
        else:
            blocks.append(_filled(paragraph, width))
    blocks += [_choices(flag, values, width) for flag, values in choices.items()]
    return "\n\n".join(blocks)


def _choices(flag: str, values: Choices, width: int) -> str:
    if not isinstance(values, Mapping):
        return _filled(f"Choices of {flag}: {', '.join(values)}.", width)
    column = max(map(len, values)) + 2
    lines = [
        fill(name.ljust(column) + what, width, initial_indent="    ", subsequent_indent=" " * (4 + column))
        for name, what in values.items()
    ]
    return "\n".join([f"Choices of {flag}:", *lines])


def _filled(text: str, width: int) -> str:
    return fill(text, width, subsequent_indent="  ", break_on_hyphens=False)


WHOLE_SENTENCES = ConstructorRegistry()
"""Around ``tyro.cli``: the docstring of a field is one paragraph, however its lines are broken in the source."""

_asking: list[type] = []  # the class whose usual fields the rule below asks for


@WHOLE_SENTENCES.struct_rule
def _fields_of_a_dataclass(info: StructTypeInfo) -> StructConstructorSpec | None:
    if not is_dataclass(info.type) or info.type in _asking:
        return None
    _asking.append(info.type)
    try:
        usual = ConstructorRegistry.get_struct_spec(info)
    finally:
        _asking.pop()
    if not isinstance(usual, StructConstructorSpec):
        return None
    fields = [replace(field, helptext=partial(_one_paragraph, field.helptext)) for field in usual.fields]
    return replace(usual, fields=tuple(fields))


def _one_paragraph(text: str | None | Callable[[], str | None]) -> str | None:
    text = text() if callable(text) else text
    return " ".join(text.split()) if text else text
