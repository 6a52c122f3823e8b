"""What a report is made of, whoever writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from graphs import Skeleton
from train.report.example import Example

BASELINE = "mean pose"
Means = Mapping[str, Mapping[str, Mapping[str, float]]]  # by system, mean and metric


@dataclass(frozen=True)
class ReportContent:
    """What a report is made of.

    Raises:
        ValueError: For results without the mean pose, examples of another skeleton, and synthetic data under a title
            that hides it.
    """

    title: str
    """For example: ugcn, motion+lap, on synthetic motion."""
    facts: Mapping[str, str]
    """What somebody needs to know to repeat the results; the fact ``input`` also stands beside published figures."""
    notes: Sequence[str]
    """Sentences about what was left out or assumed."""
    results: Mapping[str, pd.DataFrame]
    """Rows of :func:`pygpose.metrics.clip_row` by system, the model first. All rows of one clip have one index."""
    skeleton: Skeleton
    log: pd.DataFrame | None
    """A row for each epoch of training; None where nothing was trained."""
    examples: Sequence[Example]
    """Clips to show."""
    data: str
    """Name of the data set."""
    unseen: bool = True
    """Whether nobody in the results was in training."""
    training: Mapping[str, object] = field(default_factory=dict)
    """How the training was started and how far it came, for ``summary.json``."""
    split: str = ""
    """Training people / scored people, as tables print them."""
    baseline: bool = True
    """Whether the mean pose is among the results. For predictions in a file nobody knows the training data and so its
    mean pose."""
    smoothed: Mapping[str, str] = field(default_factory=dict)
    """The system whose motion was smoothed or corrected, by the name of the smoothed or corrected one."""

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
        """The system that the report is about."""
        return next(iter(self.results))

    @property
    def rows(self) -> pd.DataFrame:
        """The results of that system."""
        return self.results[self.model]
