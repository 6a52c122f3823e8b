"""Body model files of the SMPL family, read without running them and checked field by field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.safe.arrays import read_npz
from pygpose.safe.door import reading
from pygpose.safe.pickles import read_pickle
from pygpose.safe.wrapped_arrays import WRAPPERS, unwrap

NUM_SHAPES = 10  # numbers of shape that are used; files hold up to 400
FIELDS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")


@dataclass(frozen=True)
class BodyArrays:
    """The arrays of a body model file, for V vertices, J joints and F triangles; lengths are metres."""

    template: np.ndarray
    """``[V, 3]``, the mean body at rest."""
    shape_directions: np.ndarray
    """``[V, 3, 10]``, the way that each number of shape moves a vertex."""
    pose_directions: np.ndarray
    """``[V, 3, 9 (J - 1)]``, the way that each element of the rotation matrices, without the root's, moves a vertex."""
    regressor: np.ndarray
    """``[J, V]``, weights of the vertices in each joint of a body at rest."""
    weights: np.ndarray
    """``[V, J]``, how much each joint moves a vertex."""
    parents: np.ndarray
    """``[J]``, the parent of each joint; -1 for the root, which comes first."""
    faces: np.ndarray
    """``[F, 3]``, the vertices of each triangle."""


def read_body(path: Path) -> BodyArrays:
    """A model of SMPL's form: the official ``.pkl``, whose arrays may lie in chumpy's or scipy's objects, or ``.npz``.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged, holds other objects than those, lacks an array, or whose arrays do not
            fit together; the message names the field.
    """
    with reading(path):
        return _read(path)


def _read(path: Path) -> BodyArrays:
    if path.suffix.lower() == ".npz":
        content: Any = read_npz(path, objects=True)
    else:
        content = read_pickle(path, shells=WRAPPERS)
    missing = [name for name in FIELDS if name not in content] if isinstance(content, dict) else FIELDS
    if missing:
        raise ValueError(f"{path} has no '{missing[0]}'; a body model has {', '.join(FIELDS)}")
    given = {name: unwrap(content[name], f"{path}, '{name}'") for name in FIELDS}
    vertices, joints = len(given["v_template"]), given["kintree_table"].shape[-1]
    shapes = {
        "v_template": (vertices, 3),
        "shapedirs": (vertices, 3, max(NUM_SHAPES, given["shapedirs"].shape[-1])),
        "posedirs": (vertices, 3, 9 * (joints - 1)),
        "J_regressor": (joints, vertices),
        "weights": (vertices, joints),
        "kintree_table": (2, joints),
        "f": (len(given["f"]), 3),
    }
    for name, shape in shapes.items():
        if given[name].shape != shape or not given[name].size:
            raise ValueError(
                f"{path}, '{name}': {list(given[name].shape)} given, expected {list(shape)}: {vertices} vertices as "
                f"in 'v_template', {joints} joints as in 'kintree_table', at least {NUM_SHAPES} numbers of shape"
            )
    return BodyArrays(
        template=given["v_template"],
        shape_directions=given["shapedirs"][..., :NUM_SHAPES],
        pose_directions=given["posedirs"],
        regressor=given["J_regressor"],
        weights=given["weights"],
        parents=_parents(given["kintree_table"], f"{path}, 'kintree_table'"),
        faces=_faces(given["f"], vertices, f"{path}, 'f'"),
    )


def _parents(table: np.ndarray, where: str) -> np.ndarray:
    """Parents before children; the root's is -1, which unsigned files write as 4294967295."""
    parents = table[0].astype(np.int64)
    parents[0] = -1 if parents[0] in (-1, 2**32 - 1) else parents[0]
    before = (parents[1:] >= 0) & (parents[1:] < np.arange(1, len(parents)))
    if parents[0] != -1 or not before.all() or not np.array_equal(table[1], np.arange(len(parents))):
        raise ValueError(f"{where}: expected parents, the root first, each before its children, over 0, 1, 2, ...")
    return parents


def _faces(faces: np.ndarray, vertices: int, where: str) -> np.ndarray:
    if not np.array_equal(faces, np.floor(faces)) or faces.min() < 0 or faces.max() >= vertices:
        raise ValueError(f"{where}: expected triangles of vertices 0 to {vertices - 1}")
    return faces.astype(np.int64)
