"""The shapes of a network's weights, known before memory is set aside for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import torch
from torch import Size, Tensor, nn

from pygpose.safe.text import listed, reason


def planned_shapes(build: Callable[[], nn.Module]) -> dict[str, Size]:
    """Shapes of the weights that a network would have: a file of a few bytes can ask for one of gigabytes.

    Raises:
        ValueError: For a network that cannot be built.
    """
    try:
        with torch.device("meta"):
            return {name: value.shape for name, value in build().state_dict().items()}
    except (ValueError, OSError):
        raise
    except Exception as error:  # what layers say of absurd widths is of any kind
        raise ValueError(f"such a network cannot be built: {reason(error)}") from error


def check_weights(
    weights: Mapping[str, Tensor], wanted: Mapping[str, Size], what: str, without: Collection[str] = ()
) -> None:
    """Compare the weights of a file with those of the network that they are for.

    Args:
        weights: By the network's names.
        wanted: Shapes by name.
        what: The network, for messages.
        without: Names of weights of the network that the file need not have.

    Raises:
        ValueError: For weights that are missing, left over, of another shape, NaN or infinite, the first of them named.
    """
    problems = {
        "missing": sorted(wanted.keys() - weights.keys() - set(without)),
        "unexpected": sorted(weights.keys() - wanted.keys()),
        "of another shape": [
            f"{name} {list(weights[name].shape)} instead of {list(wanted[name])}"
            for name in sorted(wanted.keys() & weights.keys())
            if weights[name].shape != wanted[name]
        ],
        "NaN or infinite": [
            name for name, value in weights.items() if value.is_floating_point() and not bool(value.isfinite().all())
        ],
    }
    if any(problems.values()):
        found = "; ".join(f"{problem}: {listed(names, 4)}" for problem, names in problems.items() if names)
        raise ValueError(f"these weights do not fit {what}: {found}")
