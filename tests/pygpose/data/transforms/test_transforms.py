"""What every registered transform must hold, and what each does. Covers the modules of pygpose/data/transforms."""

import pytest
import torch
from torch_geometric.data import Batch

from graphs import MotionGraph, get_skeleton
from pygpose import keys
from pygpose.data import WindowDataset, make_sequence
from pygpose.data.transforms import TRANSFORMS, Mirror, Pad, Resample, SetEdges, Share
from pygpose.data.transforms.mirror import mirror_some
from pygpose.geometry import h36m_cameras, normalize_screen, project_points

SKELETON = get_skeleton("h36m17")


@pytest.fixture
def clip():
    draw = torch.Generator().manual_seed(0)
    camera = h36m_cameras("S1")[0]
    pose = torch.rand(30, 17, 3, generator=draw) + torch.tensor([0.0, 0.0, 4.0])
    rows = dict(valid=torch.arange(30) > 4, activity=torch.arange(30) // 8 - 1, activities=["a", "b", "c"])
    rows |= dict(features=torch.rand(30, 6), smpl=torch.rand(30, 82))
    return make_sequence(
        normalize_screen(project_points(pose, camera), camera.size),
        pose,
        confidence=torch.rand(30, 17, generator=draw),
        calibration=camera,
        **rows,
        **dict(skeleton="h36m17", subject="S1", action="Walking", camera="c1", clip="k", fps=50.0),
    )


@pytest.fixture(params=list(TRANSFORMS))
def transform(request):
    return TRANSFORMS[request.param]()


def test_the_given_clip_stays_as_it_is(transform, clip):
    before = {
        name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in clip.to_dict().items()
    }
    changed = transform(clip)
    assert changed is not clip
    assert set(clip.to_dict()) == set(before)
    for name, value in before.items():
        same = torch.equal(clip[name], value) if isinstance(value, torch.Tensor) else clip[name] == value
        assert same, f"{name} was changed"


def test_the_new_clip_is_whole(transform, clip):
    changed = transform(clip)
    frames = changed.num_frames
    assert changed.num_nodes == 17 * frames and changed.validate()
    for name in keys.PER_NODE:
        assert len(changed[name]) == 17 * frames
    for name in keys.PER_FRAME:
        assert name not in changed or len(changed[name]) == frames
    assert MotionGraph.of_data(changed).has_all_next_frames


def test_it_keeps_edges_that_the_clip_has(transform, clip):
    """But for the transform whose work is to replace them, and where the clip is asked to be resampled."""
    made = MotionGraph.of_skeleton(SKELETON, 30, "bones+mirror")
    clip.edge_index, clip.edge_type = made.edge_index.clone(), made.edge_type.clone()
    kinds = set(MotionGraph.of_data(transform(clip)).counts)
    assert kinds == ({"bones", "next"} if isinstance(transform, SetEdges) else {"bones", "next", "mirror"})


def test_mirroring_twice_gives_the_clip_again(clip):
    again = Mirror()(Mirror()(clip))
    for name in ("x", "y", "confidence", "root", "intrinsics", "edge_index"):
        assert torch.equal(again[name], clip[name])


def test_the_mirror_image_is_what_the_mirrored_camera_sees(clip):
    mirrored = Mirror()(clip)
    points = mirrored.pose() + mirrored.root[:, None]
    seen = project_points(points[None], mirrored.intrinsics)[0]
    torch.testing.assert_close(seen, mirrored.keypoints(), rtol=0, atol=1e-5)
    assert "features" not in mirrored and "smpl" not in mirrored and "extrinsics" not in mirrored


def test_edges_are_mirrored_with_the_joints(clip):
    bone = (clip.edge_type == 0) & (clip.edge_index % 17 == 13).any(0)  # the left lower arm is missing
    clip.edge_index, clip.edge_type = clip.edge_index[:, ~bone], clip.edge_type[~bone]
    mirrored = Mirror()(clip)
    joints = {joint for joint in (mirrored.edge_index[:, mirrored.edge_type == 0] % 17).unique().tolist()}
    assert 13 in joints and 16 not in joints


def test_windows_and_clips_have_one_mirror_image(clip):
    del clip["features"], clip["smpl"], clip["valid"]
    windows = WindowDataset([clip], 30, 30).batch(torch.tensor([0]))
    torch.manual_seed(0)
    images = [mirror_some(windows, SKELETON) for _ in range(12)]
    flipped = Mirror()(clip)
    found = [torch.equal(image.x[0], flipped.keypoints()) for image in images]
    assert 0 < sum(found) < 12
    image = images[found.index(True)]
    assert torch.equal(image.y[0], flipped.pose()) and torch.equal(image.root[0], flipped.root)
    assert torch.equal(image.confidence[0].flatten(), flipped.confidence)
    assert torch.equal(image.intrinsics, flipped.intrinsics)


def test_a_share_is_one_piece_and_the_same_for_all_cameras(clip):
    other = clip.clone()
    other.camera = "c2"
    part = Share(0.3)(clip)
    assert part.num_frames == 9 and torch.equal(part.x, Share(0.3)(other).x)
    starts = [i for i in range(22) if torch.equal(clip.keypoints()[i : i + 9], part.keypoints())]
    assert len(starts) == 1


def test_padding_repeats_the_last_frame(clip):
    longer = Pad(33)(clip)
    assert torch.equal(longer.keypoints()[30:], clip.keypoints()[29:].expand(3, -1, -1))
    assert torch.equal(Pad(30)(clip).x, clip.x)


class TestResample:
    def test_every_second_frame(self, clip):
        half = Resample(25.0)(clip)
        assert half.fps == 25.0 and torch.equal(half.keypoints(), clip.keypoints()[::2])
        assert torch.equal(half.smpl, clip.smpl[::2]) and torch.equal(half.valid, clip.valid[::2])

    def test_back_and_forth(self, clip):
        frames = torch.arange(30.0)
        clip.x = (frames[:, None, None] * torch.ones(30, 17, 2)).reshape(-1, 2)
        odd = Resample(30.0)(clip)
        assert odd.num_frames == 18
        torch.testing.assert_close(odd.keypoints()[:, 0, 0], torch.arange(18.0) * 50 / 30)
        assert "smpl" not in odd and odd.activity.tolist() == [
            clip.activity[round(i * 5 / 3)].item() for i in range(18)
        ]

    def test_edges_of_single_frames_have_no_place(self, clip):
        clip.edge_index = torch.cat([clip.edge_index, torch.tensor([[1, 5], [5, 1]])], 1)
        clip.edge_type = torch.cat([clip.edge_type, torch.zeros(2, dtype=torch.long)])
        with pytest.raises(ValueError, match="has other edges in some frames; resample it before edges are changed"):
            Resample(25.0)(clip)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Pad(0), "Pad.num_frames must be at least 1, got 0"),
        (lambda: Share(0.0), r"Share.share must lie in \(0, 1\], got 0.0"),
        (lambda: Resample(0.0), "Resample.fps must be positive, got 0.0"),
        (lambda: SetEdges("bones+mirrors"), "unknown edges 'mirrors'"),
    ],
)
def test_values_that_mean_nothing(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_every_clip_of_a_batch_is_changed(transform, clip):
    del clip["activities"]  # of which PyG makes lists
    del clip["activity"]
    other = Mirror()(clip)
    first = clip.clone()
    for name in ("features", "smpl", "extrinsics"):
        del first[name]
    batch = transform(Batch.from_data_list([first, other]))
    for changed, alone in zip(batch.to_data_list(), (transform(first), transform(other)), strict=True):
        assert torch.equal(changed.x, alone.x) and torch.equal(changed.edge_index, alone.edge_index)


def test_a_batch_whose_edges_were_changed_has_no_windows(clip):
    batch = Batch.from_data_list([clip, clip])
    batch.edge_index, batch.edge_type = batch.edge_index[:, 2:], batch.edge_type[2:]
    with pytest.raises(ValueError, match="change the edges of the clips, and batch them again"):
        batch.window(0, 5)
