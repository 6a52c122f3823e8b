"""``pygpose lift``: a file of 2D keypoints becomes 3D motion in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from pygpose.console import say
from pygpose.data.camera_file import read_cameras
from pygpose.flags import Lift
from pygpose.geometry import Camera
from pygpose.inference.lift_file import lift_file
from pygpose.inference.stated_camera import StatedCamera
from pygpose.io.writers import MOTION_WRITERS, PersonMotion
from pygpose.io.writers.rig_fit import fit_rig
from pygpose.safe.atomic import write_atomic
from pygpose.video import Drawn, is_video, write_overlay
from pygpose.viewer.page import COLOURS

RIGID = ("bvh", "glb")
"""Kinds of files that hold rotations of bones of constant length."""


def run_lift(options: Lift) -> int:
    """Lift, write and tell; gives the exit code."""
    kinds = kinds_of(options.formats)
    for kind in kinds:
        MOTION_WRITERS[kind].check()
    if options.out.exists() and not options.out.is_dir():
        raise FileExistsError(f"{options.out} is a file; name a folder with --out")
    over = options.out / f"{options.keypoints.stem}.overlay.mp4"
    if is_video(options.keypoints) and options.overlay and over.exists() and not options.overwrite:
        raise FileExistsError(f"{over} exists; give --overwrite, or another folder with --out")
    refused: list[str] = []
    people = lift_file(
        options.keypoints,
        weights=options.weights,
        size=options.size,
        fps=options.fps,
        joints=options.joints,
        camera=StatedCamera(
            field_of_view=options.fov,
            focal=options.focal,
            calibration=None if options.camera is None else _calibration(options.camera),
            pitch=options.camera_pitch,
            roll=options.camera_roll,
            height=options.camera_height,
        ),
        height=options.height,
        format=options.format,
        correct=options.correct,
        detector=options.detector,
        keep_in=options.out,
        skip=refused.append,
    )
    folders = folders_of([person.name for person in people], options.out)
    files = {folder: {kind: folder / file_name(kind) for kind in kinds} for folder in folders}
    together = options.out / file_name("html")
    several = len(people) > 1 and "html" in kinds and len({(one.name.split("/")[0], one.fps) for one in people}) == 1
    written = [file for by_kind in files.values() for file in by_kind.values()] + ([together] if several else [])
    there = [file for file in written if file.exists()]
    if there and not options.overwrite:
        raise FileExistsError(f"{there[0]} exists; give --overwrite, or another folder with --out")
    for sentence in refused:
        say(f"not lifted: {sentence}")
    if not people:
        raise ValueError(f"{options.keypoints}: nobody could be lifted")
    for person, (folder, by_kind) in zip(people, files.items(), strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        for file in by_kind.values():
            person.save(file)
        tell(person, folder, kinds)
    if several:
        people.save(together)
    if people[0].video is not None and options.overlay:
        overlay(people, people[0].video, over)
    if "html" in kinds:
        say(f"Look at it: pygpose view {options.out if several or len(people) == 1 else folders[0]}")
    return 1 if refused else 0


def overlay(people: Sequence[PersonMotion], video: Path, path: Path) -> None:
    """Draw people's joints over their video."""
    drawn = []
    for number, person in enumerate(people):
        assert person.keypoints is not None and person.size is not None
        half = person.size[0] / 2
        pixels = half * person.keypoints.double() + torch.tensor([half, person.size[1] / 2])
        drawn.append(
            Drawn(
                pixels.numpy(),
                (person.confidence if person.keypoint_confidence is None else person.keypoint_confidence).numpy(),
                person.skeleton,
                person.first_frame,
                person.fps,
                COLOURS[number % len(COLOURS)],
            )
        )
    write_atomic(path, lambda part: write_overlay(video, drawn, part))


def kinds_of(formats: str) -> tuple[str, ...]:
    """The kinds of files that ``--formats`` names."""
    if formats == "all":
        return tuple(kind for kind in MOTION_WRITERS if _can_be_written(kind))
    return tuple(dict.fromkeys(formats.replace(" ", "").split(",")))


def _can_be_written(kind: str) -> bool:
    try:
        MOTION_WRITERS[kind].check()
    except ValueError:
        return False
    return True


def _calibration(path: Path) -> Camera:
    cameras = read_cameras(path)
    if len(cameras) != 1:
        raise ValueError(f"{path} holds {len(cameras)} cameras; give a file with the one that saw the keypoints")
    return cameras[0]


def file_name(kind: str) -> str:
    """The name of a person's file of a kind."""
    return "viewer.html" if kind == "html" else f"motion.{kind}"


def folders_of(names: Sequence[str], out: Path) -> list[Path]:
    """A folder for each person in ``out``, called as they are, as far as a folder's name can be."""
    folders: list[Path] = []
    for name in names:
        kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name).strip(".")
        folder, number = out / (kept or "person"), 2
        while folder in folders:
            folder, number = out / f"{kept or 'person'}_{number}", number + 1
        folders.append(folder)
    return folders


def tell(person: PersonMotion, folder: Path, kinds: Sequence[str]) -> None:
    """What was lifted, what had to be assumed, and what files of rotations cost."""
    stands = f", a foot on the ground in {person.contacts.any(1).float().mean():.0%} of them" if person.feet else ""
    sure = person.confidence.mean().item()
    say(f"{person.name}: {len(person.positions)} frames at {person.fps:g} frames/s{stands}, confidence {sure:.2f}")
    for note in person.notes:
        say(f"  {note}")
    if rigid := [kind for kind in kinds if kind in RIGID]:
        positions = person.positions.double().numpy()
        off = fit_rig(positions, person.skeleton).residual_mm(positions)
        say(f"  In {' and '.join(rigid)} bones keep their lengths, which moves no joint by more than {off:.1f} mm.")
    say(f"  {folder}")
