"""A finished table as files: CSV, Markdown, LaTeX and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pygpose.safe.atomic import write_atomic
from train.paper_tables.cells import cells_of, heading
from train.paper_tables.papers import Key
from train.paper_tables.picture import draw_table
from train.paper_tables.results import Results, frames_of
from train.report.markup import markdown_table
from train.report.style import png


def write_table(results: Results, out_dir: Path) -> None:
    """Write ``NAME.md``, ``NAME.tex``, ``NAME.png`` and ``NAME.csv`` (for a table by action, ``NAME-METRIC.csv``), each
    in one step."""
    out_dir.mkdir(parents=True, exist_ok=True)
    frames = frames_of(results)
    for stem, frame in frames.items():
        _write(results, out_dir / f"{stem}.csv", frame.to_csv(index=False).encode())
    _write(results, out_dir / f"{results.name}.md", _markdown(results, frames).encode())
    _write(results, out_dir / f"{results.name}.tex", _latex(results, frames).encode())
    _write(results, out_dir / f"{results.name}.png", png(draw_table(results, frames)))


def _write(results: Results, path: Path, content: bytes) -> None:
    write_atomic(path, lambda part: part.write_bytes(content))
    results.files.append(path)


def _markdown(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    about = results.table.source or "a table of our own"
    lines = [
        f"# {results.title}",
        f"After {about}. Made by `{results.command}`. Averages of this run are over actions. Published figures are of "
        "the data and 2D input that stand beside them; rows of different data or input are not comparable.",
    ]
    for stem, frame in frames.items():
        title = heading(results, stem)
        lines += ([f"## {title}"] if title else []) + [markdown_table(cells_of(frame).set_index("by"))]
    lines.append("Runs: " + "; ".join(f"{_name(key)}: {folder}" for key, folder in results.runs.items()))
    return "\n\n".join(lines) + "\n"


def _name(key: Key) -> str:
    return key if isinstance(key, str) else ", ".join(key)


def _latex(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    parts = []
    for stem, frame in frames.items():
        caption = ". ".join(part for part in (results.title, heading(results, stem)) if part)
        for sign in "_%&#$":
            caption = caption.replace(sign, f"\\{sign}")
        parts.append(cells_of(frame).to_latex(index=False, escape=True, caption=caption.replace("^", "\\^{}")))
    return "\n".join(parts)
