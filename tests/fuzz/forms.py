"""The forms of files that are fuzzed: how a valid one is made, and how it is read."""

from __future__ import annotations

import json
import pickle
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset, read_smpl_features, save_smpl_features
from pygpose.data.camera_file import read_cameras
from pygpose.data.check import check_data
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.inference.checkpoint import load_model, save_model
from pygpose.inference.predictions import read_predictions
from pygpose.io.keypoints import KEYPOINT_FORMATS, read_tracks
from pygpose.io.motion import MOTION_FORMATS, MotionFile, choose_joint_map, read_motion
from pygpose.io.writers import MOTION_WRITERS, PersonMotion
from pygpose.models import MODELS, build_model
from pygpose.models.weights.videopose3d import to_videopose3d
from pygpose.safe.weights import read_official
from pygpose.smpl import SMPLRegressor, load_body
from pygpose.video.watching import Watched
from train.loop.folder import run_record
from train.loop.state import load_state, save_state

TESTS = Path(__file__).parents[1]
H36M = get_skeleton("h36m17")
SIZE = (640, 480)


@dataclass(frozen=True)
class Form:
    """A form of files.

    Args:
        name: For counts and folders.
        make: Writes a valid file or folder into a folder, and gives its path.
        read: Reads it whole.
        sealed: Whether our own checksums lie in the file, so that no changed byte may change a number.
        checked: Whether the reader promises finite numbers.
        example: The valid file, once it is made.
        numbers: The checksum of what is read of it.
    """

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    sealed: bool = False
    checked: bool = True
    example: Path = Path()
    numbers: str = ""


def all_forms() -> Iterator[Form]:
    """All forms; every registered reader of keypoints and motion is among them."""
    yield from _keypoints()
    yield from _motion()
    yield from _data_sets()
    yield from _weights()
    yield from _bodies()
    for suffix in ("npz", "csv"):
        make = partial(_predictions, suffix=suffix)
        yield Form(f"predictions {suffix}", make, lambda path: read_predictions(path, H36M), sealed=suffix == "npz")
    yield Form("cameras", _cameras, read_cameras)
    yield Form("joint map", _joint_map, lambda path: choose_joint_map(_motion_file(), "h36m17", str(path)).sources)
    yield Form("features npz", _features, lambda path: read_smpl_features(path, fps=30.0), sealed=True)
    yield Form("features pkl", partial(_features, pickled=True), lambda path: read_smpl_features(path, fps=30.0))
    yield Form("seen", _seen, Watched.read, sealed=True)
    yield Form("state", _state, load_state, sealed=True, checked=False)
    yield Form("run record", _run_record, lambda folder: run_record(folder)[1])


def _made(file: str) -> dict[str, Any]:
    """The functions of another file of the tests, which write files in somebody's form."""
    return runpy.run_path(str(TESTS / "pygpose" / file))


def _keypoints() -> Iterator[Form]:
    examples = _made("io/keypoints/conftest.py")["EXAMPLES"]
    for name, example in examples.items():
        read = partial(read_tracks, format=example.format, size=SIZE)
        yield Form(f"keypoints {name}", lambda folder, e=example: e.write(folder, e.people()), read, name == "pygpose")
    mixed = [examples[name] for name in ("alphapose", "mmpose", "mediapipe", "deeplabcut", "detectron")]
    for number, name in enumerate(set(KEYPOINT_FORMATS) - {example.format for example in examples.values()}):
        example = mixed[number % len(mixed)]  # without an example of its own, it is given another format's files
        yield Form(f"keypoints {name}", lambda folder, e=example: e.write(folder, e.people()), partial(_refusing, name))
    for name, example in (("keypoints", examples["mmpose"]), ("folder", examples["openpose"])):
        yield Form(f"check {name}", lambda folder, e=example: e.write(folder, e.people()), _checked)


def _refusing(name: str, path: Path) -> Any:
    try:
        return read_tracks(path, format=name, size=SIZE)
    except ValueError as error:
        return str(error)


def _checked(path: Path) -> None:
    for findings in check_data(path):
        for problem in findings.problems:
            if "unexpectedly" in problem.what:
                raise RuntimeError(problem.what)


def _motion() -> Iterator[Form]:
    for name in MOTION_FORMATS:
        if name in MOTION_WRITERS:
            stated = {"unit": "m", "up": "z"} if name == "bvh" else {}
            yield Form(f"motion {name}", partial(_written, kind=name), partial(read_motion, format=name, **stated))
        elif name == "amass":
            yield Form("motion amass", _amass, read_motion)
        else:  # without a writer of ours, it is given a table
            read = partial(_no_motion, name)
            yield Form(f"motion {name}", partial(_written, kind="csv"), read)


