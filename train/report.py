"""The report that a run leaves: one story of sections, told twice, as ``report.md`` and ``report.html``."""

import base64
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path

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


@dataclass(frozen=True)
class Table:
    """Cells of text; the index is the first column, and columns of pairs get two rows of heads."""

    caption: str
    cells: pd.DataFrame
    strong: Sequence[str] = ()  # rows to stress, by index
    shades: Mapping[tuple[str, tuple[str, str]], str] = field(default_factory=dict)  # (row, column): best or worst


@dataclass(frozen=True)
class Picture:
    name: str
    caption: str
    content: bytes


Block = str | Table | Picture


def write_report(content: ReportContent, out_dir: Path) -> None:
    """Write ``report.md``, ``report.html``, ``pictures/``, ``metrics.csv`` and ``summary.json``, each in one step.

    Raises:
        ValueError: For results that hold no rows of ``clip_row``.
        OSError: Where ``out_dir`` cannot be written.
    """
    story = _story(content)
    numbers = pd.concat(dict(content.results), names=["system"]).reset_index(level="system")
    (out_dir / "pictures").mkdir(parents=True, exist_ok=True)
    for picture in (block for blocks in story.values() for block in blocks if isinstance(block, Picture)):
        _write(out_dir / "pictures" / f"{picture.name}.png", picture.content)
    _write(out_dir / "metrics.csv", numbers.to_csv(index=False).encode())
    _write(out_dir / "summary.json", json.dumps(_summary(content), indent=2, allow_nan=False).encode())
    lead = _in_words(content)
    _write(out_dir / "report.md", _markdown(content.title, lead, story).encode())
    _write(out_dir / "report.html", _html(content.title, lead, _cards(content), story).encode())


def _write(path: Path, content: bytes) -> None:
    write_atomic(path, lambda part: part.write_bytes(content))


def _summary(content: ReportContent) -> dict[str, object]:
    """Both means of every system, the model's mean over frames on top; what nobody could measure is None."""
    systems = {
        system: {
            mean: {name: value if math.isfinite(value) else None for name, value in values.items()}
            for mean, values in summary(rows).items()
        }
        for system, rows in content.results.items()
    }
    model, baseline, rows = systems[content.model], systems[BASELINE], content.results[content.model]
    return {
        "title": content.title,
        "data": content.data,
        "frames": int(rows["frames"].sum()),
        "clips": len(rows),
        "average": "mean over frames",
        **model["mean_over_frames"],
        "mean_over_actions": model["mean_over_actions"],
        "mean_pose": baseline["mean_over_frames"],
        "mean_pose_mean_over_actions": baseline["mean_over_actions"],
        "systems": systems,
    }


def _story(content: ReportContent) -> dict[str, list[Block]]:
    """Sections by title; those with nothing to say are left out."""
    rows = content.results[content.model]
    actions = {system: per_action_table(results) for system, results in content.results.items()}
    story: dict[str, list[Block]] = {
        "All metrics": [_headline(content)],
        "Examples": _pictures_of_examples(content),
        "By action": [_by_action(actions, content.data)],
        "By person": [_by_subject(rows, content)],
        "Training": [],
        "Beside published figures": _beside_published(content, actions[content.model]),
        "What the numbers mean": [
            Table("Every metric in words.", pd.DataFrame({"meaning": MEANING}).rename_axis("metric")),
        ],
        "Notes": [*content.notes],
        "Facts": [Table("What it takes to repeat this.", pd.DataFrame({"value": content.facts}).rename_axis("fact"))],
    }
    if content.log is not None and not content.log.empty:
        caption = "Learning curves by epoch. Each loss term is in its own unit, before its weight."
        story["Training"].append(Picture("learning-curves", caption, png(learning_curves(content.log))))
    return {title: blocks for title, blocks in story.items() if blocks}


