"""What the commands of ``pygpose`` can be told; the docstrings of fields are the text of ``--help``.

Nothing is imported here that takes long, so that help is there at once: what a command does is in ``pygpose.commands``
and ``pygpose.data.commands``, and is imported when the command runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Lift:
    """Turn a file of 2D keypoints, or a video, into 3D motion that opens in Blender, OpenSim and a browser.

    For example:
        pygpose lift keypoints.json --fps 30 --size 1920 1080
        pygpose lift openpose_folder/ --fps 30 --size 1920 1080 --fov 70
        pygpose lift keypoints.npz --formats trc,c3d --camera-pitch 10
        pygpose lift clip.mp4     (with pip install 'pygpose[video]')

    Everybody in the file gets a folder in OUT: motion.npz (positions [T, J, 3], metres, z up), motion.bvh, motion.glb,
    viewer.html and motion.json (what had to be assumed, and when feet stand), or what --formats names; a video gives
    VIDEO.overlay.mp4, too. Exit code: 0 all people are lifted, 1 some are not, 2 nothing could be done.
    """

    keypoints: Annotated[Path, tyro.conf.Positional]
    """File of keypoints in any known form (pygpose check FILE names it), OpenPose's folder, or a video."""
    out: Path = Path("motion")
    """Folder for the motion."""
    formats: str = "npz,json,bvh,glb,html"
    """Kinds of files to write, with commas: npz, json, csv, bvh, glb, trc, c3d, html; or all for which packages are
    installed."""
    fps: float | None = None
    """Frames per second. They win over what the file says."""
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels. They win over what the file says."""
    joints: str | None = None
    """Registered name of the skeleton whose joints the file holds, in its order, such as h36m17. Not given: as the file
    says, or as detectors mean by its number of joints."""
    fov: float | None = None
    """Degrees that the camera sees across the picture's width. Not given: the file's camera, or else 55 degrees across
    the longer side."""
    focal: float | None = None
    """Focal length in pixels, in the place of --fov."""
    camera: Path | None = None
    """JSON file with the calibration of one camera, in the place of --fov. It holds a list "cameras" of one entry:
    name, size, focal, center, radial and tangential (pixels), position (metres), and look_at or orientation."""
    camera_pitch: float | None = None
    """Degrees by which the camera looks down; negative: up. Neither this nor the roll given: both are estimated from
    people who stand."""
    camera_roll: float | None = None
    """Degrees by which the camera is turned clockwise, seen from behind."""
    camera_height: float | None = None
    """Metres of the camera above the ground: gives the scale, in the place of --height."""
    height: float | None = None
    """Metres that the people are tall: gives the scale of bodies and paths."""
    weights: str = "default"
    """Weights that lift: default, small, a run folder, or a model file."""
    format: str | None = None
    """Name of the keypoint file's format. Not given: it is recognised."""
    correct: bool = True
    """Correct the motion: calm, with bones that keep their lengths and feet that stand still."""
    detector: str = "blazepose"
    """Of a video: what finds people and their joints: blazepose, or rtmpose (with pip install 'pygpose[rtmpose]')."""
    overlay: bool = True
    """Of a video: write VIDEO.overlay.mp4, with the keypoints that are seen drawn over it."""
    overwrite: bool = False
    """Replace motion of an earlier call."""


@dataclass(frozen=True)
class View:
    """Show motion in the browser: turn it, play it, step through it.

    For example:
        pygpose view motion/      (a folder that lift wrote)
        pygpose view motions.npz --fps 50 --clip S01/01_01
        pygpose view walk.bvh --unit cm --up y
    """

    motion: Annotated[Path, tyro.conf.Positional]
    """Folder that pygpose lift wrote, a viewer.html, or a motion file: npz of positions, BVH, C3D, TRC, CSV, npy."""
    clip: str = ""
    """Of an npz: name of the array to show. Not given: the first twenty."""
    fps: float | None = None
    """Frames per second, whatever the file says. Not given: what the file or the .json beside an npz says; 50 for an
    npz without it."""
    skeleton: str = "h36m17"
    """Registered name of the skeleton to show; of an npz, that of its positions."""
    unit: str | None = None
    """Length of one unit of the file, whatever the file says. Not given: what the file says; metres for an npz."""
    up: str | None = None
    """Axis of the file that points up, whatever the file says. Not given: what the file says; z for an npz."""
    joint_map: str | None = None
    """Of motion capture: name of a known joint map, or of the skeleton whose joints the points are, or a JSON file."""
    out: Path | None = None
    """File for the page. Not given: a temporary one."""
    open: bool = True
    """Open the page in the browser; --no-open tells where it is, and no more."""


