"""How well a video is lifted whose truth is known: a body mesh, moved by real motion capture, is filmed by a known
camera, found by the detector and lifted.

pip install anny 'pygpose[video]'; pygpose detector install     # anny: a body model, Apache-2.0
python docs/video_check.py --data-root ../shared/data/cmu --out FOLDER

The body (https://github.com/naver/anny) has its own proportions, so the truth is its own joints, not the motion's.
"""

import importlib
import json
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import roma
import torch
import tyro
from torch import Tensor
from torch.nn.functional import normalize

from graphs import get_skeleton
from pygpose.data import save_keypoints
from pygpose.data.camera_file import read_cameras
from pygpose.geometry import Camera, project_points, world_to_camera
from pygpose.inference.lift_file import lift_file
from pygpose.inference.stated_camera import StatedCamera
from pygpose.inference.world import world_axes
from pygpose.io.writers import PersonMotion
from pygpose.metrics.functional import mpjpe, p_mpjpe
from pygpose.video import watch

SIZE, VIEW, FPS, STEP = (640, 480), 55.0, 25, 2  # pixels, degrees, frames/s, frames of the motion for one of the film
HEADS = {
    "Hip": "upperleg01", "Knee": "lowerleg01", "Ankle": "foot",
    "Shoulder": "upperarm01", "Elbow": "lowerarm01", "Wrist": "wrist",
}  # fmt: skip
"""The bones at whose heads the joints of the limbs lie."""
LIMBS = [side + joint for side in "LR" for joint in HEADS]
PARTS = {
    ("root", "pelvis", "spine05", "spine04"): "pelvis", ("spine", "clavicle", "shoulder"): "chest",
    ("neck", "head", "eye"): "head", ("upperleg",): "thigh", ("lowerleg", "foot", "toe"): "shank",
    ("upperarm",): "arm", ("lowerarm", "wrist", "finger", "metacarpal"): "forearm",
}  # fmt: skip
"""Parts of the body that turn as one, by how the names of their bones begin; the first that fits."""
COLOURS = {
    ("root", "pelvis", "spine05", "upperleg", "lowerleg"): (52, 62, 92), ("foot", "toe"): (40, 36, 34),
    ("spine", "clavicle", "shoulder", "upperarm"): (176, 62, 54), ("eye",): (60, 45, 40), ("",): (214, 164, 134),
}  # fmt: skip
"""Trousers, shoes, a shirt, eyes and skin, by the bone that moves a vertex most; the first that fits."""
HAIR, WALL, FLOOR = (58, 42, 32), (190, 194, 192), (160, 137, 110)
FINE = 2
"""Each pixel of the film is the mean of this many times this many finer ones."""

NUMBERS = {
    "found": "share of the frames in which the person is found",
    "pixels": "pixels by which the detector's joints of the limbs are off",
    "mpjpe": "millimetres by which the lifted joints of the limbs are off, relative to the mid-hip",
    "p_mpjpe": "... after the best rotation, scale and shift of each frame",
    "exact_mpjpe": "as mpjpe, where the limbs' keypoints are exact and those of the face the detector's",
    "exact_p_mpjpe": "... after the best rotation, scale and shift of each frame",
}


@dataclass(frozen=True)
class Film:
    """A film and what is true in it: joints of the limbs in the camera's axes (metres) and in the picture (pixels)."""

    video: Path
    camera: Camera
    joints: Tensor
    pixels: Tensor


