"""Results that others published, to show beside ours; ``published.json`` says what its fields mean."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pygpose.metrics import MESH_METRICS, METRICS
from pygpose.metrics.table import H36M_ACTIONS

FILE = Path(__file__).with_name("published.json")


def published(data: str, metric: str) -> pd.DataFrame:
    """Published rows for a data set and a metric; no rows where nobody published results on these data.

    Columns: ``method``, ``input`` (whose 2D keypoints), ``split`` (training / test people), the papers' actions,
    ``average``, ``tables`` (the papers' tables that print the row, names joined by ``", "``), ``source`` and ``note``.
    Values are as printed, in the metric's unit; what the source does not say or its text has lost is missing. Rows of
    different ``input`` are not comparable.

    Raises:
        ValueError: For a name that is no metric.
    """
    names = [known.name for known in (*METRICS, *MESH_METRICS)]
    if metric not in names:
        raise ValueError(f"unknown metric '{metric}'; known: {', '.join(names)}")
    rows = [row for row in _document()["rows"] if row["data"] == data and row["metric"] == metric]
    chosen = [row | {"tables": ", ".join(row["tables"])} for row in rows]
    actions = list(H36M_ACTIONS.values())
    values = [row["actions"] or [None] * len(actions) for row in chosen]
    front, back = ["method", "input", "split"], ["average", "tables", "source", "note"]
    return pd.concat(
        [
            pd.DataFrame([{name: row[name] for name in front} for row in chosen], columns=front),
            pd.DataFrame(values, columns=actions, dtype=float),
            pd.DataFrame([{name: row[name] for name in back} for row in chosen], columns=back),
        ],
        axis=1,
    ).astype({"average": float})


def published_table(table: str) -> pd.DataFrame:
    """The printed cells of a paper's table, one a row; no rows for tables by action and tables of our own.

    Columns: ``row``, ``column``, ``metric``, ``value``, ``data``, ``input``, ``split``, ``source`` and ``note``. Cells
    that the paper leaves empty or its text has lost have no row.
    """
    columns = ["row", "column", "metric", "value", "data", "input", "split", "source", "note"]
    chosen = [{name: cell[name] for name in columns} for cell in _document()["cells"] if cell["table"] == table]
    return pd.DataFrame(chosen, columns=columns).astype({"value": float})


def _document() -> dict[str, Any]:
    return json.loads(FILE.read_text(encoding="utf-8"))