def _no_motion(name: str, path: Path) -> Any:
    try:
        return read_motion(path, format=name, unit="m", up="z")
    except ValueError as error:
        return str(error)


def _person() -> PersonMotion:
    positions = torch.from_numpy(synthetic_motion("S1", "Walking", num_frames=6, seed=0)).double()
    sure, none = torch.ones(6, 17, dtype=torch.float64), torch.zeros(6, 0, dtype=torch.bool)
    return PersonMotion("walk", positions, sure, none, [], 50.0, H36M)


def _written(folder: Path, kind: str) -> Path:
    _person().save(folder / f"walk.{kind}")
    return folder / f"walk.{kind}"


def _amass(folder: Path) -> Path:
    joints = np.tile(_person().positions.numpy()[:, :1], (1, 22, 1)) + np.arange(22)[:, None] * 0.05
    np.savez(folder / "walk.npz", joints=joints, mocap_framerate=120.0, gender=np.array("male"))
    return folder / "walk.npz"


def _motion_file() -> MotionFile:
    points = tuple(get_skeleton("smpl24").joints)
    return MotionFile("walk", points, np.random.default_rng(0).normal(size=(3, len(points), 3)), 50.0)


def _joint_map(folder: Path) -> Path:
    points = get_skeleton("smpl24").joints
    table: dict[str, object] = dict(zip(H36M.joints, points, strict=False))
    table |= {H36M.joints[0]: list(points[:2]), H36M.joints[1]: {points[3]: 0.5, points[4]: 0.5}}
    (folder / "map.json").write_text(json.dumps(table))
    return folder / "map.json"


def _data_sets() -> Iterator[Form]:
    yield Form("mocap", _mocap, partial(load_dataset, "mocap", cameras="h36m"))
    videopose3d = _made("data/sources/test_videopose3d.py")
    h36m = videopose3d["make"](("S1", "S8", "S9"), {"Directions": 4}, 4, 32, 17)
    yield Form("h36m", lambda folder: videopose3d["write"](folder, h36m), partial(load_dataset, "h36m"))
    threedpw = _made("data/sources/test_threedpw.py")
    data = threedpw["content"](frames=4)
    del data["sequence"]
    yield Form("threedpw", lambda folder: threedpw["write"](folder, data) and folder, partial(load_dataset, "threedpw"))
    mpi = _made("data/sources/test_mpi_inf_3dhp.py")

    def recordings(folder: Path) -> Path:
        np.savez_compressed(folder / "data_train_3dhp.npz", data=mpi["train_data"](frames=3))
        np.savez_compressed(folder / "data_test_3dhp.npz", data=mpi["test_data"]())
        return folder

    yield Form("mpi_inf_3dhp", recordings, partial(load_dataset, "mpi_inf_3dhp"))


def _mocap(folder: Path) -> Path:
    motions = {f"{who}/walk": synthetic_motion(who, "Walking", num_frames=6, seed=0) for who in ("S1", "S5")}
    np.savez_compressed(folder / "motions.npz", **motions)
    clips = [
        {"key": key, "subject": key[:2], "action": "walk", "split": split, "fps": 50}
        for key, split in zip(motions, ("train", "val"), strict=True)
    ]
    index = {"skeleton": "h36m17", "joints": H36M.joints, "units": "metres", "up": "+Z", "fps": 50, "clips": clips}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


SMALL: dict[str, dict[str, Any]] = {
    "ugcn": {"channels": (4, 8), "down_up_pairs": 1, "merge_channels": 4},
    "mgu": {"channels": (4, 8), "mixing": 8, "merge_channels": 4},
    "tcn": {"channels": 8, "filter_widths": (3, 3)},
    "cvm": {"channels": 8, "dilations": (1,)},
    "tcmr": {"channels": 8, "hidden": 8},
}


def _weights() -> Iterator[Form]:
    for arch in MODELS:
        make = partial(_model, arch=arch, suffix=".safetensors")
        yield Form(f"weights {arch}", make, lambda path: load_model(path)[0], sealed=True)
    packed = partial(_model, arch="ugcn", suffix=".safetensors.gz")
    yield Form("weights packed", packed, lambda path: load_model(path)[0], sealed=True)
    yield Form("weights videopose3d", _videopose3d, lambda path: load_model(path)[0], sealed=True)
    yield Form("weights of any kind", _videopose3d, read_official, sealed=True, checked=False)


