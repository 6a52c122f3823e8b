"""The sections of a report: tables, pictures and sentences out of a run's results."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from pygpose.metrics import averages, per_action_table
from pygpose.metrics.table import H36M_ACTIONS
from train.report.content import BASELINE, Means, ReportContent
from train.report.example import Example
from train.report.markup import NO_VALUE, Block, Link, Picture, Table
from train.report.numbers import BY_NAME, DIGITS, HEADLINE, MEANING, MEANS, head, printed, text
from train.report.pictures import error_over_time, joint_errors, learning_curves, paths_from_above
from train.report.published import published
from train.report.stills import stills
from train.report.style import png

EXAMPLES = "examples.html"
SMOOTHING = ("mpjpe_mm", "p_mpjpe_mm", "mpjacce_mm")  # what a filter costs in accuracy, and gives in smoothness


def story(content: ReportContent, means: Means) -> dict[str, list[Block]]:
    """Sections by title; those with nothing to say are left out."""
    sections: dict[str, list[Block]] = {
        "All metrics": [_headline(content, means)],
        "Smoothing": _smoothing(content, means),
        "Examples": _examples(content),
        "By action": [_by_action(content)],
        "By person": [_by_subject(content)],
        "Training": [],
        "Beside published figures": _beside_published(content),
        "What the numbers mean": [Table("Every metric in words.", _column("metric", "meaning", _meanings(means)))],
        "Notes": [*content.notes],
        "Facts": [Table("What it takes to repeat this.", _column("fact", "value", content.facts))],
    }
    if content.log is not None and len(content.log):
        caption = (
            "Learning curves by epoch. Each loss term is in its own unit, before its weight, and falls while the model "
            "learns. Their weighted sum is not drawn: the weights of terms that do not teach positions grow during the "
            "first part of training (--term-ramp), so the sum may rise while every term falls. log.csv has it as "
            "train_loss."
        )
        sections["Training"].append(Picture("learning-curves", caption, png(learning_curves(content.log))))
    return {title: blocks for title, blocks in sections.items() if blocks}


def _headline(content: ReportContent, means: Means) -> Table:
    columns = {
        (system, mean): {head(name): text(name, both[mean.replace(" ", "_")]) for name in _measured(means)}
        for system, both in means.items()
        for mean in reversed(MEANS)
    }
    caption = (
        f"All metrics on {content.data} data; ↓ less is better, ↑ more is better. Mean over frames: every frame weighs "
        "the same; mean over actions: every action does. Papers print either under the same name."
    )
    return Table(caption, pd.DataFrame(columns).rename_axis("metric"), strong=[head("mpjpe_mm")])


def _smoothing(content: ReportContent, means: Means) -> list[Block]:
    """Every smoothed or corrected system below the one that it was, and what that changed."""
    lines: dict[str, dict[tuple[str, str], str]] = {}
    for name, source in content.smoothed.items():
        before, after = means[source]["mean_over_frames"], means[name]["mean_over_frames"]
        lines.setdefault(source, {(head(metric), "value"): text(metric, before) for metric in SMOOTHING})
        lines[name] = {}
        for metric in SMOOTHING:
            change, digits = after[metric] - before[metric], DIGITS[BY_NAME[metric].unit]
            share = 100 * change / before[metric] if before[metric] else math.nan
            lines[name] |= {
                (head(metric), "value"): text(metric, after),
                (head(metric), "change"): f"{change:+z.{digits}f}" if math.isfinite(change) else NO_VALUE,
                (head(metric), "in %"): f"{share:+z.1f}" if math.isfinite(share) else NO_VALUE,
            }
    caption = (
        f"What filters and correction change in accuracy and smoothness, mean over frames, on {content.data} data."
    )
    columns = [(head(metric), column) for metric in SMOOTHING for column in ("value", "change", "in %")]
    table = pd.DataFrame.from_dict(lines, orient="index").reindex(columns=columns).fillna(NO_VALUE)
    return [Table(caption, table.rename_axis("system"))] if lines else []


def _measured(means: Means) -> list[str]:
    """Metrics that some system has."""
    return [name for name in BY_NAME if any(name in both["mean_over_frames"] for both in means.values())]


def _meanings(means: Means) -> dict[str, str]:
    labels = {BY_NAME[name].label for name in _measured(means)}
    return {label: meaning for label, meaning in MEANING.items() if label in labels}


def _examples(content: ReportContent) -> list[Block]:
    if not content.examples:
        return []
    return [
        "Moments of some clips. Above: the 2D input. In the middle: the prediction, over the truth in grey. Below: "
        "the truth. Both are seen from the side, to one scale; left limbs are blue, right limbs orange.",
        Link(EXAMPLES, "Turn and play the examples."),
        *(
            Picture(f"stills-{i}", f"Example {i}, {example.title}", png(stills(example, content.skeleton)))
            for i, example in enumerate(content.examples, 1)
        ),
        Picture(
            "error-over-time",
            "Error over time: the position of every frame, and the movement from each frame to the next.",
            png(error_over_time(content.examples)),
        ),
        Picture(
            "joint-errors",
            "Mean error of each joint in the examples, the hardest joint on top.",
            png(joint_errors(content.examples, content.skeleton)),
        ),
        *_paths(content.examples),
    ]


def _paths(examples: Sequence[Example]) -> list[Block]:
    known = [example for example in examples if example.pred_path is not None]
    caption = "The root's path in the examples, from above, from where it starts (dot)."
    return [Picture("paths", caption, png(paths_from_above(known)))] if known else []


def _by_action(content: ReportContent) -> Table:
    tables = {system: per_action_table(rows) for system, rows in content.results.items()}
    columns = {
        (head(name), system): {action: text(name, values) for action, values in table.to_dict("index").items()}
        for name in HEADLINE
        for system, table in tables.items()
    }
    shades: dict[tuple[str, object], str] = {}
    for system, table in tables.items():
        values = {action: value for action, value in table["mpjpe_mm"].to_dict().items() if action not in MEANS}
        if len(values) > 1:
            easiest, hardest = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
            column = (head("mpjpe_mm"), system)
            shades |= {(easiest, column): "best", (hardest, column): "worst"}
    return Table(f"By action, on {content.data} data.", pd.DataFrame(columns).rename_axis("action"), MEANS, shades)


def _by_subject(content: ReportContent) -> Table:
    baseline = averages(content.results[BASELINE], by="subject").to_dict("index") if content.baseline else {}
    rows = content.rows.assign(place=content.rows.index)
    size = rows.groupby("subject").agg(clips=("place", "nunique"), frames=("frames", "sum")).to_dict("index")
    lines = {
        str(subject): {head(name): text(name, values) for name in HEADLINE}
        | ({f"{BASELINE}, {head('mpjpe_mm')}": text("mpjpe_mm", baseline[subject])} if baseline else {})
        | {name: f"{number:,}" for name, number in size[subject].items()}
        for subject, values in averages(content.rows, by="subject").to_dict("index").items()
    }
    caption = f"{content.model} by person, mean over frames, on {content.data} data."
    return Table(caption, pd.DataFrame.from_dict(lines, orient="index").rename_axis("person"))


def _beside_published(content: ReportContent) -> list[Block]:
    """For each metric all averages, then the rows that are known by action; figures as printed."""
    ours = per_action_table(content.rows).to_dict()
    facts = {"source": "this run", "note": ""} | {key: content.facts.get(key, "") for key in ("input", "split")}
    names = {f"{content.model}, {mean}": mean for mean in MEANS}
    actions = list(H36M_ACTIONS.values())
    blocks: list[Block] = []
    for metric in HEADLINE:
        theirs = published(content.data, metric).sort_values(["input", "average"])
        if theirs.empty:
            continue
        mine = {name: round(value, DIGITS[BY_NAME[metric].unit]) for name, value in ours[metric].items()}
        lines = [
            {"method": method, **facts, "average": mine[mean]}
            | {action: mine.get(action, math.nan) for action in actions}
            for method, mean in names.items()
        ]
        lines += theirs.fillna({"input": "", "split": ""}).to_dict("records")
        cells = pd.DataFrame([{key: printed(value) for key, value in line.items()} for line in lines])
        cells = cells.set_index("method")
        averaged = pd.DataFrame(cells, columns=["input", "average", "split", "source", "note"])
        caption = f"{head(metric)} beside published averages. Only rows of the same input are comparable."
        blocks.append(Table(caption, averaged, list(names)))
        known = (cells[actions] != NO_VALUE).to_numpy().any(axis=1)
        by_action = pd.DataFrame(cells[known], columns=["input", *actions, "average"])
        caption = f"{head(metric)} beside published figures by action."
        blocks.append(Table(caption, by_action, list(names)))
    if blocks:
        return blocks
    return [f"Published figures are not shown: they were made on other data than {content.data}, and say nothing here."]


def _column(index: str, name: str, values: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: dict(values)}).rename_axis(index)