def make_film(data_root: Path, out: Path, key: str, frames: int, degrees: float, distance: float) -> Film:
    """The film of a clip of motion, seen from ``distance`` metres at an angle from the way that the person walks."""
    motion = torch.from_numpy(np.load(data_root / "motions.npz")[key])[: STEP * frames : STEP].double()
    vertices, joints, faces, colours = moved_body(motion)
    middle = joints.mean((0, 1)).tolist()
    ahead, aside, _ = (joints[-1] - joints[0]).mean(0).tolist()
    angle = math.atan2(aside, ahead) + math.radians(degrees)
    place = [middle[0] + distance * math.cos(angle), middle[1] + distance * math.sin(angle), 1.4]
    row = {"name": "check", "size": SIZE, "horizontal_degrees": VIEW, "position": place, "look_at": middle}
    out.mkdir(parents=True, exist_ok=True)
    (out / "camera.json").write_text(json.dumps({"cameras": [row]}))
    (camera,) = read_cameras(out / "camera.json")
    write_video(out / "film.mp4", pictures(vertices, faces, colours, camera))
    seen = world_to_camera(joints, camera)
    return Film(out / "film.mp4", camera, seen, project_points(seen, camera))


def moved_body(motion: Tensor) -> tuple[Tensor, Tensor, np.ndarray, np.ndarray]:
    """The vertices and the limbs' joints of the body in every frame, its triangles and the colours of its vertices.

    Pelvis and chest turn as their axes do, every other bone by the smallest rotation that brings it to the motion's
    direction; in each frame the lowest vertex is on the floor, z = 0.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        anny = importlib.import_module("anny")  # no part of the dev extra: 48 MB, and a cache of 790 MB

        model = anny.Anny(skinning_method="lbs", phenotype_blendshapes="original").double()
        shape = {"gender": 0.3, "age": 0.67, "height": 0.4}
        rest = model(phenotype_kwargs=shape)
    names, heads = model.bone_labels, rest["rest_bone_heads"][0]
    at = {joint: heads[names.index(f"{HEADS[joint[1:]]}.{joint[0]}")] for joint in LIMBS}
    crown = rest["rest_vertices"][0][rest["rest_vertices"][0, :, 2].argmax()]
    hips, waist, neck = (at["LHip"] + at["RHip"]) / 2, heads[names.index("spine03")], heads[names.index("neck01")]
    to = {name.replace("Foot", "Ankle"): motion[:, joint] for joint, name in enumerate(get_skeleton("h36m17").joints)}

    trunk, shoulders = (to["Spine"] - to["Hip"], to["Thorax"] - to["Spine"]), at["LShoulder"] - at["RShoulder"]
    turns = {
        "pelvis": frame_turn((at["LHip"] - at["RHip"], waist - hips), (to["LHip"] - to["RHip"], trunk[0])),
        "chest": frame_turn((shoulders, neck - waist), (to["LShoulder"] - to["RShoulder"], trunk[1])),
    }
    turns["head"] = bone_turn(turns["chest"], crown - neck, to["Head"] - to["Thorax"])
    for side in "LR":
        for part, parent, start, end in (
            ("thigh", "pelvis", "Hip", "Knee"), ("shank", f"thigh.{side}", "Knee", "Ankle"),
            ("arm", "chest", "Shoulder", "Elbow"), ("forearm", f"arm.{side}", "Elbow", "Wrist"),
        ):  # fmt: skip
            start, end = side + start, side + end
            turns[f"{part}.{side}"] = bone_turn(turns[parent], at[end] - at[start], to[end] - to[start])

    pose = torch.eye(4, dtype=torch.float64).repeat(len(motion), len(names), 1, 1)
    for bone, name in enumerate(names):
        part = first_fit(name, PARTS)
        turn = turns[part] if part in turns else turns[part + name[-2:]]
        pose[:, bone, :3, :3] = turn @ rest["rest_bone_poses"][0, bone, :3, :3]
    size = (at["LHip"] - at["LKnee"]).norm() / (to["LHip"] - to["LKnee"]).norm(dim=-1).mean()
    pose[:, 0, :3, 3] = size * to["Hip"] - turns["pelvis"] @ (hips - heads[0])
    posed = model(pose, phenotype_kwargs=shape, pose_parameterization="world-orient")
    joints = torch.stack([posed["bone_poses"][:, names.index(f"{HEADS[j[1:]]}.{j[0]}"), :3, 3] for j in LIMBS], 1)
    floor = torch.tensor([0.0, 0.0, 1.0]) * posed["vertices"][..., 2].amin(1)[:, None, None]

    strongest = model.vertex_bone_indices.gather(1, model.vertex_bone_weights.argmax(1, keepdim=True))[:, 0]
    colours = np.array([first_fit(names[bone], COLOURS) for bone in strongest], np.float32)
    place = rest["rest_vertices"][0] - heads[names.index("eye.L")]
    hair = np.array([names[bone] == "head" for bone in strongest])
    colours[hair & ((place[:, 2] > 0.035) | ((place[:, 1] > 0.09) & (place[:, 2] > -0.05))).numpy()] = HAIR
    return posed["vertices"] - floor, joints - floor, model.get_triangular_faces().numpy(), colours


def first_fit(name: str, choices: Mapping[tuple[str, ...], Any]) -> Any:
    """What belongs to the first beginnings of which one begins the name."""
    return next(choice for begins, choice in choices.items() if name.startswith(begins))


def frame_turn(rest: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor]) -> Tensor:
    """The rotation of every frame that best brings two directions of the body at rest onto those wanted."""
    goal = normalize(torch.stack(wanted, 1), dim=-1)
    turn = roma.rigid_vectors_registration(normalize(torch.stack(rest), dim=-1).expand_as(goal), goal)
    return cast("Tensor", turn)  # roma has no type hints


def bone_turn(parent: Tensor, rest: Tensor, wanted: Tensor) -> Tensor:
    """The rotation of a bone: its parent's, and then the smallest one that brings it to the direction wanted."""
    now, goal = normalize(parent @ rest, dim=-1), normalize(wanted, dim=-1)
    axis = torch.linalg.cross(now, goal)
    angle = torch.atan2(axis.norm(dim=-1), (now * goal).sum(-1))
    return roma.rotvec_to_rotmat(normalize(axis, dim=-1) * angle[:, None]) @ parent


