"""The examples of a report in the viewer, to be turned and played."""

from collections.abc import Sequence

import numpy as np
import torch

from graphs import Skeleton
from pygpose.io.writers import PersonMotion
from pygpose.viewer import viewer_page
from pygpose.viewer.page import COLOURS, TRUTH
from train.report.example import Example

APART = 1.8
"""Metres from one example to the next."""


def examples_page(examples: Sequence[Example], skeleton: Skeleton, title: str) -> str:
    """Each example's prediction, in colours, over the truth, in grey; examples stand side by side, and each pose hangs
    on its root, which stays where it is. Of examples of several frame rates, those of the first one's are shown."""
    alike = [example for example in examples if example.fps == examples[0].fps]
    people = []
    for place, example in enumerate(alike):
        lowest = example.target[..., 1].max()  # the camera's y points down
        aside = np.array([APART * (place - (len(alike) - 1) / 2), 0.0, 0.0])
        for pose, what in ((example.pred, "prediction"), (example.target, "truth")):
            x, y, z = np.moveaxis(pose, -1, 0)
            positions = torch.from_numpy(np.stack([x, z, lowest - y], -1) + aside).double()
            sure, none = torch.ones(positions.shape[:2]), torch.zeros(len(positions), 0, dtype=torch.bool)
            name = f"{place + 1}, {example.title}: {what}"
            people.append(PersonMotion(name, positions, sure, none, [], example.fps, skeleton))
    return viewer_page(people, title=title, colours=(COLOURS[0], TRUTH))
