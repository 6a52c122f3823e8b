"""The official weights of TCMR."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphs import get_skeleton
from pygpose.models.tcmr import TCMR, TCMRConfig
from pygpose.models.weights.official import with_official
from pygpose.safe.text import listed
from pygpose.safe.weights import read_official, weights_within

NAMES = {
    "encoder.gru_cur.": "encoder.all.",
    "encoder.gru_bef.": "encoder.past.",
    "encoder.gru_aft.": "encoder.future.",
    "encoder.linear_cur.": "encoder.out_all.",
    "encoder.linear_bef.": "encoder.out_past.",
    "encoder.linear_aft.": "encoder.out_future.",
    "encoder.attention.fc.": "encoder.attention.reduce.",
    "encoder.attention.attention.": "encoder.attention.score.",
    "regressor.": "regressor.",
}
"""Official beginnings of names, and ours."""
BODY = "regressor.smpl."
"""The official file carries the licensed body along; here it comes from the user's own file of it."""


def from_tcmr(
    weights: str | Path | Mapping[str, Any],
    *,
    skeleton: str = "lsp15",
    window: int = 16,
    body: str = "",
    joint_regressor: str = "",
) -> TCMR:
    """TCMR with the weights of its authors' ``*.pth.tar`` files.

    Args:
        weights: The official file; or what it holds (:func:`~pygpose.safe.weights.read_official`), or of that its
            ``gen_state_dict`` alone.
        skeleton: Joints to give.
        window: Frames of a window; the weights do not tell.
        body: As ``joint_regressor``, see :class:`TCMRConfig`; without a body there are weights but no joints.

    Raises:
        FileNotFoundError, ValueError: For a file that is not there, or cannot be read safely.
        ValueError: For weights that are missing, left over or of another shape, all of them named.
    """
    content = weights if isinstance(weights, Mapping) else read_official(weights)
    official = weights_within(content, "gen_state_dict")
    given = {_renamed(name): value for name, value in official.items() if not name.startswith(BODY)}
    if not {"encoder.all.weight_ih_l0", "encoder.all.weight_hh_l0", "regressor.fc1.weight"} <= given.keys():
        raise ValueError(
            "no TCMR weights: encoder.gru_cur.weight_ih_l0, encoder.gru_cur.weight_hh_l0 and regressor.fc1.weight are "
            f"not among {listed(sorted(official), 6)}"
        )
    if any(given[f"encoder.all.weight_{name}_l0"].dim() != 2 for name in ("ih", "hh")):
        raise ValueError("no TCMR weights: those of encoder.gru_cur have other than two axes")
    layers = sum(f"encoder.all.weight_ih_l{layer}" in given for layer in range(len(given)))
    channels, hidden = given["encoder.all.weight_ih_l0"].size(1), given["encoder.all.weight_hh_l0"].size(1)
    config = TCMRConfig("features", window, channels, hidden, layers, body=body, joint_regressor=joint_regressor)
    dtype = given["regressor.fc1.weight"].dtype
    what = f"TCMR of {layers} layers of {hidden} states"
    return with_official(lambda: TCMR(get_skeleton(skeleton), config).to(dtype), given, what)


def _renamed(name: str) -> str:
    for official, ours in NAMES.items():
        if name.startswith(official):
            return ours + name.removeprefix(official)
    return name
