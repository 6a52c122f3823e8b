"""Tables of text, as programs and spreadsheets write them: with commas, semicolons or tabs, quotes, decimal commas."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pygpose.safe.text import head, read_text

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """The rows of a table.

    Args:
        rows: The cells of each row that is not empty, without spaces around them.
        lines: The line of the file at which each row ends.
        delimiter: What stands between cells.
    """

    rows: list[list[str]]
    lines: list[int]
    delimiter: str

    def numbers(self, start: int, columns: list[int]) -> np.ndarray:
        """The numbers of some columns from row ``start`` on, ``[rows, columns]``; NaN for empty cells.

        Raises:
            ValueError: For cells that hold something else, naming line and column.
        """
        values = np.full((len(self.rows) - start, len(columns)), np.nan)
        for index, row in enumerate(self.rows[start:]):
            for place, column in enumerate(columns):
                cell = row[column]
                if cell.lower() in ("", "nan", "na", "null", "none"):
                    continue
                plain = cell if self.delimiter == "," or "." in cell else cell.replace(",", ".", 1)
                where = f"line {self.lines[start + index]}, column {column + 1}: '{cell:.40}'"
                try:
                    values[index, place] = float(plain)
                except ValueError as error:
                    raise ValueError(f"{where} is no number") from error
                if not np.isfinite(values[index, place]):
                    raise ValueError(f"{where} is not finite")
        return values


def header_cells(path: Path) -> list[str]:
    """The cells of the first line of a file, whatever file it is."""
    return _cells(head(path).lstrip().partition("\n")[0])


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=_delimiter(line)), [])]
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def read_table(path: Path) -> Table:
    """The table of a file, all of whose rows have as many cells as the first.

    Empty cells at the end of all rows are left out.

    Raises:
        ValueError: For bytes that are no text, and rows of another length than the first.
    """
    text = read_text(path).lstrip()
    delimiter = _delimiter(text.partition("\n")[0])
    rows, lines = [], []
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(f"no table that can be read ({error})") from error
    if not rows:
        raise ValueError("the file is empty; copy or export it again")
    width = max(next((at for at in range(len(row), 0, -1) if row[at - 1]), 0) for row in rows[:4])
    for index, row in enumerate(rows):
        rest = row[width:]
        if len(row) < width or any(rest):
            why = "the file may be cut short" if len(row) < width else "the header may lack columns"
            raise ValueError(f"line {lines[index]}: {len(row)} cells, expected {width}; {why}")
        rows[index] = row[:width]
    return Table(rows, lines, delimiter)
