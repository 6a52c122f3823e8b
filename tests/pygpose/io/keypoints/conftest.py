"""Keypoint files as their programs write them, byte for byte, of people whose keypoints are known."""

import csv
import inspect
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.keypoints import KEYPOINT_FORMATS, KeypointTrack, own
from pygpose.safe import arrays

SIZE = (640, 480)
COCO_NAMES = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
).split()


# Where joints of a person of 285 pixels are who stands before the camera: x from the middle, on the left, and y.
BODY = {
    **{"Head": (0, 0), "Nose": (0, 30), "Eye": (6, 24), "Ear": (13, 27), "Mouth": (4, 36), "Neck": (0, 60)},
    **{"Shoulder": (30, 60), "Elbow": (39, 105), "Wrist": (42, 147), "Pinky": (44, 155), "Index": (43, 158)},
    **{"Thumb": (40, 152), "Hip": (18, 150), "Knee": (20, 217), "Ankle": (20, 285), "Heel": (18, 292)},
    **{"FootIndex": (26, 296), "BigToe": (27, 296), "SmallToe": (33, 295), "EyeInner": (4, 24), "EyeOuter": (9, 24)},
    **{"Thorax": (0, 62), "Spine": (0, 105), "Foot": (20, 285), "Neck/Nose": (0, 35)},
}


def standing(skeleton: str) -> np.ndarray:
    """``[J, 2]``: a person who stands and faces the camera, in pixels; x from 0 to 100, y down."""
    places = []
    for joint in get_skeleton(skeleton).joints:
        side = 1 if joint.startswith("L") else -1 if joint.startswith("R") else 0
        x, y = BODY[joint[1:] if side else joint.removeprefix("Mid")]
        places.append((50 + side * x, y))
    return np.array(places, float)


def openpose(folder: Path, people: np.ndarray) -> Path:
    """`openpose.bin --write_json`, version 1.3."""
    empty = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d")
    empty += ("face_keypoints_3d", "hand_left_keypoints_3d", "hand_right_keypoints_3d")
    for frame, here in enumerate(people):
        found = [
            {"person_id": [-1], "pose_keypoints_2d": [float(f"{v:.6g}") for v in one.flatten()]}
            | {name: [] for name in empty}
            for one in present(here)
        ]
        content = json.dumps({"version": 1.3, "people": found}, separators=(",", ":"))
        (folder / f"walk_{frame:012d}_keypoints.json").write_text(content)
    return folder


def alphapose(folder: Path, people: np.ndarray) -> Path:
    """`alphapose-results.json` of `--detector tracker`."""
    results = [
        {
            "image_id": f"{frame}.jpg",
            "category_id": 1,
            "keypoints": one.flatten().tolist(),
            "score": 3.1194329261779785,
            "box": [135.4103240966797, 22.548908233642578, 190.96327209472656, 180.23783493041992],
            "idx": [float(number + 1)],
        }
        for frame, here in enumerate(people)
        for number, one in enumerate(here)
        if not np.isnan(one).any()
    ]
    return _text(folder / "alphapose-results.json", json.dumps(results))


def coco_results(folder: Path, people: np.ndarray) -> Path:
    """What `COCO.loadRes` reads, compact."""
    results = [
        {"image_id": frame, "category_id": 1, "keypoints": one.flatten().tolist(), "score": 0.956}
        for frame, here in enumerate(people)
        for one in present(here)
    ]
    return _text(folder / "person_keypoints_results.json", json.dumps(results, separators=(",", ":")))


def instances(here: np.ndarray) -> list[dict]:
    return [
        {
            "keypoints": one[:, :2].tolist(),
            "keypoint_scores": one[:, 2].tolist(),
            "bbox": [[10.5, 20.5, 300.0, 400.0]],
            "bbox_score": 0.97265625,
        }
        for one in present(here)
    ]


def mmpose(folder: Path, people: np.ndarray) -> Path:
    """`inferencer_demo.py --pred-out-dir`, through mmengine.dump."""
    frames = [{"frame_id": number, "instances": instances(here)} for number, here in enumerate(people)]
    return _text(folder / "walk.json", json.dumps(frames, indent="  "))


def mmpose_demo(folder: Path, people: np.ndarray) -> Path:
    """`topdown_demo_with_mmdet.py --save-predictions`: frames count from 1, joints have names."""
    frames = [{"frame_id": number, "instances": instances(here)} for number, here in enumerate(people, 1)]
    meta = {"dataset_name": "coco", "num_keypoints": 17, "keypoint_id2name": dict(enumerate(COCO_NAMES))}
    content = {"meta_info": meta, "instance_info": frames}
    return _text(folder / "results_walk.json", json.dumps(content, indent="\t"))


