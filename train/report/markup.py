"""The sections of a report in two forms: Markdown, and a web page that needs no other file."""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

import pandas as pd

from pygpose.safe.text import spelled
from train.report.spreadsheet import inert_text

NO_VALUE = "–"
PHONE = 2
"""Columns beside the first that fit a phone's width; a wider table says in its caption that it scrolls."""


@dataclass(frozen=True)
class Table:
    """A table of a report."""

    caption: str
    cells: pd.DataFrame
    """Text. The index is the first column; columns named by pairs get two rows of heads."""
    strong: Sequence[str] = ()
    """Rows in bold, by their index."""
    shades: Mapping[tuple[str, object], str] = field(default_factory=dict)
    """Shaded cells: ``best`` or ``worst`` by ``(row, column)``."""


@dataclass(frozen=True)
class Picture:
    """A picture of a report."""

    name: str
    caption: str
    content: bytes
    """A PNG file."""


@dataclass(frozen=True)
class Link:
    """A file beside the report."""

    file: str
    text: str


Block = str | Table | Picture | Link


# All text is escaped here, and nowhere else but in the cards.


def markdown(title: str, lead: Sequence[str], story: Mapping[str, list[Block]]) -> str:
    """The report as Markdown; its pictures are files in ``pictures/``."""
    lines = [f"# {_plain(title)}", *map(_plain, lead)]
    for heading, blocks in story.items():
        lines.append(f"## {heading}")
        for block in blocks:
            if isinstance(block, Table):
                lines += [_plain(block.caption), markdown_table(block.cells)]
            elif isinstance(block, Picture):
                lines += [f"![{block.name}](pictures/{block.name}.png)", _plain(block.caption)]
            elif isinstance(block, Link):
                lines.append(f"[{_plain(block.text)}]({block.file})")
            else:
                lines.append(_plain(block))
    return "\n\n".join(lines) + "\n"


