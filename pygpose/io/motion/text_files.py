"""Text of motion capture files, in whatever encoding the program wrote that made them."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text, its lines ended by line feeds, and a sentence where it is not UTF-8.

    Only names can be in another encoding, as numbers and keywords are the same in all. So what is no UTF-8 is read as
    Shift JIS, whose second bytes may be braces, or else as Latin-1.

    Raises:
        ValueError: For UTF-16 that is cut short.
    """
    content = path.read_bytes()
    marked = [encoding for mark, encoding in _MARKS if content.startswith(mark)]
    for encoding in marked or ["utf-8", "cp932"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            if marked:
                raise ValueError(
                    f"{path} is no complete {encoding} text (byte {error.start}); copy it again"
                ) from error
            continue
        note = ("Names that are no UTF-8 are read as Shift JIS.",) if encoding == "cp932" else ()
        return _lines(text), note
    return _lines(content.decode("latin-1")), ("Names that are no UTF-8 are read as Latin-1.",)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_decimal_points(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with points in its numbers, and a sentence where it had commas and no points."""
    if re.search(r"\d,\d", text) and not re.search(r"\d\.\d", text):
        return re.sub(r"(?<=\d),(?=\d)", ".", text), ("Decimal commas are read as points.",)
    return text, ()