def coco_annotations(folder: Path, people: np.ndarray) -> Path:
    """What programs for labelling export; visibility is 0, 1 or 2, so that confidences of other readers are kept."""
    images = [{"id": 10 + number, "file_name": f"walk_{number:06d}.png"} for number in range(len(people))]
    annotations = [
        {"id": number, "image_id": 10 + frame, "category_id": 1, "keypoints": one.flatten().tolist()}
        for frame, here in enumerate(people)
        for number, one in enumerate(present(here))
    ]
    categories = [{"id": 1, "name": "person", "keypoints": COCO_NAMES, "skeleton": []}]
    content = {"info": {}, "images": images, "annotations": annotations, "categories": categories}
    return _text(folder / "person_keypoints_default.json", json.dumps(content))


def tracked_person(folder: Path, people: np.ndarray) -> Path:
    """`NAME_alphapose_tracked_person.json`: people, frames, keypoints."""
    content = {
        str(number + 1): {
            f"{frame:04d}": {"keypoints": one.flatten().tolist(), "scores": None}
            for frame, one in enumerate(people[:, number])
            if not np.isnan(one).any()
        }
        for number in range(people.shape[1])
    }
    return _text(folder / "walk_alphapose_tracked_person.json", json.dumps(content))


def mediapipe_csv(folder: Path, people: np.ndarray) -> Path:
    """A row for each person in each frame."""
    columns = [f"{axis}{number}" for number in range(people.shape[2]) for axis in ("x", "y", "z", "v")]
    rows = [",".join(["frame", "person_id", *columns])]
    for frame, here in enumerate(people):
        for number, one in enumerate(here):
            parts = np.concatenate([one[:, :2] / SIZE, np.full((len(one), 1), -0.2), one[:, 2:]], 1)
            cells = ["" if np.isnan(value) else repr(value) for value in parts.flatten().tolist()]
            rows.append(",".join([str(frame), str(number + 1), *cells]))
    return _text(folder / "walk.csv", "\n".join(rows) + "\n")


def detectron_raw(folder: Path, people: np.ndarray) -> Path:
    """VideoPose3D's `infer_video_d2.py`."""
    keypoints, boxes = np.empty(len(people), object), np.empty(len(people), object)
    for frame, here in enumerate(people):
        found = present(here)
        keypoints[frame] = [[], np.stack([one[:, [0, 1, 2, 2]].T for one in found]) if found else []]
        boxes[frame] = [[], np.array([[1.0, 2.0, 3.0, 4.0, 0.99]] * len(found)) if found else []]
    path = folder / "walk.mp4.npz"
    np.savez_compressed(path, boxes=boxes, segments=boxes, keypoints=keypoints, metadata={"w": SIZE[0], "h": SIZE[1]})
    return path


def mediapipe(folder: Path, people: np.ndarray) -> Path:
    """`pose_landmarks` of every frame, for several people."""
    frames = [
        [
            [{"x": x / SIZE[0], "y": y / SIZE[1], "z": -0.2, "visibility": seen} for x, y, seen in one.tolist()]
            for one in present(here)
        ]
        for here in people
    ]
    return _text(folder / "walk.json", json.dumps(frames))


def deeplabcut(folder: Path, people: np.ndarray) -> Path:
    """`analyze_videos(..., save_as_csv=True)` of a multi-animal project, as pandas writes it."""
    scorer, file = "DLC_dlcrnetms5_walkOct1shuffle1_50000", io.StringIO(newline="")
    columns = [(f"person{n + 1}", part, coord) for n in range(people.shape[1]) for part in COCO_NAMES for coord in DLC]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["scorer", *[scorer] * len(columns)])
    for row, name in enumerate(("individuals", "bodyparts", "coords")):
        writer.writerow([name, *(column[row] for column in columns)])
    for number, here in enumerate(people):
        writer.writerow([number, *("" if np.isnan(value) else repr(value) for value in here.flatten().tolist())])
    return _text(folder / f"walk{scorer}_el.csv", file.getvalue())


DLC = ("x", "y", "likelihood")