def markdown_table(cells: pd.DataFrame) -> str:
    """Cells of text as a table in Markdown."""
    heads = [", ".join(column) if isinstance(column, tuple) else str(column) for column in cells.columns]
    lines = [[str(cells.index.name), *heads], *([str(name), *values] for name, values in _lines(cells))]
    lines = [[_plain(cell) for cell in line] for line in lines]
    lines.insert(1, [":--", *["--:"] * len(heads)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown takes as it is, on one line."""
    return re.sub(r"([\\`*|<\[\]])", r"\\\1", spelled(" ".join(text.split())))


def _web(text: str) -> str:
    """Text that a web page takes as it is; what would command a terminal that shows the page's source is spelled
    out."""
    return escape(spelled(" ".join(text.split())))


def html(title: str, lead: Sequence[str], cards: str, story: Mapping[str, list[Block]]) -> str:
    """The report as one web page that needs no other file: style and pictures are inside."""
    show = {Table: _html_table, Picture: _html_picture, Link: _html_link, str: _html_paragraph}
    sections = [
        f"<section><h2>{heading}</h2>\n" + "\n".join(show[type(block)](block) for block in blocks) + "\n</section>"
        for heading, blocks in story.items()
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_web(title)}</title><style>{STYLE}</style></head><body><main>",
            f"<header><h1>{_web(title)}</h1>",
            *map(_html_paragraph, lead),
            f"{cards}</header>",
            *sections,
            "</main></body></html>\n",
        ]
    )


def _html_paragraph(text: str) -> str:
    return f"<p>{_web(text)}</p>"


def _html_link(link: Link) -> str:
    return f'<p><a href="{_web(link.file)}">{_web(link.text)}</a></p>'


def _html_picture(picture: Picture) -> str:
    data, caption = base64.b64encode(picture.content).decode(), _web(picture.caption)
    source = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
    return f'<figure class="wide"><div class="scroll">{source}</div><figcaption>{caption}</figcaption></figure>'


def _html_table(table: Table) -> str:
    cells = table.cells
    columns = [column if isinstance(column, tuple) else (column,) for column in cells.columns]
    number = re.compile(rf"[\d.,]*|{NO_VALUE}")
    looks = ["" if all(map(number.fullmatch, cells.iloc[:, i])) else "words" for i in range(len(columns))]
    heads = []
    for level in range(len(columns[0])):
        groups = [(key[-1], len(list(group))) for key, group in groupby(column[: level + 1] for column in columns)]
        last = level + 1 == len(columns[0])
        names = "".join(
            f'<th class="{look if last else "group"}" colspan="{span}">{_web(str(name))}</th>'
            for look, (name, span) in zip(looks, groups, strict=last)
        )
        heads.append(f"<tr><th>{_web(str(cells.index.name)) if last else ''}</th>{names}</tr>")
    body = []
    for name, values in _lines(cells):
        line = "".join(
            f'<td class="{table.shades.get((name, column), look)}">{_web(cell)}</td>'
            for column, look, cell in zip(cells.columns, looks, values, strict=True)
        )
        body.append(f'<tr class="{"strong" if name in table.strong else ""}"><th>{_web(name)}</th>{line}</tr>')
    caption = table.caption + " Shaded: each system's easiest action (blue) and hardest (orange)." * bool(table.shades)
    grid = f"<table><thead>{''.join(heads)}</thead><tbody>{''.join(body)}</tbody></table>"
    wide = ' class="wide"' if len(columns) > PHONE else ""
    return f'<figure{wide}><figcaption>{_web(caption)}</figcaption><div class="scroll">{grid}</div></figure>'


def _lines(cells: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    for name, values in zip(cells.index, cells.to_numpy(), strict=True):
        yield inert_text(str(name)), [inert_text(str(value)) for value in values]


STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --soft: #5c6670; --line: #dfe3e7; --paper: #ffffff; --card: #f5f7f9;
  --best: #d6e8f7; --worst: #fbe3d2; --accent: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa5b0; --line: #353c44; --paper: #15181c;
  --card: #1f242a; --best: #17405c; --worst: #5c3517; --accent: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.1rem 4rem; }
h1 { font-size: clamp(1.5rem, 5vw, 2.2rem); line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 0.8rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
p { max-width: 44rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
header p { font-size: 1.1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.8rem; margin-top: 1.5rem; }
.card { background: var(--card); border-radius: 0.7rem; padding: 0.9rem 1rem; color: var(--soft); }
.card b, .card small, .bar { display: block; }
.number { color: var(--ink); font-size: 2rem; font-weight: 650; letter-spacing: -0.02em; }
.bar { height: 0.35rem; border-radius: 1rem; background: var(--line); margin: 0.4rem 0 0.3rem; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); }
figure { margin: 1.2rem 0 2rem; }
figcaption { color: var(--soft); font-size: 0.92rem; margin: 0.5rem 0; max-width: 48rem; }
.scroll { overflow-x: auto; scrollbar-color: var(--soft) var(--line); }
@media (max-width: 42rem) { .wide .scroll { border-right: 3px solid var(--accent); padding-bottom: 0.4rem; }
  .wide figcaption::after { color: var(--accent);
    content: " \\2194\\00a0Scroll sideways: it is wider than this screen."; } }
img { display: block; width: 100%; min-width: 40rem; border-radius: 0.5rem; background: white; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { padding: 0.32rem 0.7rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 550; }
thead th { color: var(--soft); vertical-align: bottom; border-bottom: 2px solid var(--line); }
tr > th:first-child, .words { text-align: left; }
tr > th:first-child { position: sticky; left: 0; background: var(--paper); }
th.group { text-align: center; border-left: 0.5rem solid var(--paper); }
td.words { overflow-wrap: break-word; min-width: 5rem; }
tbody th { min-width: 7.5rem; }
td.best { background: var(--best); }
td.worst { background: var(--worst); }
tr.strong > * { font-weight: 700; }
@media print { main { max-width: none; } figure { break-inside: avoid; } }
"""
