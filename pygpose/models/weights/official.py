"""Official weights under our names, put into a model of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from torch import Tensor

from pygpose.models.lifter import Lifter
from pygpose.models.planning import check_weights, planned_shapes

OURS = ("mean_pose", "pose_scale")  # no official network has the scale of its training data beside its weights

Network = TypeVar("Network", bound=Lifter)


def with_official(build: Callable[[], Network], weights: Mapping[str, Tensor], what: str) -> Network:
    """A model with weights under our names, which must be all of it; it is built when their shapes are known to fit.

    Files older than torch 0.4.1 do not count the batches of their norms, and nothing here reads the count.

    Args:
        build: Builds the model of the shape that the weights tell.
        weights: By our names.
        what: What the weights do not fit, for the message.

    Raises:
        ValueError: For weights that are missing, left over, of another shape, NaN or infinite.
    """
    wanted = planned_shapes(build)
    counts = [name for name in wanted if name.endswith("num_batches_tracked")]
    check_weights(weights, wanted, what, without=(*OURS, *counts))
    model = build()
    model.load_state_dict({**model.state_dict(), **weights})
    return model.eval()