def _in_words(content: ReportContent) -> list[str]:
    rows = content.results[content.model]
    ours, mean = averages(rows), averages(content.results[BASELINE])
    known = "it has never seen" if content.unseen else "it may have been trained on"
    size = f"{rows['subject'].nunique()} people {known}, {len(rows)} clips, {rows['frames'].sum():,} frames"
    words = [
        f"On {content.data} data ({size}), the average joint of {content.model} is {_value(ours, 'mpjpe_mm')} mm from "
        f"the truth, measured from the root joint; the mean pose, the same answer always, would be "
        f"{_value(mean, 'mpjpe_mm')} mm."
    ]
    if math.isfinite(ours["mpjve_mm"]):
        words.append(
            f"From one frame to the next, its joints move {_value(ours, 'mpjve_mm')} mm wrong; the mean pose, which "
            f"stands still, misses the whole movement, {_value(mean, 'mpjve_mm')} mm."
        )
    return words


def _headline(content: ReportContent) -> Table:
    columns = {
        (system, mean.replace("_", " ")): {
            _head(BY_NAME[name]): _digits(BY_NAME[name], value) for name, value in values.items()
        }
        for system, results in content.results.items()
        for mean, values in sorted(summary(results).items(), reverse=True)
    }
    cells = pd.DataFrame(columns).rename_axis("metric")
    caption = (
        f"All metrics on {content.data} data; ↓ less is better, ↑ more is better. Mean over frames: every frame weighs "
        "the same; mean over actions: every action does. Papers print either under the same name."
    )
    return Table(caption, cells, strong=[_head(BY_NAME["mpjpe_mm"])])


def _by_action(actions: Mapping[str, pd.DataFrame], data: str) -> Table:
    columns: dict[tuple[str, str], pd.Series] = {}
    shades: dict[tuple[str, tuple[str, str]], str] = {}
    for metric in (BY_NAME[name] for name in HEADLINE):
        for system, table in actions.items():
            column, values = (_head(metric), system), table[metric.name]
            columns[column] = values.map(_digits_of(metric))
            single = values.drop(MEANS)
            if metric.name == "mpjpe_mm" and len(single) > 1:
                shades |= {(str(single.idxmin()), column): "best", (str(single.idxmax()), column): "worst"}
    return Table(f"By action, on {data} data.", pd.DataFrame(columns).rename_axis("action"), MEANS, shades)


def _by_subject(rows: pd.DataFrame, content: ReportContent) -> Table:
    values, mean = averages(rows, by="subject"), averages(content.results[BASELINE], by="subject")
    cells = pd.DataFrame({_head(BY_NAME[name]): values[name].map(_digits_of(BY_NAME[name])) for name in HEADLINE})
    cells[f"{BASELINE}, {_head(BY_NAME['mpjpe_mm'])}"] = mean["mpjpe_mm"].map(_digits_of(BY_NAME["mpjpe_mm"]))
    people = rows.groupby("subject")["frames"]
    cells = cells.assign(clips=people.size().astype("string"), frames=people.sum().map("{:,}".format))
    return Table(f"{content.model} by person, mean over frames, on {content.data} data.", cells.rename_axis("person"))


def _beside_published(content: ReportContent, ours: pd.DataFrame) -> list[Block]:
    tables: list[Block] = []
    facts = {"input": content.facts.get("input"), "split": content.facts.get("split"), "source": "this run"}
    names = {f"{content.model}, {mean}": mean for mean in MEANS}
    values = [*H36M_ACTIONS.values(), "average"]
    for metric in (BY_NAME[name] for name in HEADLINE):
        theirs = published(content.data, metric.name).sort_values(["input", "average"])
        if theirs.empty:
            continue
        actions = ours[metric.name].drop(MEANS).round(DIGITS[metric.unit])
        means = ours.loc[MEANS, metric.name].round(DIGITS[metric.unit])
        lines = [{"method": name, **facts, "average": means[mean], **actions} for name, mean in names.items()]
        both = pd.concat([pd.DataFrame(lines, columns=theirs.columns), theirs]).set_index("method")
        cells = both[values].map(lambda value: f"{value:g}" if math.isfinite(value) else NO_VALUE)
        cells = both.drop(columns=values).fillna("").assign(**cells)
        caption = f"{_head(metric)} beside published averages. Only rows of the same input are comparable."
        tables.append(Table(caption, cells[["input", "average", "split", "source", "note"]], list(names)))
        known = both[values[:-1]].notna().any(axis=1).to_numpy()
        caption = f"{_head(metric)} beside published figures by action."
        tables.append(Table(caption, cells.loc[known, ["input", *values]], list(names)))
    if tables:
        return tables
    return [f"Published figures are not shown: they were made on other data than {content.data}, and say nothing here."]


