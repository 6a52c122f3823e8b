"""Real motion, seen by cameras that no training has, lifted by the command and read back from every form of file."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from graphs import get_skeleton
from pygpose.__main__ import main
from pygpose.data.keypoints import save_keypoints
from pygpose.geometry import Camera, project_points, world_to_camera
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.io.motion.convert import convert_motion
from pygpose.io.writers.marker_names import marker_names
from pygpose.io.writers.rig_fit import fit_rig

pytestmark = pytest.mark.slow
SKELETON = get_skeleton("h36m17")
FEET = [SKELETON.index("RFoot"), SKELETON.index("LFoot")]
READERS = SimpleNamespace(
    **runpy.run_path(str(Path(__file__).parents[1] / "io" / "writers" / "independent_readers.py"))
)
FOLDER = Path(__file__).parents[4] / "shared/data/bvh"
FILES = sorted(FOLDER.glob("*.bvh")) or [FOLDER / "none.bvh"]
CAMERAS = [(41.0, (1280, 720), 1.1, 4.5), (63.0, (1080, 1920), 1.7, 4.0), (78.0, (1920, 1440), 2.4, 3.5)]
"""Degrees across, picture, height and distance in metres: none is one of Human3.6M's."""


def looking(positions, degrees, size, height, distance):
    """A camera that looks at the middle of the motion, from aside."""
    middle = positions[:, 0].mean(0)
    place = middle + torch.tensor([distance, 0.4 * distance, 0.0]) * (1 + positions[:, 0, :2].std())
    place[2] = height
    ahead = torch.nn.functional.normalize(middle - place, dim=0)
    right = torch.nn.functional.normalize(torch.linalg.cross(ahead, torch.tensor([0.0, 0.0, 1.0])), dim=0)
    axes = torch.stack([right, torch.linalg.cross(ahead, right), ahead])
    x, y, z, w = Rotation.from_matrix(axes.T.numpy()).as_quat().tolist()
    focal = size[0] / 2 / np.tan(np.radians(degrees) / 2)
    return Camera(
        (focal, focal),
        (size[0] / 2, size[1] / 2),
        size,
        orientation=(w, x, y, z),
        position=tuple(place.tolist()),
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lifted_and_read_back(file, tmp_path, capsys):
    if not file.is_file():
        pytest.skip("no real motion at ../shared/data/bvh")
    convert_motion(file, tmp_path / "mocap", fps=30.0, unit=0.0254 / 0.45, up="y")
    with np.load(tmp_path / "mocap/motions.npz") as motions:
        positions = torch.from_numpy(motions[motions.files[0]])[:300]
    degrees, size, height, distance = CAMERAS[FILES.index(file) % len(CAMERAS)]
    camera = looking(positions, degrees, size, height, distance)
    seen = project_points(world_to_camera(positions, camera), camera).numpy()
    sure = np.ones(seen.shape[:2], np.float32)
    save_keypoints(
        tmp_path / "keypoints.npz", [KeypointTrack(seen, sure, "h36m17", "film", "anna", fps=30.0, size=size)]
    )
    capsys.readouterr()
    for name, flags in (("raw", ["--no-correct"]), ("motion", [])):
        words = ["lift", str(tmp_path / "keypoints.npz"), "--fov", str(degrees), "--out", str(tmp_path / name), *flags]
        assert main([*words, "--formats", "npz,bvh,glb,trc,c3d"]) == 0
    said = capsys.readouterr().err
    folder = tmp_path / "motion" / "film_anna"
    with np.load(folder / "motion.npz") as motion, np.load(tmp_path / "raw/film_anna/motion.npz") as raw:
        lifted, before = motion["film/anna"].astype(float), raw["film/anna"].astype(float)
    (price,) = [line for line in said.split("\n  ") if line.startswith("In bvh and glb bones keep their lengths")][1:]
    assert float(price.split()[-2]) < 5

    for read, kind in ((READERS.read_trc, "trc"), (READERS.read_c3d, "c3d")):
        points, fps = read(folder / f"motion.{kind}")
        assert fps == pytest.approx(30) and list(points) == marker_names(SKELETON)
        found = np.stack([points[name] for name in marker_names(SKELETON)], 1)
        assert np.linalg.norm(found - lifted, axis=-1).max() < 0.001, kind
    rig = fit_rig(lifted, SKELETON)
    for read, kind in ((READERS.read_bvh, "bvh"), (READERS.read_glb_points, "glb")):
        points, fps = read(folder / f"motion.{kind}")
        assert fps == pytest.approx(30, rel=1e-4)
        off = [np.linalg.norm(points[joint.name] - lifted[:, joint.joint], axis=-1).max() for joint in rig.joints]
        assert max(off) < 0.005, (kind, off)

    assert lifted[:, FEET, 2].min() > -0.02
    stands = (positions[:, FEET].diff(dim=0).norm(dim=-1) * 30 < 0.15).numpy()
    sliding = [np.linalg.norm(np.diff(one[:, FEET, :2], axis=0), axis=-1)[stands].mean() for one in (before, lifted)]
    assert sliding[1] < sliding[0] / 3
