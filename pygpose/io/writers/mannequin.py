"""The body of a rig at rest: a simple mannequin of rounded limbs, each fixed to one joint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pygpose.io.writers.rig_fit import RigMotion

AROUND, ALONG = 12, 7
"""Points of a ring, and rings of a limb."""
THICK = {"Hips": (0.15, 0.11), "Spine": (0.14, 0.1), "Spine1": (0.16, 0.11), "Neck": (0.05, 0.06), "Head": (0.08, 0.1)}
THICK |= {f"{side}{name}": size for side in ("Left", "Right") for name, size in (
    ("Hip", (0.09, 0.09)), ("Shoulder", (0.06, 0.07)), ("Arm", (0.05, 0.05)), ("ForeArm", (0.04, 0.04)),
    ("Hand", (0.035, 0.02)), ("UpLeg", (0.08, 0.08)), ("Leg", (0.055, 0.06)), ("Foot", (0.045, 0.04)),
)}  # fmt: skip
"""Metres: half of the width and half of the depth of the limb that begins at a joint."""
OTHER = (0.04, 0.04)


@dataclass(frozen=True)
class Mannequin:
    """Points of a body at rest.

    Shapes:
        - **points, normals:** :math:`(P, 3)`, metres, y up
        - **joints:** :math:`(P)`, the joint of the rig that a point is fixed to
        - **faces:** :math:`(F, 3)`, counterclockwise from outside
    """

    points: Float[np.ndarray, "points 3"]
    normals: Float[np.ndarray, "points 3"]
    joints: Int[np.ndarray, " points"]
    faces: Int[np.ndarray, "faces 3"]


def rest_places(rig: RigMotion) -> Float[np.ndarray, "joints 3"]:
    """Where the joints of a rig are at rest: the lowest end at y = 0, the first joint at x = z = 0."""
    places = np.zeros((len(rig.joints), 3))
    for number, joint in enumerate(rig.joints):
        if joint.parent >= 0:
            places[number] = places[joint.parent] + rig.offsets[number]
    lowest = np.nanmin(np.concatenate([places, places + rig.ends])[:, 1])
    return places - (0.0, lowest, 0.0)


def mannequin(rig: RigMotion) -> Mannequin:
    """A limb from each joint to every joint after it that stands elsewhere, and to its end."""
    places = rest_places(rig)
    limbs = [
        (joint.parent, rig.offsets[number])
        for number, joint in enumerate(rig.joints)
        if joint.parent >= 0 and np.linalg.norm(rig.offsets[number]) > 0
    ]
    limbs += [(number, end) for number, end in enumerate(rig.ends) if np.isfinite(end).all() and end.any()]
    points, normals, faces, joints = [], [], [], []
    for number, way in limbs:
        limb, outward = _limb(way, THICK.get(rig.joints[number].name, OTHER))
        faces.append(_FACES + sum(map(len, points)))
        points.append(places[number] + limb)
        normals.append(outward)
        joints.append(np.full(len(limb), number))
    return Mannequin(*map(np.concatenate, (points, normals, joints, faces)))


def _limb(way: Float[np.ndarray, "3"], thick: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals of an ellipsoid along a way, a little longer than it, so that limbs overlap."""
    length = float(np.linalg.norm(way))
    ahead = way / length
    depth = np.array([0.0, 0.0, 1.0]) if abs(ahead[2]) < 0.8 else np.array([0.0, 1.0, 0.0])
    side = np.cross(depth, ahead)
    side /= np.linalg.norm(side)
    depth = np.cross(ahead, side)
    half = length / 2 + min(thick) / 2
    latitude = np.linspace(-np.pi / 2, np.pi / 2, ALONG)[:, None]
    longitude = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)[None]
    ball = np.stack(
        np.broadcast_arrays(
            np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)
        ),
        -1,
    ).reshape(-1, 3)
    axes, sizes = np.stack([side, depth, ahead]), np.array([*thick, half])
    outward = (ball / sizes) @ axes
    return way / 2 + (ball * sizes) @ axes, outward / np.linalg.norm(outward, axis=-1, keepdims=True)


def _faces() -> Int[np.ndarray, "faces 3"]:
    found = []
    for ring in range(ALONG - 1):
        for here in range(AROUND):
            after = (here + 1) % AROUND
            low, high = ring * AROUND, (ring + 1) * AROUND
            found += [(low + here, low + after, high + after), (low + here, high + after, high + here)]
    return np.array(found)


_FACES = _faces()
