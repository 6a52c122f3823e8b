"""GLB files (glTF 2.0): a moving mannequin that any viewer shows and Blender imports.

A glTF file is a JSON text and one block of numbers; what a library would add is a class for every kind of object in it.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import roma
import torch
from jaxtyping import Float

from pygpose.io.writers.mannequin import mannequin, rest_places
from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter
from pygpose.io.writers.rig_fit import RigMotion, fit_rig

FLOAT, SHORT, BYTE = 5126, 5123, 5121
KINDS = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
VERTICES, INDICES = 34962, 34963
COLOUR = (0.35, 0.55, 0.8, 1.0)


def write(motion: PersonMotion, path: Path) -> None:
    """Metres, y up; the same rig and rotations as the BVH file, with a mannequin fixed to it."""
    rig = fit_rig(motion.positions.double().numpy(), motion.skeleton)
    path.write_bytes(glb_bytes(rig, motion.fps, motion.name))


def glb_bytes(rig: RigMotion, fps: float, name: str) -> bytes:
    body, places = mannequin(rig), rest_places(rig)
    ended = [number for number, end in enumerate(rig.ends) if np.isfinite(end).all() and end.any()]
    places = np.concatenate([places, places[ended] + rig.ends[ended]])
    block = _Block()
    back = np.tile(np.eye(4), (len(places), 1, 1))
    back[:, :3, 3] = -places
    mesh = {
        "attributes": {
            "POSITION": block.add(body.points, FLOAT, VERTICES, bounds=True),
            "NORMAL": block.add(body.normals, FLOAT, VERTICES),
            "JOINTS_0": block.add(np.pad(body.joints[:, None], ((0, 0), (0, 3))), BYTE, VERTICES),
            "WEIGHTS_0": block.add(np.tile([1.0, 0.0, 0.0, 0.0], (len(body.points), 1)), FLOAT, VERTICES),
        },
        "indices": block.add(body.faces.reshape(-1, 1), SHORT, INDICES),
        "material": 0,
    }
    skin = {
        "joints": list(range(len(places))),
        "skeleton": 0,
        "inverseBindMatrices": block.add(back.swapaxes(1, 2).reshape(-1, 16), FLOAT),
    }
    times = block.add(np.arange(len(rig.root))[:, None] / fps, FLOAT, bounds=True)
    moved = [("translation", 0, block.add(rig.root, FLOAT))]
    moved += [("rotation", number, block.add(turns, FLOAT)) for number, turns in enumerate(_quaternions(rig.rotations))]
    content = {
        "asset": {"version": "2.0", "generator": "pygpose"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(places)]}],
        "nodes": [*_nodes(rig, ended, places[0]), {"name": name, "mesh": 0, "skin": 0}],
        "meshes": [{"name": name, "primitives": [mesh]}],
        "materials": [
            {"pbrMetallicRoughness": {"baseColorFactor": COLOUR, "metallicFactor": 0, "roughnessFactor": 0.8}}
        ],
        "skins": [skin],
        "animations": [
            {
                "name": name,
                "samplers": [{"input": times, "output": output} for _, _, output in moved],
                "channels": [
                    {"sampler": number, "target": {"node": node, "path": kind}}
                    for number, (kind, node, _) in enumerate(moved)
                ],
            }
        ],
        "buffers": [{"byteLength": len(block.numbers)}],
        "bufferViews": block.views,
        "accessors": block.accessors,
    }
    text = json.dumps(content, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    chunks = b"".join(
        struct.pack("<I4s", len(data), kind) + data
        for kind, data in ((b"JSON", text), (b"BIN\0", bytes(block.numbers)))
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _nodes(rig: RigMotion, ended: list[int], root: Float[np.ndarray, "3"]) -> list[dict[str, Any]]:
    """A node for each joint of the rig and each end, called ``JOINT_End``."""
    nodes: list[dict[str, Any]] = [
        {"name": joint.name, "translation": (root if joint.parent < 0 else rig.offsets[number]).tolist()}
        for number, joint in enumerate(rig.joints)
    ]
    for number, joint in enumerate(rig.joints):
        if joint.parent >= 0:
            nodes[joint.parent].setdefault("children", []).append(number)
    for number in ended:
        nodes[number].setdefault("children", []).append(len(nodes))
        nodes.append({"name": f"{rig.joints[number].name}_End", "translation": rig.ends[number].tolist()})
    return nodes


def _quaternions(rotations: Float[np.ndarray, "frames joints 3 3"]) -> Float[np.ndarray, "joints frames 4"]:
    """Quaternions x y z w, of the two that mean one rotation always the nearer to the frame before."""
    found = roma.rotmat_to_unitquat(torch.from_numpy(rotations)).numpy().swapaxes(0, 1)
    turns = np.sign((found[:, 1:] * found[:, :-1]).sum(-1, keepdims=True) + 1e-12)
    return found * np.concatenate([np.ones_like(found[:, :1, :1]), turns], 1).cumprod(1)


class _Block:
    """The numbers of a file, and what says where they are in it."""

    def __init__(self) -> None:
        self.numbers, self.views, self.accessors = bytearray(), [], []

    def add(self, values: np.ndarray, kind: int, target: int | None = None, bounds: bool = False) -> int:
        """The number of the accessor of values ``[count, numbers]``."""
        values = values.astype({FLOAT: "<f4", SHORT: "<u2", BYTE: "u1"}[kind])
        self.numbers += b"\0" * (-len(self.numbers) % 4)
        view = {"buffer": 0, "byteOffset": len(self.numbers), "byteLength": values.nbytes}
        self.views.append(view if target is None else {**view, "target": target})
        self.numbers += values.tobytes()
        self.numbers += b"\0" * (-len(self.numbers) % 4)
        accessor = {
            "bufferView": len(self.views) - 1,
            "componentType": kind,
            "count": len(values),
            "type": KINDS[values.shape[1]],
        }
        if bounds:
            accessor |= {"min": values.min(0).tolist(), "max": values.max(0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


MOTION_WRITERS.register("glb")(MotionWriter(write, "a moving mannequin for Blender and any glTF viewer; metres, y up"))