def _model(folder: Path, arch: str, suffix: str) -> Path:
    model = build_model(arch, skeleton=H36M, **SMALL.get(arch, {}))
    facts = {"epoch": "3", "subjects": '["S1", "S5"]', "num_frames": "32", "loss": "pose", "data": "synthetic"}
    save_model(folder / f"model{suffix}", model, arch, facts)
    return folder / f"model{suffix}"


def _videopose3d(folder: Path) -> Path:
    options = {"channels": 8, "filter_widths": (3, 3), "subtract_root": False}
    model = build_model("tcn", skeleton=H36M, framing="plain", **options)
    torch.save({"model_pos": to_videopose3d(model), "epoch": 3}, folder / "model.bin")
    return folder / "model.bin"


def _bodies() -> Iterator[Form]:
    made = _made("smpl/made_body.py")
    arrays = made["make_arrays"](each=1)

    def plain(folder: Path) -> Path:
        (folder / "body.pkl").write_bytes(pickle.dumps(arrays))
        return folder / "body.pkl"

    yield Form("body npz", lambda folder: made["write_npz"](folder / "body.npz", arrays), load_body)
    yield Form("body pkl", plain, load_body)
    yield Form("body chumpy", lambda folder: made["write_pkl"](folder / "body.chumpy", arrays), load_body)
    whole = made["make_arrays"]()

    def regressor(folder: Path) -> Path:
        made["write_npz"](folder / "body.npz", whole)
        np.save(folder / "rows.npy", made["make_rows"](H36M.joints, whole))
        return folder

    yield Form("joint regressor", regressor, lambda folder: load_body(folder / "body.npz", folder / "rows.npy"))
    yield Form("mean parameters", _mean_parameters, lambda path: SMPLRegressor(8).load_mean_parameters(path))


def _mean_parameters(folder: Path) -> Path:
    np.savez(folder / "mean.npz", pose=np.zeros(144), shape=np.zeros(10), cam=np.zeros(3))
    return folder / "mean.npz"


def _predictions(folder: Path, suffix: str) -> Path:
    poses = np.random.default_rng(0).normal(size=(4, 17, 3)) * 0.3
    path = folder / f"poses.{suffix}"
    if suffix == "npz":
        np.savez_compressed(path, units=np.array("m"), joints=np.array(H36M.joints), **{"S9/walk/0/walk": poses})
        return path
    rows = [
        f"S9/walk/0/walk,{frame},{H36M.joints[joint]},{','.join(map(str, poses[frame, joint]))},m"
        for frame in range(4)
        for joint in range(17)
    ]
    path.write_text("\n".join(["clip,frame,joint,x,y,z,units", *rows]))
    return path


def _cameras(folder: Path) -> Path:
    door = {"name": "door", "size": [1920, 1080], "horizontal_degrees": 60, "position": [0, -4, 1.5]}
    door |= {"look_at": [0, 0, 1]}
    hall = {"name": "hall", "size": [640, 480], "focal": [500, 500], "center": [320, 240], "radial": [0.1, 0, 0]}
    hall |= {"tangential": [0, 0.001], "position": [1, 2, 3], "orientation": [1, 0, 0, 0]}
    (folder / "cameras.json").write_text(json.dumps({"cameras": [door, hall]}))
    return folder / "cameras.json"


def _features(folder: Path, pickled: bool = False) -> Path:
    content = _made("data/sources/test_smpl_features.py")["content"]({"walk": range(3), "run": range(2)})
    path = folder / f"walk.{'pkl' if pickled else 'npz'}"
    if pickled:
        path.write_bytes(pickle.dumps(content))
    else:
        save_smpl_features(path, content)
    return path


def _seen(folder: Path) -> Path:
    Watched(*([0.0, 0.04], [0, 1], [1, 1]), *([np.ones((17, 2))] * 2, [np.ones(17)] * 2), [np.ones(5)] * 2, True).write(
        folder / "seen.npz", 17
    )
    return folder / "seen.npz"


def _state(folder: Path) -> Path:
    weights = {"a.weight": torch.ones(3, 4), "a.bias": torch.zeros(3)}
    progress = {"epoch": 3, "step": 30, "seconds": 1.5, "log": [{"epoch": 1, "loss": 0.5}]}
    save_state(folder / "last.pt", {"model": weights, "optimizer": {"state": {0: weights}}, "progress": progress})
    return folder / "last.pt"


def _run_record(folder: Path) -> Path:
    from train.config.command import parse_command
    from train.config.settings import to_plain

    record = {"command": "x", "config": to_plain(parse_command(["--epochs", "2"])), "data_checksum": "0"}
    (folder / "config.json").write_text(json.dumps(record))
    return folder
