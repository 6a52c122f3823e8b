"""The report that a run leaves: one story of sections, told twice, as ``report.md`` and ``report.html``."""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from graphs import Skeleton
from pygpose.metrics import METRICS, averages, per_action_table, summary
from pygpose.metrics.table import H36M_ACTIONS, Metric
from train.checkpoint import write_atomic
from train.pictures import Example as Example
from train.pictures import error_over_time, joint_errors, learning_curves, png, stills
from train.published import published

BASELINE = "mean pose"
BY_NAME = {metric.name: metric for metric in METRICS}
HEADLINE = ("mpjpe_mm", "p_mpjpe_mm", "mpjve_mm", "mpjacce_mm")
DIGITS = {"mm": 1, "mm/frame": 2, "mm/frame^2": 2, "mm/s": 1, "m/s^2": 2, "%": 1}
MEANS = ["mean over actions", "mean over frames"]
NO_VALUE = "–"

MEANING = {
    "MPJPE": "Distance from the predicted joint to the true one, both relative to the root joint (protocol 1).",
    "P-MPJPE": "The same after the best rotation, scale and shift of every frame: the pose alone (protocol 2).",
    "N-MPJPE": "The same after the best scale of every frame (protocol 3).",
    "MPJVE": "Error of the movement from one frame to the next.",
    "MPJAccE": "Error of the change of that movement: it shows what the eye sees as shaking.",
    "PCK@150mm": "Joints closer than 150 mm to the truth.",
    "AUC 0:5:150 mm": "Joints closer than a threshold, averaged over the thresholds 0, 5, ... 150 mm.",
    "Bone length error": "Difference between predicted and true bone lengths.",
    "Bone length deviation": "How much predicted bones change their length within a clip; real ones do not.",
}


@dataclass(frozen=True)
class ReportContent:
    """What a run has to say.

    Raises:
        ValueError: For results without the mean pose, examples of another skeleton, and synthetic data under a title
            that hides it.
    """

    title: str  # "ugcn, motion+lap, on synthetic motion"
    facts: Mapping[str, str]  # what is needed to repeat it; "input" goes beside published figures
    notes: Sequence[str]  # sentences: what was left out or assumed
    results: Mapping[str, pd.DataFrame]  # rows of clip_row by system, the model first
    skeleton: Skeleton
    log: pd.DataFrame | None  # one row per epoch
    examples: Sequence[Example]
    data: str  # name of the data set
    unseen: bool = True  # nobody in the results was in training

    def __post_init__(self) -> None:
        if BASELINE not in self.results:
            raise ValueError(f"results hold {', '.join(self.results)}; add '{BASELINE}', the score of knowing nothing")
        if self.data == "synthetic" and "synthetic" not in self.title.lower():
            raise ValueError(f"title '{self.title}' hides that the data are synthetic; say so in it")
        for example in self.examples:
            if example.target.shape[1] != self.skeleton.num_joints:
                raise ValueError(
                    f"example '{example.title}' has {example.target.shape[1]} joints, "
                    f"skeleton '{self.skeleton.name}' has {self.skeleton.num_joints}"
                )

    @property
    def model(self) -> str:
        return next(iter(self.results))

    @property
    def rows(self) -> pd.DataFrame:
        return self.results[self.model]


@dataclass(frozen=True)
class Table:
    """Cells of text; the index is the first column, and columns of pairs get two rows of heads."""

    caption: str
    cells: pd.DataFrame
    strong: Sequence[str] = ()  # rows to stress, by index
    shades: Mapping[tuple[str, object], str] = field(default_factory=dict)  # (row, column): best or worst


@dataclass(frozen=True)
class Picture:
    name: str
    caption: str
    content: bytes


Block = str | Table | Picture
Means = Mapping[str, Mapping[str, Mapping[str, float]]]  # by system, mean and metric