@dataclass(frozen=True)
class Check:
    """Name the form of a file or folder, tell what is in it, and explain everything that is wrong with it.

    The last line is "usable" or "not usable: N problems". A few frames are drawn to check.png. Exit code: 0 usable, 1
    not usable, 2 wrong use of this command. What files do not say is stated by flags; what is assumed instead, stands
    under "notes".
    """

    path: Annotated[Path, tyro.conf.Positional]
    """File or folder."""
    size: tuple[int, int] | None = None
    """Keypoints: width and height of the image in pixels. They win over what the file says."""
    fps: float | None = None
    """Keypoints, image features, motion capture: frames per second. Of keypoints and motion capture, they win over what
    the file says."""
    joints: str | None = None
    """Keypoints: registered name of the skeleton whose joints the file holds, in its order, such as h36m17. Not given:
    as the file says, or as detectors mean by its number of joints."""
    unit: str | None = None
    """Motion capture: length of one unit of the files: m, cm, mm, inch, inch/0.45, or a number of metres. Stated, it
    counts, whatever the files say."""
    up: str | None = None
    """Motion capture: the axis of the files that points up: y, z, -x, ... Stated, it counts, whatever the files say."""
    joint_map: str | None = None
    """Motion capture: name of a known joint map; name of the skeleton whose joints the points are, by name or in order;
    or a JSON file that gives for each joint a point of the files, a list of points (their mean) or points with
    weights."""
    skeleton: str | None = None
    """Keypoints and motion capture: registered name of the skeleton whose joints are wanted. Not given: h36m17."""
    format: str | None = None
    """Name of the form, or of the format of a keypoint or motion capture file. Not given: it is recognised."""
    pictures: Path = Path(".")
    """Folder in which check.png is drawn."""


@dataclass(frozen=True)
class Convert:
    """Write motion capture files as motions.npz and index.json for --data mocap; or a keypoint file as our own npz.

    A keypoint file of any known format (or OpenPose's folder) becomes OUT_DIR/keypoints.npz; any other SOURCE is read
    as motion capture (BVH, C3D, TRC, CSV or npy of points, AMASS-style npz). Exit code: 0 done, 1 a file could not be
    read, 2 wrong use of this command.
    """

    source: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """A file or a folder. A folder of motion capture is searched with its subfolders."""
    out_dir: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="OUT_DIR")]
    """Folder to write to. It is made where it does not exist; files of an earlier conversion are replaced."""
    fps: float | None = None
    """Motion capture: frames per second to write, 50 where not given. Keypoints: frames per second of the video, which
    win over what the file says."""
    source_fps: float | None = None
    """Motion capture: frames per second of the recordings, where the files do not say them or say others."""
    size: tuple[int, int] | None = None
    """Keypoints: width and height of the image in pixels. They win over what the file says."""
    joints: str | None = None
    """Keypoints: registered name of the skeleton whose joints the file holds, in its order, such as h36m17. Not given:
    as the file says, or as detectors mean by its number of joints."""
    format: str | None = None
    """Name of the files' format. Not given: it is recognised. Motion files of other formats are left aside."""
    skeleton: str = "h36m17"
    """Motion capture: registered name of the skeleton to write. Keypoints keep the detector's joints."""
    unit: str | None = None
    """Motion capture: length of one unit of the files: m, cm, mm, inch, inch/0.45, or a number of metres. Needed where
    files do not say it, as BVH. Stated, it counts, whatever the files say: files in different units are converted
    apart."""
    up: str | None = None
    """Motion capture: the axis of the files that points up: y, z, -x, ... Needed where files do not say it, as BVH.
    Stated, it counts, whatever the files say."""
    joint_map: str | None = None
    """Motion capture: name of a known joint map; name of the skeleton whose joints the points are, by name or in order;
    or a JSON file that gives for each joint a point of the files, a list of points (their mean) or points with weights.
    Not given: the first known map whose points are all there. Needed for markers on the skin."""
    body: Path | None = None
    """Motion capture: body model file of SMPL's family (.pkl or .npz; your own, licensed). AMASS's files need one, as
    they hold parameters of such a body."""
    action: str = "motion"
    """Motion capture: name of the action in all clips."""
    val: tuple[str, ...] = ()
    """Motion capture: names of the subjects to hold out of training. Not given: every fifth."""
    drop_first: int = 0
    """Motion capture: number of frames to leave out at the start of every file. The public BVH conversions of CMU's
    recordings begin with a T pose: give 1 for them."""
    skip_bad: bool = False
    """Motion capture: go on where a file cannot be read, and list the file."""


@dataclass(frozen=True)
class Edit:
    """Put joints to other places in some frames, and let the rest of the motion follow smoothly.

    For example:
        pygpose edit motion.npz --pin 120 LWrist 0.1 0.2 1.4 --out edited.npz

    Bones keep their lengths, and pins that the body reaches are met exactly; fifty frames away hardly anything moves.
    """

    motion: Annotated[Path, tyro.conf.Positional]
    """File of motion (.npz) with arrays [T, J, 3], metres, as pygpose lift writes it."""
    pin: tuple[tuple[int, str, float, float, float], ...] = ()
    """Frame, joint, and its place x y z in metres; give --pin again for every further pin."""
    out: Path = Path("edited.npz")
    """File for the edited motion."""
    clip: str = ""
    """Name of the array to edit, where the file holds several."""
    skeleton: str = "h36m17"
    """Registered name of the motion's skeleton."""
    keep_bones: bool = True
    """Let bones keep their lengths."""


@dataclass(frozen=True)
class DetectorFiles:
    """Put the model files of the detector blazepose into the cache, once; pygpose lift VIDEO does it by itself where
    there is a network.

    For example:
        pygpose detector install                           (fetches 41 MB from npm)
        pygpose detector install pose-0.5.1675469404.tgz   (a file that was fetched elsewhere)
        pygpose detector show                              (where they are)
    """

    do: Annotated[Literal["install", "show"], tyro.conf.Positional]
    """install or show."""
    file: Annotated[Path | None, tyro.conf.Positional] = None
    """The npm package @mediapipe/pose (.tgz), the wheel mediapipe==0.10.21, or a folder with the files."""
