"""A table's results: the rows of our runs and of other systems, and the data frames that are written and drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pygpose.metrics.table import H36M_ACTIONS
from train.paper_tables.papers import Key, PaperTable
from train.report.published import published, published_table

COST = ("weights", "macs_per_frame", "frames_per_s")
FRONT = ("by", "method", "data", "input", "split")
BACK = ("budget", "source", "note")
OURS, BESIDE = "this run", "beside"


@dataclass(frozen=True)
class Row:
    """The results of one system."""

    system: str
    by_action: pd.DataFrame | None
    """Metrics by action, with both means; None where there are no results, for a reason that the note says."""
    data: str = ""
    """Name of the data set."""
    input: str = ""
    """Whose 2D keypoints were lifted."""
    split: str = ""
    """Training people / scored people."""
    note: str = ""


@dataclass(frozen=True)
class Results:
    """What a table shows, as far as its runs are there."""

    name: str
    table: PaperTable
    rows: Mapping[Key, Row]
    """The results of the table's runs."""
    beside: Sequence[Row]
    """The results of other systems."""
    budget: float
    recipe: str
    """Flags that all runs were given beside their own."""
    command: str
    """The command that made the table."""
    runs: Mapping[Key, str]
    """Folders of the runs."""
    files: list[Path] = field(default_factory=list)
    """The table's files that are written already."""

    @property
    def title(self) -> str:
        """What the table shows, on which data, and at what cost."""
        data = " and ".join(sorted({row.data for row in self.rows.values() if row.data})) or "no"
        share = f", at {self.budget:g} of the recipe's epochs and windows" if self.budget < 1 else ""
        recipe = f", with {self.recipe}" if self.recipe else ""
        return f"{self.name}: {self.table.title}, on {data} data{share}{recipe}"


def frames_of(results: Results) -> dict[str, pd.DataFrame]:
    """The parts of the table by the names of their files; our rows first, then those that others published."""
    table = results.table
    if table.by_action:
        return {f"{results.name}-{metric}": _by_action(results, metric) for metric in table.metrics}
    wanted = table.columns or (*table.metrics, *(COST if table.cost else ()))
    lines: dict[tuple[str, ...], dict[str, object]] = {}
    for key, row in results.rows.items():
        name, column = key if isinstance(key, tuple) else (key, "")
        line = lines.setdefault((OURS, name), _facts(results, OURS, name, row) | {"note": ""})
        _add_note(line, f"{column}: {row.note}" if column and row.note else row.note)
        if row.by_action is not None:
            metrics = {column: table.metrics[0]} if column else {name: name for name in wanted}
            line.update({head: _mean(row.by_action, metric) for head, metric in metrics.items()})
            line.update(data=row.data, input=row.input, split=row.split)
    for row in results.beside:
        assert row.by_action is not None
        means = {name: _mean(row.by_action, name) for name in table.metrics}
        lines[BESIDE, row.system] = {**_facts(results, BESIDE, row.system, row), **means}
    for cell in published_table(results.name).to_dict("records"):
        facts = {"by": "published", "method": cell["row"]} | {k: cell[k] for k in ("data", "input", "split", "source")}
        line = lines.setdefault(("published", cell["row"], cell["data"], cell["source"]), {**facts, "note": ""})
        line[cell["column"]] = cell["value"]
        _add_note(line, cell["note"])
    return {results.name: pd.DataFrame(list(lines.values()), columns=[*FRONT, *wanted, *BACK])}


def _facts(results: Results, by: str, name: str, row: Row) -> dict[str, object]:
    facts: dict[str, object] = {"by": by, "method": name, "note": row.note}
    facts |= {"data": row.data, "input": row.input, "split": row.split}
    return facts | ({"budget": results.budget} if by == OURS else {})


def _add_note(line: dict[str, object], note: str) -> None:
    known = str(line["note"])
    if note and note not in known:
        line["note"] = f"{known}; {note}" if known else note


def _mean(by_action: pd.DataFrame, name: str) -> float:
    """The mean over actions; NaN where nothing was measured, as the error of meshes of a model that gives none."""
    return float(by_action.loc["mean over actions", name]) if name in by_action.columns else math.nan


def _by_action(results: Results, metric: str) -> pd.DataFrame:
    """One metric by action. Columns are the papers' actions, then the data's own other actions, then the average."""
    papers = list(H36M_ACTIONS.values())
    ours = [(OURS, str(key), row) for key, row in results.rows.items()]
    ours += [(BESIDE, row.system, row) for row in results.beside]
    names = {name for _, _, row in ours if row.by_action is not None for name in row.by_action.index}
    own = sorted(names - set(papers) - {"mean over actions", "mean over frames"})
    lines = []
    for by, name, row in ours:
        line = _facts(results, by, name, row)
        if row.by_action is not None:
            values = row.by_action[metric]
            line |= {name: values[name] for name in [*papers, *own] if name in values.index}
            line["average"] = values["mean over actions"]
            absent = [name for name in papers if name not in values.index]
            if absent:
                what = "none of the papers' actions" if len(absent) == len(papers) else f"no {', '.join(absent)}"
                _add_note(line, f"the data have {what}; the average is over theirs")
        lines.append(line)
    others = published("h36m", metric)
    printed = [results.name in tables.split(", ") for tables in others["tables"]]
    for row in others.loc[printed].to_dict("records"):
        facts = {name: row[name] for name in ("method", "input", "split", "source", "note", "average", *papers)}
        lines.append({"by": "published", "data": "h36m", **facts})
    return pd.DataFrame(lines, columns=[*FRONT, *papers, *own, "average", *BACK])