def write_report(content: ReportContent, out_dir: Path) -> None:
    """Write ``report.md``, ``report.html``, ``pictures/``, ``metrics.csv`` and ``summary.json``, each in one step.

    Raises:
        ValueError: For results that hold no rows of ``clip_row``.
        OSError: Where ``out_dir`` cannot be written.
    """
    means = {system: summary(rows) for system, rows in content.results.items()}
    lead, story, cards = _in_words(content, means), _story(content, means), _cards(content, means)
    rows = pd.concat(dict(content.results), names=["system"]).reset_index(level="system")
    (out_dir / "pictures").mkdir(parents=True, exist_ok=True)
    for picture in (block for blocks in story.values() for block in blocks if isinstance(block, Picture)):
        _write(out_dir / "pictures" / f"{picture.name}.png", picture.content)
    _write(out_dir / "metrics.csv", rows.to_csv(index=False).encode())
    _write(out_dir / "summary.json", json.dumps(_summary(content, means), indent=2, allow_nan=False).encode())
    _write(out_dir / "report.md", _markdown(content.title, lead, story).encode())
    _write(out_dir / "report.html", _html(content.title, lead, cards, story).encode())


def _write(path: Path, content: bytes) -> None:
    write_atomic(path, lambda part: part.write_bytes(content))


def _summary(content: ReportContent, means: Means) -> dict[str, object]:
    """Both means of every system, the model's mean over frames on top; what nobody could measure is None."""
    systems = {
        system: {
            mean: {name: value if math.isfinite(value) else None for name, value in values.items()}
            for mean, values in both.items()
        }
        for system, both in means.items()
    }
    model, baseline = systems[content.model], systems[BASELINE]
    return {
        "title": content.title,
        "data": content.data,
        "clips": len(content.rows),
        "frames": int(content.rows["frames"].to_numpy().sum()),
        "average": "mean over frames",
        **model["mean_over_frames"],
        "mean_over_actions": model["mean_over_actions"],
        "mean_pose": baseline["mean_over_frames"],
        "mean_pose_mean_over_actions": baseline["mean_over_actions"],
        "systems": systems,
    }


def _in_words(content: ReportContent, means: Means) -> list[str]:
    ours, mean = (means[system]["mean_over_frames"] for system in (content.model, BASELINE))
    known = "it has never seen" if content.unseen else "it may have been trained on"
    people, frames = content.rows["subject"].nunique(), content.rows["frames"].to_numpy().sum()
    words = [
        f"On {content.data} data ({people} people {known}, {len(content.rows)} clips, {frames:,} frames), the average "
        f"joint of {content.model} is {_text('mpjpe_mm', ours)} mm from the truth, measured from the root joint; the "
        f"mean pose, the same answer always, would be {_text('mpjpe_mm', mean)} mm."
    ]
    if math.isfinite(ours["mpjve_mm"]):
        words.append(
            f"From one frame to the next, its joints move {_text('mpjve_mm', ours)} mm wrong; the mean pose, which "
            f"stands still, misses the whole movement, {_text('mpjve_mm', mean)} mm."
        )
    return words


def _story(content: ReportContent, means: Means) -> dict[str, list[Block]]:
    """Sections by title; those with nothing to say are left out."""
    story: dict[str, list[Block]] = {
        "All metrics": [_headline(content, means)],
        "Examples": _examples(content),
        "By action": [_by_action(content)],
        "By person": [_by_subject(content)],
        "Training": [],
        "Beside published figures": _beside_published(content),
        "What the numbers mean": [Table("Every metric in words.", _column("metric", "meaning", MEANING))],
        "Notes": [*content.notes],
        "Facts": [Table("What it takes to repeat this.", _column("fact", "value", content.facts))],
    }
    if content.log is not None and len(content.log):
        caption = "Learning curves by epoch. Each loss term is in its own unit, before its weight."
        story["Training"].append(Picture("learning-curves", caption, png(learning_curves(content.log))))
    return {title: blocks for title, blocks in story.items() if blocks}