def pictures(vertices: Tensor, faces: np.ndarray, colours: np.ndarray, camera: Camera) -> Iterator[np.ndarray]:
    """The frames of the film: the body in soft light, before a wall and on a floor."""
    width, height = (FINE * side for side in SIZE)
    row = np.arange(height)[:, None, None]
    scene = np.where(row > 0.45 * height, FLOOR, WALL) * (1 + 0.15 * (row - height / 2) / height)
    triangles, light = torch.from_numpy(faces), np.array([0.35, -0.5, 0.8]) / math.hypot(0.35, 0.5, 0.8)
    for body in vertices:
        a, b, c = body[triangles].unbind(1)
        flat = torch.linalg.cross(b - a, c - a).repeat_interleave(3, 0)
        normals = normalize(torch.zeros_like(body).index_add(0, triangles.flatten(), flat), dim=-1).numpy()
        lit = colours * (0.5 + 0.5 * np.maximum(normals @ light, 0))[:, None]
        seen = world_to_camera(body, camera)
        places = FINE * project_points(seen, camera).numpy()
        where, nearest, weights = rasterise(places, seen[:, 2].numpy(), faces, (width, height))
        picture = np.tile(scene, (1, width, 1)).reshape(-1, 3)
        picture[where] = (weights[..., None] * lit[faces[nearest]]).sum(1)
        fine = picture.reshape(SIZE[1], FINE, SIZE[0], FINE, 3).mean((1, 3))
        yield np.clip(fine, 0, 255).astype(np.uint8)


