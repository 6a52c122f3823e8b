"""Tables that a spreadsheet opens without running what is in them: names are strangers' words."""

import re

import pandas as pd

from pygpose.safe.text import spelled

NUMBER = re.compile(r"[+-]?[\d.,]+%?")


def inert(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the text of its cells as :func:`inert_text`."""
    words = [name for name, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    return table.assign(**{str(name): table[name].map(_cell) for name in words})


def _cell(value: object) -> object:
    return inert_text(value) if isinstance(value, str) else value


def inert_text(text: str) -> str:
    """Text that no spreadsheet runs as a formula, which gets an apostrophe in front, and no terminal as a command."""
    text = spelled(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not NUMBER.fullmatch(text) else text
