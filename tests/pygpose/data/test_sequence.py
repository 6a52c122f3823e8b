"""SkeletonSequence: one clip, one window and a batch of windows mean the same."""

import pytest
import torch
from torch_geometric.loader import DataLoader

from graphs import build_motion_graph, get_skeleton
from pygpose import keys
from pygpose.data import SkeletonSequence, make_sequence
from pygpose.geometry import camera_to_world, h36m_cameras, normalize_screen, project_points

FACTS = dict(skeleton="h36m17", subject="S1", action="Walking", camera="c1", clip="k", fps=50.0)


@pytest.fixture
def clip():
    draw = torch.Generator().manual_seed(0)
    camera = h36m_cameras("S1")[0]
    keypoints, pose = torch.rand(30, 17, 2, generator=draw), torch.rand(30, 17, 3, generator=draw) + 2
    rows = dict(valid=torch.arange(30) > 4, activity=torch.arange(30) // 8 - 1, activities=["stand", "walk", "sit"])
    rows |= dict(features=torch.rand(30, 6), smpl=torch.rand(30, 82))
    return make_sequence(keypoints, pose, calibration=camera, **rows, **FACTS)


def test_fields_are_those_of_the_glossary(clip):
    assert set(clip.keys()) - {"num_nodes"} == set(keys.FIELDS)
    assert clip.num_nodes == 30 * 17
    assert clip.validate()


def test_which_frames_count_by_action(clip):
    counted = {action: mask.nonzero().flatten().tolist() for action, mask in clip.counted().items()}
    assert counted == {"stand": [*range(8, 16)], "walk": [*range(16, 24)], "sit": [*range(24, 30)]}
    early = clip.window(0, 9)
    early.valid[8] = False
    assert early.counted() == {}
    del clip["activity"]
    assert list(clip.counted()) == ["Walking"] and torch.equal(clip.counted()["Walking"], clip.valid)
    del clip["valid"]
    assert clip.counted() == {"Walking": None}


def test_pose_is_root_relative_and_root_is_where_it_was(clip):
    assert (clip.pose()[:, 0] == 0).all()
    assert clip.root.shape == (30, 3)
    assert (clip.root > 1.9).all()


def test_a_pose_that_is_nowhere_has_no_root():
    clip = make_sequence(torch.rand(5, 17, 2), torch.rand(5, 17, 3), placed=False, **FACTS)
    assert "root" not in clip and (clip.pose()[:, 0] == 0).all()


def test_the_camera_is_the_one_given_in_screen_coordinates_and_goes_with_windows_and_batches(clip):
    camera = h36m_cameras("S1")[0]
    points = clip.pose() + clip.root[:, None]
    expected = normalize_screen(project_points(points, camera), camera.size)
    torch.testing.assert_close(project_points(points[None], clip.intrinsics)[0], expected)
    torch.testing.assert_close(camera_to_world(points[None], clip.extrinsics)[0], camera_to_world(points, camera))
    assert torch.equal(clip.window(3, 9).intrinsics, clip.intrinsics)
    batch = next(iter(DataLoader([clip.window(0, 8), clip.window(8, 16)], 2)))
    assert batch.intrinsics.shape == (2, 9) and batch.extrinsics.shape == (2, 7)


def test_node_n_is_joint_j_of_frame_t(clip):
    assert torch.equal(clip.x[7 * 17 + 3], clip.keypoints()[7, 3])
    assert torch.equal(clip.y[7 * 17 + 3], clip.pose()[7, 3])


def test_graph_is_the_motion_graph(clip):
    edge_index, edge_type = build_motion_graph(get_skeleton("h36m17"), 30)
    assert torch.equal(clip.edge_index, edge_index)
    assert torch.equal(clip.edge_type, edge_type)


def test_window(clip):
    part = clip.window(5, 15)
    assert isinstance(part, SkeletonSequence)
    assert part.num_frames == 10 and part.num_nodes == 170
    assert torch.equal(part.keypoints(), clip.keypoints()[5:15])
    for name in keys.PER_FRAME:
        assert torch.equal(part[name], clip[name][5:15])
    assert torch.equal(part.edge_index, build_motion_graph(get_skeleton("h36m17"), 10)[0])
    assert part.validate()
    for bad in ((-1, 5), (5, 5), (0, 31)):
        with pytest.raises(ValueError, match="does not lie inside clip 'k'"):
            clip.window(*bad)


def test_batch_of_windows(clip):
    windows = [clip.window(start, start + 8) for start in (0, 4, 22)]
    batch = next(iter(DataLoader(windows, batch_size=3)))
    assert torch.equal(batch.x.view(3, 8, 17, 2), torch.stack([w.keypoints() for w in windows]))
    assert torch.equal(batch.y.view(3, 8, 17, 3), torch.stack([w.pose() for w in windows]))
    for name in keys.PER_FRAME:
        assert torch.equal(batch[name], torch.cat([window[name] for window in windows]))
    assert batch.subject == ["S1"] * 3
    single = windows[0].edge_index
    expected = torch.cat([single + i * 8 * 17 for i in range(3)], 1)
    assert torch.equal(batch.edge_index, expected)
    assert torch.equal(batch.batch.bincount(), torch.full((3,), 8 * 17))
    assert torch.equal(batch[1].x, windows[1].x)


def test_bad_input(monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    x, y = torch.zeros(5, 17, 2), torch.zeros(5, 17, 3)
    with pytest.raises(ValueError, match="16 joints given, skeleton 'h36m17' has 17"):
        make_sequence(x[:, 1:], **FACTS)
    with pytest.raises(ValueError, match=r"pose is \[4, 17, 3\], keypoints are \[5, 17, 2\]"):
        make_sequence(x, y[1:], **FACTS)
    with pytest.raises(ValueError, match=r"features is \[4, 9\], keypoints are \[5, 17, 2\]"):
        make_sequence(x, features=torch.zeros(4, 9), **FACTS)
    with pytest.raises(ValueError, match=r"1 values of smpl are NaN or infinite, first at \[frame, value\] \[2, 0\]"):
        make_sequence(x, smpl=torch.zeros(5, 82).index_fill(0, torch.tensor(2), torch.inf)[:, :1], **FACTS)
    y[3, 2, 1] = float("nan")
    with pytest.raises(ValueError, match=r"1 values of pose are NaN or infinite, first at .* \[3, 2, 1\]"):
        make_sequence(x, y, **FACTS)
    with pytest.raises(ValueError, match="positive frame rate"):
        make_sequence(x, **{**FACTS, "fps": 0.0})
