"""Pictures cropped at limbs: the edge is where it should be, and coordinates and cameras follow it."""

import pytest
import torch

from graphs import Skeleton, get_skeleton
from pygpose.data.cropping import Cropper, crop
from pygpose.geometry import h36m_cameras, project_points

H36M = get_skeleton("h36m17")
STANDING = {
    "Head": (0, -0.8), "Neck/Nose": (0, -0.7), "Thorax": (0, -0.5), "Spine": (0, -0.25), "Hip": (0, 0),
    "LShoulder": (0.15, -0.5), "LElbow": (0.45, -0.5), "LWrist": (0.7, -0.5), "RShoulder": (-0.15, -0.5),
    "RElbow": (-0.2, -0.25), "RWrist": (-0.2, 0), "LHip": (0.1, 0), "LKnee": (0.1, 0.4), "LFoot": (0.1, 0.8),
    "RHip": (-0.1, 0), "RKnee": (-0.1, 0.4), "RFoot": (-0.1, 0.8),
}  # fmt: skip


def standing(frames=10):
    return torch.tensor([STANDING[name] for name in H36M.joints]).expand(1, frames, 17, 2).clone()


def test_legs_are_cut_at_the_height_that_is_drawn():
    for draw, expected in ((0.0, 0.8 - 0.4 * 0.6), (0.999999, 0.4 - 0.4 * 0.8)):
        edges = Cropper(H36M).edges(standing(), torch.tensor([1.0]), torch.tensor([[0.3, draw]]))
        torch.testing.assert_close(edges, torch.tensor([[-1.0, -1.0, 1.0, expected]]))


def test_the_arm_that_reaches_out_is_cut():
    for draw, expected in ((0.0, 0.15 + 0.55 * 0.1), (0.999999, 0.15 + 0.55 * 0.7)):
        edges = Cropper(H36M).edges(standing(), torch.tensor([0.9]), torch.tensor([[0.7, draw]]))
        torch.testing.assert_close(edges, torch.tensor([[-1.0, -0.9, expected, 0.9]]))
    mirrored = standing() * torch.tensor([-1.0, 1.0])
    edges = Cropper(H36M).edges(mirrored, torch.tensor([0.9]), torch.tensor([[0.7, 0.0]]))
    torch.testing.assert_close(edges, torch.tensor([[-0.205, -0.9, 1.0, 0.9]]))


def test_of_somebody_who_walks_across_the_legs_are_cut():
    x = standing() * 0.3
    x[..., 0] += torch.linspace(-0.6, 0.6, 10)[None, :, None]
    edges = Cropper(H36M).edges(x, torch.tensor([0.9]), torch.tensor([[0.7, 0.5]]))
    assert edges[0, 2] == 1 and 0 < edges[0, 3] < 0.3 * 0.8


def test_a_cropped_picture_has_its_own_coordinates():
    camera = h36m_cameras("S1")[0]
    draw = torch.Generator().manual_seed(0)
    points = torch.randn(2, 5, 17, 3, generator=draw, dtype=torch.float64) * 0.5 + torch.tensor([0.0, 0.0, 4.0])
    lens = camera.screen_intrinsics(points).expand(2, 9)
    x = project_points(points, lens)
    edges = torch.tensor([[-0.4, -1.0, 1.0, 0.3], [-1.0, -0.6, 1.0, 0.6]], dtype=torch.float64)
    moved, cut, left = crop(x, lens, edges)
    torch.testing.assert_close(moved, project_points(points, cut))
    inside = (x >= edges[:, None, None, :2]) & (x <= edges[:, None, None, 2:])
    assert torch.equal(left, inside.all(-1)) and left.any() and not left.all()
    assert (moved[..., 0].abs() <= 1 + 1e-9)[left].all()
    corners = crop(edges.view(2, 1, 2, 2), lens, edges)[0]
    half = (edges[:, 3] - edges[:, 1]) / (edges[:, 2] - edges[:, 0])
    torch.testing.assert_close(corners[:, 0, 1], torch.stack([torch.ones_like(half), half], -1))


@pytest.mark.parametrize("name", ["coco17", "openpose25", "mpi_inf_3dhp17", "humaneva15", "halpe26", "smpl24"])
def test_skeletons_of_people_can_be_cropped(name):
    skeleton = get_skeleton(name)
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(3, 6, skeleton.num_joints, 2, generator=draw) - 0.5
    assert Cropper(skeleton).edges(x, torch.ones(3), torch.rand(3, 2, generator=draw)).isfinite().all()


def test_others_cannot():
    with pytest.raises(ValueError, match="no joints whose names end in wrist or hand"):
        joints = (
            "Hip",
            "LHip",
            "RHip",
            "LKnee",
            "RKnee",
            "LFoot",
            "RFoot",
            "LShoulder",
            "RShoulder",
            "LElbow",
            "RElbow",
        )
        Cropper(Skeleton("none", joints, (-1, 0, 0, 1, 2, 3, 4, 0, 0, 7, 8), (1, 3, 5, 7, 9), (2, 4, 6, 8, 10)))
