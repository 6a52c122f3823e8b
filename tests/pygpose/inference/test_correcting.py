"""Predicted motions, corrected with what their clips tell."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.inference.correcting import CAMERAS_UP, correct_clip, correct_motions, way_up
from pygpose.inference.motion import Motion

SKELETON = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S9"], frames=80)[:3]


def predictions(clips, path=False):
    """True poses and what a network adds to them: a steady error, and noise."""
    draw = torch.Generator().manual_seed(0)
    found = []
    for clip in clips:
        wrong = (
            clip.pose() + 0.03 * torch.randn(1, 17, 3, generator=draw) + 0.01 * torch.randn(80, 17, 3, generator=draw)
        )
        wrong = wrong - wrong[:, :1]
        found.append(Motion(wrong, clip.root.clone() if path else None, spread=torch.full((80, 17), 0.03)))
    return found


def errors(clips, motions):
    return torch.stack([(m.pose - c.pose()).norm(dim=-1).mean() for c, m in zip(clips, motions, strict=True)])


@pytest.mark.parametrize("path", [True, False])
def test_poses_come_nearer_and_paths_stay_where_there_were_paths(clips, path):
    motions = predictions(clips, path)
    corrected = correct_motions(clips, motions)
    assert (errors(clips, corrected) < 0.85 * errors(clips, motions)).all()
    for motion in corrected:
        assert (motion.path is not None) == path and motion.spread is not None
        assert not motion.pose[:, 0].any() and motion.pose.dtype == torch.float32


def test_the_way_up_is_that_of_the_camera(clips):
    for clip in clips:
        up = way_up(clip)
        floor = correct_clip(clip, predictions([clip])[0]).floor
        assert up.norm().item() == pytest.approx(1, abs=1e-5)
        if floor is not None:
            assert floor.normal.float() @ up > 0.95
    unknown = clips[0].clone()
    del unknown.extrinsics
    assert way_up(unknown).tolist() == list(CAMERAS_UP)


def test_without_a_camera_poses_are_calmed_alone(clips):
    unknown = [clip.clone() for clip in clips]
    for clip in unknown:
        del clip.intrinsics
    motions = predictions(clips)
    corrected = correct_motions(unknown, motions)
    shaking = [
        torch.stack([m.pose.diff(n=2, dim=0).norm(dim=-1).mean() for m in each]) for each in (motions, corrected)
    ]
    assert (shaking[1] < 0.5 * shaking[0]).all()
    assert not correct_clip(unknown[0], motions[0]).contacts.any()  # relative to the root, no foot stands


def test_what_the_model_is_not_sure_of_counts_less(clips):
    clip, motion = clips[0].clone(), predictions(clips[:1])[0]
    del clip.intrinsics
    motion.pose[40, 13] += 0.5
    motion.spread[40, 13] = 5.0
    known = correct_motions([clip], [motion])[0].pose
    assert (known - clip.pose())[40, 13].norm() < 0.15