def detectron(folder: Path, people: np.ndarray) -> Path:
    """VideoPose3D's `prepare_data_2d_custom.py -o walk`: one person, no confidence."""
    symmetry = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
    metadata = {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": symmetry}
    metadata["video_metadata"] = {"walk.mp4": {"w": SIZE[0], "h": SIZE[1]}}
    output = {"walk.mp4": {"custom": [people[:, 0, :, :2].astype("float32")]}}
    path = folder / "data_2d_custom_walk.npz"
    np.savez_compressed(path, positions_2d=output, metadata=metadata)
    return path


def pygpose(folder: Path, people: np.ndarray) -> Path:
    values = people.astype(np.float32)
    tracks = [
        KeypointTrack(one[..., :2], one[..., 2], "coco17", "walk", str(number), 25.0, SIZE)
        for number, one in enumerate(values.swapaxes(0, 1))
    ]
    own.save_keypoints(folder / "walk.npz", tracks)
    return folder / "walk.npz"


def present(here: np.ndarray) -> list[np.ndarray]:
    return [one for one in here if not np.isnan(one).any()]


def _text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


@dataclass(frozen=True)
class Example:
    """How a format is written, and what it can carry."""

    write: Callable[[Path, np.ndarray], Path]
    format: str
    skeleton: str
    num_people: int = 2
    gaps: bool = True
    first_frame: int = 0
    size = SIZE

    def people(self, frames: int = 8) -> np.ndarray:
        """``[T, P, J, 3]``: people walk side by side. The last is NaN in frame 3 and lacks joint 2 in frame 5."""
        joints = get_skeleton(self.skeleton).num_joints
        draw = np.random.default_rng(7)
        people = np.empty((frames, self.num_people, joints, 3))
        for number in range(self.num_people):
            shape = (standing(self.skeleton) + draw.uniform(-1, 1, (joints, 2))).round(3)
            path = np.array([60 + 300 * number, 100]) + np.arange(frames)[:, None] * [2, 1]
            people[:, number, :, :2] = path[:, None] + shape
        people[..., 2] = draw.uniform(0.3, 1, people.shape[:3]).round(4)
        if self.gaps:
            people[5, -1, 2] = 0
            people[3, -1] = np.nan
        return people

    def read(self, path: Path) -> list[KeypointTrack]:
        return KEYPOINT_FORMATS[self.format].read(path, self.size)


EXAMPLES = {
    "openpose": Example(openpose, "openpose", "openpose25"),
    "openpose18": Example(openpose, "openpose", "openpose18"),
    "alphapose": Example(alphapose, "alphapose", "coco17"),
    "alphapose_halpe": Example(alphapose, "alphapose", "halpe26"),
    "coco_results": Example(coco_results, "coco_results", "coco17"),
    "mmpose": Example(mmpose, "mmpose", "coco17"),
    "mmpose_halpe": Example(mmpose, "mmpose", "halpe26"),
    "mmpose_demo": Example(mmpose_demo, "mmpose", "coco17", first_frame=1),
    "mediapipe": Example(mediapipe, "mediapipe", "mediapipe33"),
    "coco_annotations": Example(coco_annotations, "coco_annotations", "coco17"),
    "tracked_person": Example(tracked_person, "tracked_person", "coco17"),
    "mediapipe_csv": Example(mediapipe_csv, "mediapipe_csv", "mediapipe33"),
    "detectron_raw": Example(detectron_raw, "detectron_raw", "coco17"),
    "deeplabcut": Example(deeplabcut, "deeplabcut", "coco17"),
    "detectron": Example(detectron, "detectron", "coco17", num_people=1, gaps=False),
    "pygpose": Example(pygpose, "pygpose", "coco17", gaps=False),
}


@pytest.fixture(params=EXAMPLES)
def example(request, monkeypatch) -> Example:
    """Every example; or one by name: ``@pytest.mark.parametrize("example", ["mmpose"], indirect=True)``."""
    if "objects" not in inspect.signature(arrays.read_npz).parameters:
        monkeypatch.setattr(arrays, "read_npz", _trusting)
    return EXAMPLES[request.param]


def _trusting(path: Path, objects: bool = False) -> dict[str, np.ndarray]:
    """Stands in for the safe reader of pickled arrays where that is not there: these files are the tests' own."""
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no complete npz file")
    with np.load(path, allow_pickle=objects) as archive:
        return dict(archive)


@pytest.fixture(scope="session")
def real_openpose() -> Path:
    """Real OpenPose output beside the checkout, where there is any."""
    folder = Path(__file__).parents[5] / "shared/data/openpose"
    if not folder.is_dir():
        pytest.skip("no real keypoints at ../shared/data/openpose")
    return folder