def _headline(content: ReportContent, means: Means) -> Table:
    columns = {
        (system, mean): {_head(name): _text(name, both[mean.replace(" ", "_")]) for name in BY_NAME}
        for system, both in means.items()
        for mean in reversed(MEANS)
    }
    caption = (
        f"All metrics on {content.data} data; ↓ less is better, ↑ more is better. Mean over frames: every frame weighs "
        "the same; mean over actions: every action does. Papers print either under the same name."
    )
    return Table(caption, pd.DataFrame(columns).rename_axis("metric"), strong=[_head("mpjpe_mm")])


def _examples(content: ReportContent) -> list[Block]:
    if not content.examples:
        return []
    return [
        "Moments of some clips. Above: the 2D input. In the middle: the prediction, over the truth in grey. Below: "
        "the truth. Both are seen from the side, to one scale; left limbs are blue, right limbs orange.",
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
    ]


def _by_action(content: ReportContent) -> Table:
    tables = {system: per_action_table(rows) for system, rows in content.results.items()}
    columns = {
        (_head(name), system): {action: _text(name, values) for action, values in table.to_dict("index").items()}
        for name in HEADLINE
        for system, table in tables.items()
    }
    shades: dict[tuple[str, object], str] = {}
    for system, table in tables.items():
        values = {action: value for action, value in table["mpjpe_mm"].to_dict().items() if action not in MEANS}
        if len(values) > 1:
            easiest, hardest = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
            column = (_head("mpjpe_mm"), system)
            shades |= {(easiest, column): "best", (hardest, column): "worst"}
    return Table(f"By action, on {content.data} data.", pd.DataFrame(columns).rename_axis("action"), MEANS, shades)


def _by_subject(content: ReportContent) -> Table:
    baseline = averages(content.results[BASELINE], by="subject").to_dict("index")
    size = content.rows.groupby("subject").agg(clips=("frames", "size"), frames=("frames", "sum")).to_dict("index")
    lines = {
        str(subject): {_head(name): _text(name, values) for name in HEADLINE}
        | {f"{BASELINE}, {_head('mpjpe_mm')}": _text("mpjpe_mm", baseline[subject])}
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
        cells = pd.DataFrame([{key: _printed(value) for key, value in line.items()} for line in lines])
        cells = cells.set_index("method")
        averaged = pd.DataFrame(cells, columns=["input", "average", "split", "source", "note"])
        caption = f"{_head(metric)} beside published averages. Only rows of the same input are comparable."
        blocks.append(Table(caption, averaged, list(names)))
        known = (cells[actions] != NO_VALUE).to_numpy().any(axis=1)
        by_action = pd.DataFrame(cells[known], columns=["input", *actions, "average"])
        caption = f"{_head(metric)} beside published figures by action."
        blocks.append(Table(caption, by_action, list(names)))
    if blocks:
        return blocks
    return [f"Published figures are not shown: they were made on other data than {content.data}, and say nothing here."]


def _column(index: str, name: str, values: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: dict(values)}).rename_axis(index)


def _head(name: str) -> str:
    metric = BY_NAME[name]
    return f"{metric.label} {'↑' if metric.higher_is_better else '↓'} ({_unit(metric)})"


def _unit(metric: Metric) -> str:
    return metric.unit.replace("^2", "²")


def _text(name: str, values: Mapping[Any, float]) -> str:
    """The metric's value among all metrics', with the digits that its unit deserves."""
    value = values[name]
    return f"{value:.{DIGITS[BY_NAME[name].unit]}f}" if math.isfinite(value) else NO_VALUE


def _printed(value: str | float) -> str:
    return value if isinstance(value, str) else str(value) if math.isfinite(value) else NO_VALUE


# Two ways to tell the story. All text is escaped here, and nowhere else.


