"""A small body model in the form of SMPL's files, and the files themselves: npz, and pickles like the official ones."""

import contextlib
import pickle
import sys
import types
from unittest import mock

import numpy as np
from scipy import sparse

# The tree of SMPL; SMPL-H has fifteen joints for each hand in the place of one.
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
HANDS = [wrist if i % 3 == 0 else first + i - 1 for wrist, first in ((20, 22), (21, 37)) for i in range(15)]
PARENTS_H = PARENTS[:22] + HANDS
# A person in T pose, metres: x to its left, y up, z forward.
REST = """
0 0 0  .07 -.08 0  -.07 -.08 0  0 .1 -.02  .1 -.48 0  -.1 -.48 0
0 .24 0  .09 -.9 -.03  -.09 -.9 -.03  0 .3 .02  .11 -.95 .1  -.11 -.95 .1
0 .5 -.02  .08 .4 -.01  -.08 .4 -.01  0 .6 .03  .18 .44 -.02  -.18 .44 -.02
.44 .43 -.04  -.44 .43 -.04  .7 .44 -.05  -.7 .44 -.05  .78 .43 -.05  -.78 .43 -.05
"""


def rest_joints(parents=PARENTS):
    joints = np.array(REST.split(), float).reshape(-1, 3)[:22]
    for i, parent in enumerate(parents[22:], 22):
        side = np.sign(joints[parent][0])
        joints = np.vstack([joints, joints[parent] + [0.03 * side, 0.01 * (i % 3), 0.01 * (i % 5)]])
    return joints


def make_arrays(parents=PARENTS, each=4, shapes=10, seed=0):
    """The fields of a body model file: ``each`` vertices around every joint."""
    rng, count = np.random.default_rng(seed), len(parents)
    owner = np.arange(count * each) % count
    near = owner[:, None] == np.arange(count)
    regressor = near.T * rng.uniform(0.5, 1.5, (count, len(owner)))
    weights = 0.7 * near + 0.3 * rng.dirichlet(np.full(count, 0.1), len(owner))
    kintree = np.array([parents, range(count)]).astype(np.uint32)  # -1 becomes 4294967295, as in the official files
    return {
        "v_template": rest_joints(parents)[owner] + 0.02 * rng.normal(size=(len(owner), 3)),
        "shapedirs": 0.01 * rng.normal(size=(len(owner), 3, shapes)),
        "posedirs": 0.005 * rng.normal(size=(len(owner), 3, 9 * (count - 1))),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights,
        "kintree_table": kintree,
        "f": rng.integers(len(owner), size=(50, 3)).astype(np.uint32),
    }


def make_rows(names, arrays, parents=PARENTS):
    """A joint regressor of these joints: of vertices around SMPL's joints of nearly the same place."""
    like = {"Hip": 0, "Pelvis": 0, "Spine": 6, "Thorax": 12, "Neck": 12, "Neck/Nose": 15, "Head": 15, "HeadTop": 15}
    own = {"Hip": 1, "Knee": 4, "Foot": 7, "Ankle": 7, "Shoulder": 16, "Elbow": 18, "Wrist": 20}
    like |= {side + name: joint + (side == "R") for name, joint in own.items() for side in "LR"}
    rng = np.random.default_rng(len(names))
    rows = np.stack([arrays["J_regressor"][like[name]] for name in names]) * rng.uniform(0.5, 1.5, (len(names), 1))
    rows = rows * rng.uniform(0.5, 1.5, rows.shape)
    return rows / rows.sum(1, keepdims=True)


def write_npz(path, arrays):
    np.savez(path, **arrays)
    return path


def write_pkl(path, arrays, protocol=2, scipy_module="scipy.sparse.csc"):
    """As the official files: shapes are a selection of chumpy, some arrays its plain objects, the regressor sparse."""
    with fake_modules(scipy_module) as fakes:
        wide = np.concatenate([arrays["shapedirs"], arrays["shapedirs"]], -1)
        chosen = np.arange(wide.size).reshape(wide.shape)[..., : arrays["shapedirs"].shape[-1]]
        shape = fakes.Select(a=fakes.Ch(x=wide), idxs=chosen.ravel(), preferred_shape=chosen.shape)
        regressor = sparse.csc_matrix(arrays["J_regressor"])
        content = arrays | {
            "shapedirs": shape,
            "v_template": fakes.Ch(x=arrays["v_template"]),
            "J_regressor": fakes.csc_matrix(**vars(regressor)),
            "J": np.zeros((24, 3)),
            "bs_style": "lbs",
            "bs_type": "lrotmin",
        }
        path.write_bytes(pickle.dumps(content, protocol))
    return path


@contextlib.contextmanager
def fake_modules(scipy_module="scipy.sparse.csc"):
    """Classes of the names that official files hold, while a file is written."""
    fakes, modules = types.SimpleNamespace(), {"chumpy": types.ModuleType("chumpy")}
    for module, name in (("chumpy.ch", "Ch"), ("chumpy.reordering", "Select"), (scipy_module, "csc_matrix")):
        made = type(name, (), {"__init__": lambda self, **state: vars(self).update(_dirty_vars=set(), **state)})
        made.__module__ = module
        modules[module] = types.ModuleType(module)
        setattr(modules[module], name, made)
        setattr(fakes, name, made)
    with mock.patch.dict(sys.modules, modules):
        yield fakes


def skin(arrays, rotations, shape):
    """Linear blend skinning of one body, vertex by vertex in float64: vertices, and joints of the tree."""
    count, parents = len(arrays["J_regressor"]), arrays["kintree_table"][0].astype(int)
    shaped = arrays["v_template"] + (arrays["shapedirs"][..., :10] * shape).sum(-1)
    rest = arrays["J_regressor"] @ shaped
    turned, placed = [rotations[0]], [rest[0]]
    for joint in range(1, count):
        parent = parents[joint]
        turned.append(turned[parent] @ rotations[joint])
        placed.append(placed[parent] + turned[parent] @ (rest[joint] - rest[parent]))
    feature = (rotations[1:] - np.eye(3)).ravel()
    vertices = np.zeros_like(shaped)
    for v, point in enumerate(shaped):
        point = point + arrays["posedirs"][v] @ feature
        for joint in range(count):
            vertices[v] += arrays["weights"][v, joint] * (turned[joint] @ (point - rest[joint]) + placed[joint])
    return vertices, np.array(placed)
