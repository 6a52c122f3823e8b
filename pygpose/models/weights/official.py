"""Official weights under our names, put into a model of ours."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from pygpose.models.lifter import Lifter

OURS = ("mean_pose", "pose_scale")  # no official network has the scale of its training data beside its weights


def load_official(model: Lifter, weights: Mapping[str, Tensor], what: str) -> None:
    """Put weights under our names into ``model``, of which they must be all.

    Files older than torch 0.4.1 do not count the batches of their norms, and nothing here reads the count.

    Args:
        model: Of the shape that the weights tell.
        weights: By our names.
        what: What the weights do not fit, for the message.

    Raises:
        ValueError: For weights that are missing, left over or of another shape, all of them named.
    """
    own = {name: value for name, value in model.state_dict().items() if name not in OURS}
    missing = sorted(name for name in own.keys() - weights.keys() if not name.endswith("num_batches_tracked"))
    reshaped = [
        f"{name} {list(weights[name].shape)} instead of {list(own[name].shape)}"
        for name in sorted(own.keys() & weights.keys())
        if weights[name].shape != own[name].shape
    ]
    problems = {"missing": missing, "unexpected": sorted(weights.keys() - own.keys()), "of another shape": reshaped}
    if any(problems.values()):
        found = "; ".join(f"{problem}: {', '.join(names)}" for problem, names in problems.items() if names)
        raise ValueError(f"these weights do not fit {what}: {found}")
    model.load_state_dict({**model.state_dict(), **weights})
