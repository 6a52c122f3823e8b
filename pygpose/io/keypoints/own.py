"""Our own keypoint file: an npz of plain arrays, without pickle, that holds every field of a track."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.layouts import find_layout
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, fill_missing, missing_joints
from pygpose.safe import arrays
from pygpose.safe.arrays import npz_names
from pygpose.safe.atomic import write_npz
from pygpose.safe.text import listed

FIELDS = {"keypoints": 3, "confidence": 2, "size": 1, "fps": 0, "intrinsics": 1, "pose": 3}
NEEDED = ("keypoints", "confidence", "size", "fps")
MAY_LACK = ("keypoints", "confidence")
"""Fields in which NaN says that something is missing."""


def save_keypoints(path: str | Path, tracks: Sequence[KeypointTrack]) -> None:
    """Write clips of one skeleton as npz, for :func:`read_keypoints`.

    ========================  ============  ====================================================================
    array                     shape         meaning
    ========================  ============  ====================================================================
    ``skeleton``                            registered name, text
    ``joints``                ``[J]``       the skeleton's joint names, in the order of the arrays
    ``CLIP/keypoints``        ``[T, J, 2]``  pixels; a missing joint has any place or NaN
    ``CLIP/confidence``       ``[T, J]``    in [0, 1]; 0 or NaN = missing
    ``CLIP/size``             ``[2]``       width and height of the image, pixels
    ``CLIP/fps``                            frames per second
    ``CLIP/intrinsics``       ``[9]``       optional: focal lengths, centre, k1, k2, k3, tangential pair, pixels
    ``CLIP/pose``             ``[T, J, 3]``  optional: the truth, metres, camera frame (x right, y down, z forward)
    ========================  ============  ====================================================================

    CLIP is ``VIDEO/TRACK``: VIDEO is who moves (the subject, by whom data are split), TRACK which clip or person.

    Raises:
        ValueError: For no tracks, tracks of different skeletons, names that occur twice, or no size or fps.
    """
    if not tracks:
        raise ValueError(f"{path}: no tracks to write")
    skeletons = sorted({track.skeleton for track in tracks})
    if len(skeletons) > 1:
        raise ValueError(f"{path}: one file holds one skeleton, not {' and '.join(skeletons)}; remap the tracks first")
    content = {"skeleton": np.array(skeletons[0]), "joints": np.array(get_skeleton(skeletons[0]).joints)}
    for track in tracks:
        if track.size is None or track.fps is None:
            raise ValueError(f"{path}: {track.name} has size {track.size} and fps {track.fps}; both must be known")
        if f"{track.name}/keypoints" in content:
            raise ValueError(f"{path}: two tracks are named '{track.name}'")
        for field in FIELDS:
            value = getattr(track, field)
            if value is not None:
                content[f"{track.name}/{field}"] = np.asarray(value)
    write_npz(Path(path), content, compressed=True)


def read_keypoints(path: str | Path) -> list[KeypointTrack]:
    """The clips of a file that :func:`save_keypoints` wrote, or that holds the same arrays.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged or does not hold to the schema, naming the file, the clip and the field.
    """
    return KEYPOINT_FORMATS["pygpose"].read(path)


def recognises(path: Path) -> bool:
    """An npz with ``skeleton`` and ``joints``."""
    return npz_names(path) >= {"skeleton", "joints"}


def _read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    content = arrays.read_npz(path)
    skeleton = _text(content, "skeleton").item() if _text(content, "skeleton").ndim == 0 else ""
    joints = tuple(_text(content, "joints").flatten().tolist())
    if stated.joints is None and joints != get_skeleton(skeleton).joints:
        raise ValueError(
            f"joints are {listed(joints, 30)}; those of skeleton '{skeleton}' are "
            f"{', '.join(get_skeleton(skeleton).joints)}"
        )
    clips: dict[str, dict[str, np.ndarray]] = defaultdict(dict)
    for name in content.keys() - {"skeleton", "joints"}:
        clip, _, field = name.rpartition("/")
        if not clip or field not in FIELDS:
            raise ValueError(
                f"array '{name:.80}' is not in the schema: CLIP/FIELD with FIELD one of {', '.join(FIELDS)}"
            )
        clips[clip][field] = content[name]
    if not clips:
        raise ValueError("no clips; expected arrays CLIP/keypoints, CLIP/confidence, ...")
    layout = find_layout(len(joints), "array 'joints'", stated=stated.joints, said=skeleton)
    return [replace(_track(clip, clips[clip], layout.skeleton), notes=layout.notes) for clip in sorted(clips)]


def _track(clip: str, fields: dict[str, np.ndarray], skeleton: str) -> KeypointTrack:
    lacks = [field for field in NEEDED if field not in fields]
    if lacks:
        raise ValueError(f"clip '{clip}' has no {' and no '.join(lacks)}")
    for field, value in fields.items():
        if value.dtype.kind not in "iuf" or value.ndim != FIELDS[field]:
            raise ValueError(
                f"clip '{clip}': {field} is {value.dtype} {list(value.shape)}, expected {FIELDS[field]} axes"
            )
        good = ~np.isinf(value) if field in MAY_LACK else np.isfinite(value)
        if not good.all():
            what = "infinite values" if field in MAY_LACK else "NaN or infinite values"
            raise ValueError(f"clip '{clip}': {field} has {what}, first at {np.argwhere(~good)[0].tolist()}")
    size = fields["size"].tolist()
    if len(size) != 2 or any(side != int(side) for side in size):
        raise ValueError(f"clip '{clip}': size is {size}; expected width and height")
    video, _, track = clip.partition("/")
    with np.errstate(over="ignore"):  # what is too large for float32 is infinite there, and refused as that
        fields = {field: value.astype(np.float32) if value.ndim > 1 else value for field, value in fields.items()}
    keypoints, confidence = _without_missing(fields["keypoints"], fields["confidence"])
    return KeypointTrack(
        keypoints,
        confidence,
        skeleton=skeleton,
        video=video,
        track=track,
        fps=float(fields["fps"]),
        size=(int(size[0]), int(size[1])),
        intrinsics=tuple(fields["intrinsics"].tolist()) if "intrinsics" in fields else None,
        pose=fields.get("pose"),
    )


def _without_missing(keypoints: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints and confidence with joints that are missing by the rule of all readers, and that the file does not mark
    with confidence 0, interpolated over time."""
    if confidence.shape != keypoints.shape[:2] or keypoints.shape[2:] != (2,):
        return keypoints, confidence  # which a track refuses
    unmarked = missing_joints(keypoints, confidence) & ~(confidence <= 0)
    if not unmarked.any():
        return keypoints, confidence
    confidence = np.where(unmarked, 0, confidence).astype(np.float32)
    return np.where(unmarked[..., None], fill_missing(np.nan_to_num(keypoints), confidence), keypoints), confidence


def _text(content: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in content or content[name].dtype.kind != "U":
        raise ValueError(f"array '{name}' is missing or no text; expected a registered skeleton's name and its joints")
    return content[name]


KEYPOINT_FORMATS.register("pygpose")(
    KeypointFormat("our own npz, as pygpose.data.save_keypoints writes it", recognises, _read)
)
