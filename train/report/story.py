"""What a report says: sentences, tables and pictures out of a run's results."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from graphs import Skeleton
from pygpose.metrics import MESH_METRICS, METRICS, WORLD_METRICS, averages, per_action_table
from pygpose.metrics.table import H36M_ACTIONS, Metric
from train.report.markup import NO_VALUE, Block, Picture, Table
from train.report.pictures import Example, error_over_time, joint_errors, learning_curves, paths_from_above, png, stills
from train.report.published import published

BASELINE = "mean pose"
BY_NAME = {metric.name: metric for metric in (*METRICS, *MESH_METRICS, *WORLD_METRICS)}
HEADLINE = ("mpjpe_mm", "p_mpjpe_mm", "mpjve_mm", "mpjacce_mm")
DIGITS = {"mm": 1, "mm/m": 1, "mm/frame": 2, "mm/frame^2": 2, "mm/s": 1, "m/s^2": 2, "%": 1}
MEANS = ["mean over actions", "mean over frames"]
SMOOTHING = ("mpjpe_mm", "p_mpjpe_mm", "mpjacce_mm")  # what it costs, and what it gives

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
    "MPVPE": "Distance from the body's predicted surface to the true one, both relative to the root joint.",
    "Absolute MPJPE": "Distance from the predicted joint to the true one, where the person is: nothing is subtracted.",
    "Root position error": "Distance of the root joint from where it truly is.",
    "Drift": "Error of the way from a clip's first frame to its last, for each metre that the root moved.",
    "Foot skating": "Speed of predicted feet while the true foot stands.",
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
    results: Mapping[str, pd.DataFrame]  # rows of clip_row by system, the model first; a clip's have one index
    skeleton: Skeleton
    log: pd.DataFrame | None  # one row per epoch
    examples: Sequence[Example]
    data: str  # name of the data set
    unseen: bool = True  # nobody in the results was in training
    training: Mapping[str, object] = field(default_factory=dict)  # how far a run came, for its summary
    baseline: bool = True  # the mean pose is among the results; predictions of a file have no training data to know it
    smoothed: Mapping[str, str] = field(default_factory=dict)  # whose motion was smoothed, by the smoothed one's name

    def __post_init__(self) -> None:
        if self.baseline and BASELINE not in self.results:
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


Means = Mapping[str, Mapping[str, Mapping[str, float]]]  # by system, mean and metric


def in_words(content: ReportContent, means: Means) -> list[str]:
    ours = means[content.model]["mean_over_frames"]
    mean = means[BASELINE]["mean_over_frames"] if content.baseline else None
    known = "it has never seen" if content.unseen else "it may have been trained on"
    count, frames = len(set(content.rows["subject"])), content.rows["frames"].to_numpy().sum()
    people = f"{count} {'person' if count == 1 else 'people'}"
    clips = content.rows.index.nunique()
    words = [
        f"On {content.data} data ({people} {known}, {clips} clips, {frames:,} frames), the average "
        f"joint of {content.model} is {_text('mpjpe_mm', ours)} mm from the truth, measured from the root joint"
    ]
    if mean:
        words[0] += f"; the mean pose, the same answer always, would be {_text('mpjpe_mm', mean)} mm"
    if math.isfinite(ours["mpjve_mm"]):
        words.append(f"From one frame to the next, its joints move {_text('mpjve_mm', ours)} mm wrong")
        if mean:
            still = "the mean pose, which stands still, misses the whole movement"
            words[1] += f"; {still}, {_text('mpjve_mm', mean)} mm"
    return [f"{sentence}." for sentence in words]


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
        caption = "Learning curves by epoch. Each loss term is in its own unit, before its weight."
        sections["Training"].append(Picture("learning-curves", caption, png(learning_curves(content.log))))
    return {title: blocks for title, blocks in sections.items() if blocks}


def _headline(content: ReportContent, means: Means) -> Table:
    columns = {
        (system, mean): {_head(name): _text(name, both[mean.replace(" ", "_")]) for name in _measured(means)}
        for system, both in means.items()
        for mean in reversed(MEANS)
    }
    caption = (
        f"All metrics on {content.data} data; ↓ less is better, ↑ more is better. Mean over frames: every frame weighs "
        "the same; mean over actions: every action does. Papers print either under the same name."
    )
    return Table(caption, pd.DataFrame(columns).rename_axis("metric"), strong=[_head("mpjpe_mm")])


def _smoothing(content: ReportContent, means: Means) -> list[Block]:
    """Every smoothed system below the one that was smoothed, and what that changed."""
    lines: dict[str, dict[tuple[str, str], str]] = {}
    for name, source in content.smoothed.items():
        before, after = means[source]["mean_over_frames"], means[name]["mean_over_frames"]
        lines.setdefault(source, {(_head(metric), "value"): _text(metric, before) for metric in SMOOTHING})
        lines[name] = {}
        for metric in SMOOTHING:
            change, digits = after[metric] - before[metric], DIGITS[BY_NAME[metric].unit]
            share = 100 * change / before[metric] if before[metric] else math.nan
            lines[name] |= {
                (_head(metric), "value"): _text(metric, after),
                (_head(metric), "change"): f"{change:+z.{digits}f}" if math.isfinite(change) else NO_VALUE,
                (_head(metric), "in %"): f"{share:+z.1f}" if math.isfinite(share) else NO_VALUE,
            }
    caption = f"What each filter costs in accuracy and gives in smoothness, mean over frames, on {content.data} data."
    columns = [(_head(metric), column) for metric in SMOOTHING for column in ("value", "change", "in %")]
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
    baseline = averages(content.results[BASELINE], by="subject").to_dict("index") if content.baseline else {}
    rows = content.rows.assign(place=content.rows.index)
    size = rows.groupby("subject").agg(clips=("place", "nunique"), frames=("frames", "sum")).to_dict("index")
    lines = {
        str(subject): {_head(name): _text(name, values) for name in HEADLINE}
        | ({f"{BASELINE}, {_head('mpjpe_mm')}": _text("mpjpe_mm", baseline[subject])} if baseline else {})
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
    value = values.get(name, math.nan)
    return f"{value:.{DIGITS[BY_NAME[name].unit]}f}" if math.isfinite(value) else NO_VALUE


def _printed(value: str | float) -> str:
    return value if isinstance(value, str) else str(value) if math.isfinite(value) else NO_VALUE


def cards(content: ReportContent, means: Means) -> str:
    """The headline numbers, large, each with a bar for the share of the mean pose's error that is left."""
    ours = means[content.model]["mean_over_frames"]
    mean = means[BASELINE]["mean_over_frames"] if content.baseline else None
    boxes = []
    for name in HEADLINE:
        bar = ""
        if mean:
            share = min(100 * ours[name] / mean[name], 100) if mean[name] > 0 and math.isfinite(ours[name]) else 0
            bar = f'<span class="bar"><i style="width:{share:.1f}%"></i></span>'
            bar += f"<small>mean pose {_text(name, mean)}</small>"
        boxes.append(
            f'<div class="card"><b>{BY_NAME[name].label}</b>'
            f'<span class="number">{_text(name, ours)}</span> {_unit(BY_NAME[name])}{bar}</div>'
        )
    return f'<div class="cards">{"".join(boxes)}</div>'
