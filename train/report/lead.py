"""The top of a report: what came out in two sentences, and the headline numbers, large."""

import math

from train.report.content import BASELINE, Means, ReportContent
from train.report.numbers import BY_NAME, HEADLINE, text, unit


def in_words(content: ReportContent, means: Means) -> list[str]:
    """What came out, in one or two sentences."""
    ours = means[content.model]["mean_over_frames"]
    mean = means[BASELINE]["mean_over_frames"] if content.baseline else None
    known = "it has never seen" if content.unseen else "it may have been trained on"
    count, frames = len(set(content.rows["subject"])), content.rows["frames"].to_numpy().sum()
    people = f"{count} {'person' if count == 1 else 'people'}"
    clips = content.rows.index.nunique()
    words = [
        f"On {content.data} data ({people} {known}, {clips} clips, {frames:,} frames), the average "
        f"joint of {content.model} is {text('mpjpe_mm', ours)} mm from the truth, measured from the root joint"
    ]
    if mean:
        words[0] += f"; the mean pose, the same answer always, would be {text('mpjpe_mm', mean)} mm"
    if math.isfinite(ours["mpjve_mm"]):
        words.append(f"From one frame to the next, its joints move {text('mpjve_mm', ours)} mm wrong")
        if mean:
            still = "the mean pose, which stands still, misses the whole movement"
            words[1] += f"; {still}, {text('mpjve_mm', mean)} mm"
    return [f"{sentence}." for sentence in words]


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
            bar += f"<small>mean pose {text(name, mean)}</small>"
        boxes.append(
            f'<div class="card"><b>{BY_NAME[name].label}</b>'
            f'<span class="number">{text(name, ours)}</span> {unit(BY_NAME[name])}{bar}</div>'
        )
    return f'<div class="cards">{"".join(boxes)}</div>'