def _markdown(title: str, lead: Sequence[str], story: Mapping[str, list[Block]]) -> str:
    lines = [f"# {_plain(title)}", *map(_plain, lead)]
    for heading, blocks in story.items():
        lines.append(f"## {heading}")
        for block in blocks:
            if isinstance(block, Table):
                lines += [_plain(block.caption), _markdown_table(block.cells)]
            elif isinstance(block, Picture):
                lines += [f"![{block.name}](pictures/{block.name}.png)", _plain(block.caption)]
            else:
                lines.append(_plain(block))
    return "\n\n".join(lines) + "\n"


def _markdown_table(cells: pd.DataFrame) -> str:
    heads = [", ".join(column) if isinstance(column, tuple) else str(column) for column in cells.columns]
    lines = [[str(cells.index.name), *heads], *([str(name), *values] for name, values in _lines(cells))]
    lines = [[_plain(cell) for cell in line] for line in lines]
    lines.insert(1, [":--", *["--:"] * len(heads)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown takes as it is, on one line."""
    return re.sub(r"([\\`*|<\[\]])", r"\\\1", " ".join(text.split()))


def _html(title: str, lead: Sequence[str], cards: str, story: Mapping[str, list[Block]]) -> str:
    """One file that needs no other: style and pictures are inside."""
    show = {Table: _html_table, Picture: _html_picture, str: _html_paragraph}
    sections = [
        f"<section><h2>{heading}</h2>\n" + "\n".join(show[type(block)](block) for block in blocks) + "\n</section>"
        for heading, blocks in story.items()
    ]
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
            f"<header><h1>{escape(title)}</h1>",
            *map(_html_paragraph, lead),
            f"{cards}</header>",
            *sections,
            "</main></body></html>\n",
        ]
    )


def _cards(content: ReportContent, means: Means) -> str:
    """The headline numbers, large, each with a bar for the share of the mean pose's error that is left."""
    ours, mean = (means[system]["mean_over_frames"] for system in (content.model, BASELINE))
    cards = []
    for name in HEADLINE:
        share = min(100 * ours[name] / mean[name], 100) if mean[name] > 0 and math.isfinite(ours[name]) else 0
        cards.append(
            f'<div class="card"><b>{BY_NAME[name].label}</b>'
            f'<span class="number">{_text(name, ours)}</span> {_unit(BY_NAME[name])}'
            f'<span class="bar"><i style="width:{share:.1f}%"></i></span>'
            f"<small>mean pose {_text(name, mean)}</small></div>"
        )
    return f'<div class="cards">{"".join(cards)}</div>'


def _html_paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _html_picture(picture: Picture) -> str:
    data, caption = base64.b64encode(picture.content).decode(), escape(picture.caption)
    source = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
    return f'<figure><div class="scroll">{source}</div><figcaption>{caption}</figcaption></figure>'


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
            f'<th class="{look if last else "group"}" colspan="{span}">{escape(str(name))}</th>'
            for look, (name, span) in zip(looks, groups, strict=last)
        )
        heads.append(f"<tr><th>{escape(str(cells.index.name)) if last else ''}</th>{names}</tr>")
    body = []
    for name, values in _lines(cells):
        line = "".join(
            f'<td class="{table.shades.get((name, column), look)}">{escape(cell)}</td>'
            for column, look, cell in zip(cells.columns, looks, values, strict=True)
        )
        body.append(f'<tr class="{"strong" if name in table.strong else ""}"><th>{escape(name)}</th>{line}</tr>')
    caption = table.caption + " Shaded: each system's easiest action (blue) and hardest (orange)." * bool(table.shades)
    grid = f"<table><thead>{''.join(heads)}</thead><tbody>{''.join(body)}</tbody></table>"
    return f'<figure><figcaption>{escape(caption)}</figcaption><div class="scroll">{grid}</div></figure>'


def _lines(cells: pd.DataFrame) -> Iterator[tuple[str, list[str]]]:
    for name, values in zip(cells.index, cells.to_numpy(), strict=True):
        yield str(name), [str(value) for value in values]


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
.scroll { overflow-x: auto; }
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