def rasterise(
    places: np.ndarray, depths: np.ndarray, faces: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels that triangles cover, the nearest triangle of each, and the weights of its corners there."""
    corners = places[faces]
    low = np.ceil(corners.min(1) - 0.5).astype(int)
    spans = (np.floor(corners.max(1) - 0.5).astype(int) - low + 1).max(1)
    found, side = [], 1
    while side < 2 * spans.max():
        chosen = np.flatnonzero((spans <= side) & (spans > side // 2))
        steps = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
        pixels = low[chosen, None] + steps
        a, b, c = (corners[chosen, None, corner] for corner in range(3))
        parts, whole = [cross(q - p, pixels + 0.5 - p) for p, q in ((b, c), (c, a), (a, b))], cross(b - a, c - a)
        weights = np.stack(parts, -1) / np.where(whole == 0, np.nan, whole)[..., None]
        row, step = np.nonzero((weights >= 0).all(-1) & ((pixels >= 0) & (pixels < size)).all(-1))
        found.append((pixels[row, step] @ [1, size[0]], chosen[row], weights[row, step]))
        side *= 2
    where, triangles, weights = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort((weights * depths[faces[triangles]]).sum(-1), kind="stable")
    where, first = np.unique(where[order], return_index=True)
    return where, triangles[order[first]], weights[order[first]]


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Twice the signed areas of the triangles that two vectors of a plane make."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def write_video(path: Path, frames: Iterable[np.ndarray]) -> None:
    """An mp4 (H.264) of the frames."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        (stream.width, stream.height), stream.pix_fmt = SIZE, "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def check(film: Film, out: Path) -> dict[str, float]:
    """Find and lift the person of a film: numbers of the kinds of ``NUMBERS``, by comparison with the truth."""
    camera = StatedCamera(field_of_view=VIEW)
    track = max(watch(film.video, keep_in=out), key=lambda one: len(one.keypoints))
    limbs = [get_skeleton(track.skeleton).index(joint) for joint in LIMBS]
    true = film.pixels[track.first_frame : track.first_frame + len(track.keypoints)].numpy()
    seen = track.confidence[:, limbs].any(1)
    off = np.linalg.norm(track.keypoints[:, limbs] - true, axis=-1)[seen]
    exact, sure = track.keypoints.copy(), track.confidence.copy()
    exact[:, limbs], sure[:, limbs] = true, 1.0
    save_keypoints(out / "exact.npz", [replace(track, keypoints=exact, confidence=sure)])
    found = {"found": float(seen.sum()) / len(film.pixels), "pixels": float(off.mean())}
    for name, path, first in (("", film.video, 0), ("exact_", out / "exact.npz", track.first_frame)):
        motion = max(lift_file(path, camera=camera, keep_in=out), key=lambda one: len(one.positions))
        found |= {name + metric: value for metric, value in errors(film, motion, first + motion.first_frame).items()}
    return found


def errors(film: Film, motion: PersonMotion, first: int) -> dict[str, float]:
    """Millimetres by which the limbs' joints are off, where both look along the camera and have the true way up."""
    position = torch.tensor(film.camera.position, dtype=torch.float64)
    up = world_to_camera(position + position.new_tensor([0.0, 0.0, 1.0]), film.camera)
    truth = film.joints[first : first + len(motion.positions)] @ world_axes(up).T
    names = [joint.replace("Ankle", "Foot") for joint in LIMBS]
    lifted = motion.positions[:, [motion.skeleton.index(name) for name in names]]
    hips = [LIMBS.index("LHip"), LIMBS.index("RHip")]
    truth, lifted = (one - one[:, hips].mean(1, keepdim=True) for one in (truth, lifted))
    return {"mpjpe": mpjpe(lifted, truth).item(), "p_mpjpe": p_mpjpe(lifted, truth).item()}


def main(
    data_root: Path, out: Path, key: str = "S08/08_04", frames: int = 100, degrees: float = 30.0, distance: float = 5.0
) -> None:
    """Make the film, find and lift its person, and print how far off that is.

    Args:
        data_root: Folder of the motion.
        out: Folder for the film and what is found in it.
        key: Name of the clip.
        frames: Frames of the film, at 25 frames/s.
        degrees: Angle between the way that the person walks and the camera; 0: towards it.
        distance: Metres from the camera to the middle of the way.
    """
    for name, number in check(make_film(data_root, out, key, frames, degrees, distance), out).items():
        print(f"{name:>13} {number:7.2f}  {NUMBERS[name]}")


if __name__ == "__main__":
    tyro.cli(main)
