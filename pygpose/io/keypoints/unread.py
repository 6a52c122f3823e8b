"""Forms of keypoints that are not read: what a file looks like, and the way in."""

from __future__ import annotations

from pathlib import Path

from pygpose.io.keypoints.records import json_head
from pygpose.safe.arrays import npz_names
from pygpose.safe.text import head

OWN = "pygpose.data.save_keypoints writes arrays of keypoints and confidences as a file that says what it holds"
_PICKLE = f"is a pickle, which could run code and is not loaded; load it where it was made: {OWN}"
_BY_SUFFIX = {
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".p": _PICKLE,
    ".joblib": _PICKLE,
    ".pt": f"is a torch file, of which keypoints are not read; {OWN}",
    ".pth": f"is a torch file, of which keypoints are not read; {OWN}",
    ".npy": f"is one array that does not say what it holds; {OWN}",
    ".mat": f"is a MATLAB file, of which keypoints are not read; {OWN}",
    ".xlsx": "is an Excel workbook; save the sheet as CSV",
    ".xls": "is an Excel workbook; save the sheet as CSV",
    ".parquet": "is a Parquet table; write it as CSV (pandas' to_csv)",
    ".slp": "looks like SLEAP's labels; export the predictions as CSV in DeepLabCut's form (sleap-io), or as npz",
    ".yml": "looks like OpenPose's old YAML; write JSON (its flag is write_json)",
    ".yaml": "looks like OpenPose's old YAML; write JSON (its flag is write_json)",
    ".xml": "looks like OpenPose's old XML, or CVAT's; write OpenPose's JSON, or export COCO keypoints",
    ".h5": "is HDF, whose libraries unpickle what they read; write CSV or JSON with the program that made it",
    ".hdf5": "is HDF, whose libraries unpickle what they read; write CSV or JSON with the program that made it",
    ".task": "is a model of MediaPipe, and no keypoints; run it, or give the video itself",
}
_VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg")
_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def unread_form(path: Path) -> str | None:
    """What a file looks like that no reader reads, and what to do, as the end of a sentence; None where it looks like
    nothing that is known."""
    suffix = path.suffix.lower()
    try:
        if path.is_dir():
            return _folder([file.suffix.lower() for file in path.iterdir()])
        if path.is_file() and not path.stat().st_size:
            return "is empty; copy or export it again"
    except OSError:
        return None
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix in _VIDEOS:
        return "is a video, and no keypoints; give it to pygpose lift"
    if suffix in _IMAGES:
        return "is a picture; give the keypoints that a detector found in it"
    if suffix == ".npz":
        return _npz(npz_names(path))
    return _yolo_text(path) if suffix == ".txt" else _json(path)


def _folder(suffixes: list[str]) -> str | None:
    if suffixes and suffixes.count(".txt") > len(suffixes) / 2:
        return f"looks like a folder of YOLO's labels; {OWN}"
    if suffixes and sum(suffix in _IMAGES for suffix in suffixes) > len(suffixes) / 2:
        return "holds pictures; give the keypoints that a detector found in them, or the video itself"
    return None


def _npz(names: set[str]) -> str | None:
    if names and names & {"pred_cam", "pred_xyz_24_smpl", "smpl_thetas", "cam_trans", "results"}:
        return f"looks like what ROMP or another estimator of 3D bodies writes, and no 2D keypoints; {OWN}"
    if {"tracks", "node_names"} <= names or {"points", "point_scores"} <= names:
        return f"looks like an export of SLEAP; {OWN}"
    keypoints = sorted(name for name in names if "keypoint" in name.lower() or "kpt" in name.lower())
    return f"is an npz with '{keypoints[0]:.40}', in no form that is known; {OWN}" if keypoints else None


def _yolo_text(path: Path) -> str | None:
    cells = head(path).partition("\n")[0].split()
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        return None
    return f"looks like YOLO's labels of one picture; {OWN}" if len(values) > 5 and max(values[1:5]) <= 1 else None


def _json(path: Path) -> str | None:
    found = json_head(path)
    if not found.start:
        return None
    if found.has("keypoints", "box", "class"):
        return f"looks like Ultralytics' results of one picture (to_json); {OWN}"
    if found.has("shapes", "image_path"):
        return "looks like LabelMe's labels of one picture; convert them to COCO keypoints"
    if found.has("annolist") or found.has("annorect"):
        return "looks like PoseTrack's old labels; convert them to its COCO form"
    if found.has("smpl_joints2d") or found.has("pred_cam"):
        return f"looks like the results of an estimator of 3D bodies; {OWN}"
    if not found.keys:
        return f"is JSON of bare lists, which do not say what they hold; {OWN}"
    if found.has("keypoints") or found.has("landmarks") or found.has("joints"):
        return f"is JSON with keypoints, in no form that is known; write one of the forms of docs/data.md, or: {OWN}"
    return None
