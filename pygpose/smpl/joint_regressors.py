"""Files that give each joint of a benchmark as a mean of a body's vertices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.safe.arrays import read_npy
from pygpose.smpl.files import BodyArrays

H36M, LSP = get_skeleton("h36m17").joints, get_skeleton("lsp15").joints
# The public J_regressor_h36m.npy (HMR, SPIN, TCMR) has the left leg first; Human3.6M, and the public file that calls
# itself correct, the right one.
LEFT_LEG_FIRST = (H36M[0], *H36M[4:7], *H36M[1:4], *H36M[7:])
ORDERS = {17: (LEFT_LEG_FIRST, H36M), 14: (LSP[:14],)}
LSP_IN_H36M = {"RAnkle": "RFoot", "LAnkle": "LFoot", "Neck": "Thorax", "HeadTop": "Head"}  # the others by their names


def read_joint_regressor(path: Path, body: BodyArrays, skeleton: str | None) -> tuple[np.ndarray, str]:
    """Weights ``[J, V]`` of the vertices for each joint of a skeleton, and the skeleton's name.

    A file has 17 rows (Human3.6M's joints, either leg first) or 14 (LSP's joints in TCMR's order, ankle to head). Which
    leg comes first is told by the body: a left joint lies nearer to its own left joint than to its right one.

    Args:
        path: An ``.npy`` file.
        body: The body that has the vertices.
        skeleton: ``h36m17``, or ``lsp15``, whose pelvis is the middle of the hips. Not given: the skeleton of the rows.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For another number of rows or vertices, NaN, an order of rows that is not known, or a skeleton that
            these rows do not give.
    """
    rows, vertices = read_npy(path), len(body.template)
    if rows.dtype.kind != "f" or rows.ndim != 2 or len(rows) not in ORDERS or rows.shape[1] != vertices:
        raise ValueError(
            f"{path}: {rows.dtype} {list(rows.shape)} given, expected numbers for 14 or 17 joints and the {vertices} "
            "vertices of the body"
        )
    if not np.isfinite(rows).all():
        raise ValueError(f"{path}: {int((~np.isfinite(rows)).sum())} weights are NaN or infinite")
    weights = _by_name(rows.astype(np.float64), body, path)
    skeleton = skeleton or ("h36m17" if len(rows) == 17 else "lsp15")
    if skeleton == "lsp15":
        weights = {name: weights[LSP_IN_H36M.get(name, name) if len(rows) == 17 else name] for name in LSP[:14]}
        weights["Pelvis"] = (weights["LHip"] + weights["RHip"]) / 2
    elif skeleton != "h36m17" or len(rows) != 17:
        possible = "h36m17 and lsp15" if len(rows) == 17 else "lsp15"
        raise ValueError(f"{path}: its {len(rows)} rows give {possible}, not '{skeleton}'")
    return np.stack([weights[name] for name in get_skeleton(skeleton).joints]), skeleton


def _by_name(rows: np.ndarray, body: BodyArrays, path: Path) -> dict[str, np.ndarray]:
    """Rows under the names of the first order whose left is the body's left."""
    own = dict(zip(get_skeleton("smpl24").joints[:22], body.regressor @ body.template, strict=False))
    wrong = ""
    for order in ORDERS[len(rows)]:
        weights = dict(zip(order, rows, strict=True))
        turned = [name for name in order if name in own and _on_other_side(weights[name] @ body.template, name, own)]
        if not turned:
            return weights
        wrong = wrong or turned[0]
    raise ValueError(
        f"{path}: rows in no known order: as {len(rows)} joints of {'Human3.6M' if len(rows) == 17 else 'LSP'}, "
        f"'{wrong}' is on the other side of the body"
    )


def _on_other_side(joint: np.ndarray, name: str, own: dict[str, np.ndarray]) -> bool:
    other = {"L": "R", "R": "L"}.get(name[0], "") + name[1:]
    return other in own and bool(np.linalg.norm(joint - own[other]) < np.linalg.norm(joint - own[name]))
