"""Image features of a video's frames, for models that take them.

python -m pygpose.inference.features FRAMES --keypoints FILE --weights resnet50.pth --out features.npz
python -m pygpose.inference.features FRAMES --boxes FILE.csv --weights spin.pt --fps 30
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from PIL import Image, ImageOps
from rich.console import Console
from rich.progress import track

from pygpose.data.features.crops import crop_image
from pygpose.data.features.files import TARGETS, save_smpl_features
from pygpose.data.features.sightings import Sighting, numbered_pictures, sightings_of_boxes, sightings_of_keypoints
from pygpose.data.keypoints import known_fact
from pygpose.inference.backbone import Backbone, load_backbone
from pygpose.io.keypoints import KEYPOINT_FORMATS, read_tracks
from pygpose.kept_help import keep_help
from pygpose.safe.text import shown


@dataclass(frozen=True)
class Extract:
    """Run a ResNet-50 on the crop around each person in each frame, and write its pooled features.

    A crop is a square 1.2 times as large as the person's box, at 224 x 224 pixels. Exit code: 0 done, 2 not possible.
    """

    frames: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FRAMES")]
    """Folder with the video's frames as pictures, whose names end with their numbers."""
    weights: Path
    """Weights of the ResNet-50: a state dict (.pth, .pt, .safetensors), or a checkpoint that holds one, as SPIN's does.
    A model needs features from the same weights as the features that it was trained on."""
    out: Path = Path("features.npz")
    """File to write the features to."""
    keypoints: Path | None = None
    """People's 2D keypoints: a file of any known format, or OpenPose's folder."""
    boxes: Path | None = None
    """Boxes around people instead of keypoints: a CSV file with columns image, cx, cy, w, h (centre and size, pixels)
    and, for several people, video (the person's name)."""
    format: str | None = None
    """Name of the keypoint file's format. Not given: it is recognised."""
    offset: int = 0
    """Number of a picture minus the number of its frame in the keypoint file: 1 where pictures count from 1 and the
    file counts from 0."""
    fps: float | None = None
    """Frames per second, where the keypoint file does not say them."""
    batch_size: int = 64
    """Number of crops that run through the network together."""
    device: str = "cuda" if torch.cuda.is_available() else "cpu"
    """Device to run on: cpu, cuda, ..."""

    def __post_init__(self) -> None:
        if (self.keypoints is None) == (self.boxes is None):
            raise ValueError("give either --keypoints or --boxes: where people are in the frames")
        if self.boxes is not None and (self.format is not None or self.offset):
            raise ValueError("--format and --offset are about keypoints; boxes name their pictures")
        if self.format is not None and self.format not in KEYPOINT_FORMATS:
            raise ValueError(f"unknown --format '{self.format}'; known: {', '.join(KEYPOINT_FORMATS)}")
        if self.batch_size < 1 or (self.fps is not None and not 0 < self.fps <= 10000):
            raise ValueError(f"--batch-size is {self.batch_size} and --fps {self.fps}; both must be positive")


def run_extract(options: Extract) -> Sequence[str]:
    """Write the features. Returns sentences on what was done."""
    sightings, fps = _sightings(options)
    backbone = load_backbone(options.weights).to(options.device)
    content = {
        "vid_name": np.array([one.video for one in sightings]),
        "frame_id": np.array([one.frame for one in sightings]),
        "img_name": np.array([shown(Path(one.picture.name)) for one in sightings]),
        "bbox": np.array([one.box for one in sightings]),
        "features": extract_features(backbone, sightings, options.batch_size),
        "fps": np.array(fps),
    }
    joints = [one.joints for one in sightings if one.joints is not None]
    if joints:
        content["joints2D"] = np.stack(joints)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_smpl_features(options.out, content)
    lacks = " and no ".join(name for name in TARGETS if name not in content)
    return (
        f"{len(set(content['vid_name']))} people, {len(sightings)} crops, features {list(content['features'].shape)}.",
        f"Enough to run a model on. For training it has no {lacks}, and no pose and shape of SMPL: add them, and name "
        "the file NAME_train_db.npz.",
        f"Written: {shown(options.out)}",
    )


@torch.no_grad()
def extract_features(backbone: Backbone, sightings: Sequence[Sighting], batch_size: int) -> np.ndarray:
    """Features ``[N, 2048]`` of each person's crop, from the network."""
    device, features = next(backbone.parameters()).device, []
    for start in _progress(range(0, len(sightings), batch_size)):
        batch = sightings[start : start + batch_size]
        crops = torch.stack([crop_image(read_picture(one.picture), np.array(one.box)) for one in batch])
        features.append(backbone(crops.to(device)).cpu().numpy())
    return np.concatenate(features)


def read_picture(path: Path) -> np.ndarray:
    """The picture ``[height, width, 3]``, red, green, blue, turned as its file says.

    Raises:
        ValueError: For a file that is no picture, or cut short.
    """
    try:
        with Image.open(path) as image:
            return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except (
        OSError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:  # Pillow's word for a damaged PNG: SyntaxError
        raise ValueError(f"{shown(path)} is no complete picture ({error}); copy it again") from error


def _sightings(options: Extract) -> tuple[list[Sighting], float]:
    pictures = numbered_pictures(options.frames)
    if options.boxes is not None:
        if options.fps is None:
            raise ValueError("boxes do not say the frame rate; give --fps")
        return sightings_of_boxes(options.boxes, pictures), options.fps
    assert options.keypoints is not None
    height, width = read_picture(next(iter(pictures.values()))).shape[:2]
    tracks = read_tracks(options.keypoints, format=options.format, size=(width, height), fps=options.fps)
    rates = {known_fact("fps", one, one.fps) for one in tracks}
    if len(rates) > 1:
        raise ValueError(
            f"{shown(options.keypoints)} has videos of {sorted(rates)} frames/s; give one video's keypoints"
        )
    try:
        return sightings_of_keypoints(tracks, pictures, options.offset), rates.pop()
    except ValueError as error:
        raise ValueError(f"{shown(options.keypoints)}: {error}") from error


def _progress(starts: Sequence[int]) -> Iterable[int]:
    return track(starts, "extracting", console=Console(stderr=True), transient=True)


def main(argv: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    try:
        with keep_help():
            options = tyro.cli(Extract, args=argv, prog="python -m pygpose.inference.features", description=__doc__)
        for line in run_extract(options):
            print(line)
    except (ValueError, OSError) as error:
        message = "".join(letter if letter.isprintable() else "?" for letter in str(error))  # may command a terminal
        print(f"error: {message}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