def _pictures_of_examples(content: ReportContent) -> list[Block]:
    examples = content.examples
    blocks: list[Block] = []
    if examples:
        blocks.append(
            "Moments of some clips. Above: the 2D input. In the middle: the prediction, over the truth in grey. Below: "
            "the truth. Both are seen from the side, to one scale; left limbs are blue, right limbs orange."
        )
    for i, example in enumerate(examples, 1):
        blocks.append(Picture(f"stills-{i}", f"Example {i}, {example.title}", png(stills(example, content.skeleton))))
    if examples:
        caption = "Error over time: the position of every frame, and the movement from each frame to the next."
        blocks.append(Picture("error-over-time", caption, png(error_over_time(examples))))
        caption = "Mean error of each joint in the examples, the hardest joint on top."
        blocks.append(Picture("joint-errors", caption, png(joint_errors(examples, content.skeleton))))
    return blocks


def _head(metric: Metric) -> str:
    return f"{metric.label} {'↑' if metric.higher_is_better else '↓'} ({metric.unit.replace('^2', '²')})"


def _digits(metric: Metric, value: float) -> str:
    return f"{value:.{DIGITS[metric.unit]}f}" if math.isfinite(value) else NO_VALUE


def _digits_of(metric: Metric) -> Callable[[float], str]:
    return lambda value: _digits(metric, value)


def _value(values: pd.Series, name: str) -> str:
    return _digits(BY_NAME[name], values[name])


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


def _cards(content: ReportContent) -> str:
    """The four headline numbers, large, with a bar that says how much of the mean pose's error is left."""
    ours, mean = (averages(content.results[system]) for system in (content.model, BASELINE))
    cards = []
    for metric in (BY_NAME[name] for name in HEADLINE):
        left = ours[metric.name] / mean[metric.name]
        bar = (
            f'<span class="bar"><i style="width:{min(100 * left, 100):.1f}%"></i></span>' if math.isfinite(left) else ""
        )
        unit = metric.unit.replace("^2", "²")
        cards.append(
            f'<div class="card"><b>{metric.label}</b><span class="number">{_value(ours, metric.name)}</span> {unit}'
            f"{bar}<small>mean pose {_value(mean, metric.name)}</small></div>"
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
    words = [
        not all(re.fullmatch(r"[\d.,]*|" + NO_VALUE, cell) for cell in cells.iloc[:, i]) for i in range(len(columns))
    ]
    heads = []
    for level in range(len(columns[0])):
        groups = [(key[-1], len(list(group))) for key, group in groupby(column[: level + 1] for column in columns)]
        corner = escape(str(cells.index.name)) if level + 1 == len(columns[0]) else ""
        looks = ["group" * (len(groups) < len(columns)) or "words" * is_words for is_words in words]
        spans = "".join(
            f'<th class="{look}" colspan="{span}">{escape(name)}</th>'
            for look, (name, span) in zip(looks, groups, strict=False)
        )
        heads.append(f"<tr><th>{corner}</th>{spans}</tr>")
    body = []
    for name, values in _lines(cells):
        classes = [
            "words" if is_words else table.shades.get((name, column), "")
            for column, is_words in zip(columns, words, strict=True)
        ]
        line = "".join(f'<td class="{look}">{escape(cell)}</td>' for look, cell in zip(classes, values, strict=True))
        body.append(f'<tr class="{"strong" * (name in table.strong)}"><th>{escape(name)}</th>{line}</tr>')
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
td.words { overflow-wrap: anywhere; min-width: 5.5rem; }
tbody th { min-width: 7.5rem; }
td.best { background: var(--best); }
td.worst { background: var(--worst); }
tr.strong > * { font-weight: 700; }
@media print { main { max-width: none; } figure { break-inside: avoid; } }
"""
