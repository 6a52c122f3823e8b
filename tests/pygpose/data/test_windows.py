"""Windows cover every frame, and the fast batch is what PyG's loader gives."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch_geometric.loader import DataLoader

from graphs import get_skeleton
from pygpose.data import WindowDataset, WindowLoader, make_sequence, window_starts
from pygpose.data.transforms.pad import pad_sequence
from pygpose.geometry import h36m_cameras


def clip(frames, name="k", seed=0, skeleton="h36m17"):
    draw = torch.Generator().manual_seed(seed)
    facts = dict(skeleton=skeleton, subject="S1", action="a", camera="c", clip=name, fps=50.0)
    return make_sequence(torch.rand(frames, 17, 2, generator=draw), torch.rand(frames, 17, 3, generator=draw), **facts)


@given(st.integers(1, 200), st.integers(1, 60), st.integers(1, 70))
def test_starts_cover_the_clip(clip_frames, num_frames, stride):
    if num_frames > clip_frames:
        with pytest.raises(ValueError, match="longer than the clip"):
            window_starts(clip_frames, num_frames, stride)
        return
    starts = window_starts(clip_frames, num_frames, stride)
    assert starts == sorted(set(starts))
    assert starts[0] == 0 and starts[-1] + num_frames == clip_frames
    assert all(b - a <= stride for a, b in zip(starts, starts[1:], strict=False))


def test_batch_is_what_the_loader_gives():
    dataset = WindowDataset([clip(50), clip(33, "l", 1), clip(9, "m", 2)], num_frames=20, stride=7)
    batch = dataset.batch(torch.arange(len(dataset)))
    loaded = next(iter(DataLoader(dataset, batch_size=len(dataset))))
    assert torch.equal(batch.x, loaded.x.view(-1, 20, 17, 2))
    assert torch.equal(batch.y, loaded.y.view(-1, 20, 17, 3))
    assert torch.equal(batch.root, loaded.root.view(-1, 20, 3))
    assert torch.equal(batch.confidence, loaded.confidence.view(-1, 20, 17))
    assert len(dataset) == len(window_starts(50, 20, 7)) + len(window_starts(33, 20, 7)) + 1


def test_what_pictures_say_comes_with_its_frames():
    clips = [clip(30), clip(25, "l", 1)]
    for part in clips:
        part.features = torch.rand(part.num_frames, 6)
    clips[0].smpl = torch.rand(30, 82)
    dataset = WindowDataset(clips, num_frames=10, stride=10, context=(4, 2))
    windows = dataset.batch(torch.tensor([1, 5]))
    assert torch.equal(windows.features[0], clips[0].features[6:22])
    assert torch.equal(windows.smpl[0], clips[0].smpl[10:20])
    assert windows.features.shape == (2, 16, 6) and windows.smpl[1].isnan().all()
    assert WindowDataset([clip(30), clips[0]], 10, 10).features is None


def test_nothing_is_trained_on_frames_that_do_not_count():
    whole, gaps, none = clip(30), clip(25, "l", 1), clip(9, "m", 2)
    gaps.valid = (torch.arange(25) != 12) & (torch.arange(25) > 1)
    gaps.pose()[~gaps.valid] = 1e6
    none.valid = torch.zeros(9, dtype=torch.bool)
    dataset = WindowDataset([whole, gaps, none], num_frames=10, stride=10, context=(2, 2))
    cut = WindowDataset([whole, gaps.window(2, 12), gaps.window(13, 25)], num_frames=10, stride=10, context=(2, 2))
    ours, expected = (part.batch(torch.arange(len(part))) for part in (dataset, cut))
    assert torch.equal(ours.y, expected.y) and torch.equal(ours.x, expected.x)
    assert torch.equal(dataset.mean_pose(), cut.mean_pose()) and dataset.pose_scale().max() < 1
    with pytest.raises(ValueError, match="no frame of any clip counts"):
        WindowDataset([none], num_frames=10, stride=10)


def test_frames_that_do_not_count_are_seen_where_no_target_is_looked_at():
    part = clip(30)
    part.intrinsics, part.valid = h36m_cameras("S1")[0].screen_intrinsics(part.x)[None], torch.zeros(30).bool()
    assert len(WindowDataset([part], 10, 10, labelled=False)) == 3


def test_context_is_what_stands_beside_a_window_and_its_ends_beyond_the_clip():
    clips = [clip(30), clip(25, "l", 1)]
    plain = WindowDataset(clips, num_frames=10, stride=10)
    wide = WindowDataset(clips, num_frames=10, stride=10, context=(4, 2))
    indices, shift = torch.arange(len(plain)), torch.full((len(plain),), 0.5)
    near, far = plain.batch(indices, shift), wide.batch(indices, shift)
    x, seen = near.x, far.x
    assert torch.equal(seen[:, 4:-2], x) and torch.equal(far.y, near.y)
    assert torch.equal(seen[0, :4], clips[0].keypoints()[plain_start(x[0], clips[0]) - 4 :][:4])
    first, last = (wide.batch(torch.tensor([i])).x for i in (0, len(wide) - 1))
    assert torch.equal(first[0, :4], clips[0].keypoints()[:1].expand(4, -1, -1))
    assert torch.equal(last[0, -2:], clips[1].keypoints()[-1:].expand(2, -1, -1))


def test_context_beyond_the_ends_of_a_clip_is_missing():
    part = clip(30)
    part.confidence = torch.rand(30 * 17, generator=torch.Generator().manual_seed(1)) + 0.1
    dataset = WindowDataset([part, clip(25, "l", 1)], num_frames=10, stride=10, context=(4, 2))
    windows = dataset.batch(torch.arange(len(dataset)))
    assert windows.confidence.shape == windows.x.shape[:3]
    given = part.confidence.view(30, 17)
    assert torch.equal(windows.confidence[0, :4], torch.zeros(4, 17))
    assert torch.equal(windows.confidence[0, 4:], given[:12])
    assert torch.equal(windows.confidence[1], given[6:22])
    assert torch.equal(windows.confidence[2], torch.cat([given[16:], torch.zeros(2, 17)]))
    assert torch.equal(windows.own_confidence()[2], given[20:])
    assert (windows.confidence[3, 4:] == 1).all()  # the next clip is not looked at


def plain_start(window, sequence):
    return next(i for i in range(sequence.num_frames) if torch.equal(sequence.keypoints()[i], window[0]))


def test_statistics_are_those_of_the_frames():
    dataset = WindowDataset([clip(50), clip(33, "l", 1)], num_frames=20, stride=7)
    frames = torch.cat([sequence.pose() for sequence in dataset.sequences])
    torch.testing.assert_close(dataset.mean_pose(), frames.mean(0))
    torch.testing.assert_close(dataset.pose_scale(), frames.std(0).mean(-1))


def test_short_clips_repeat_their_last_frame():
    short = clip(5)
    padded = pad_sequence(short, 8)
    assert padded.num_frames == 8 and padded.num_nodes == 8 * 17 and padded.validate()
    assert torch.equal(padded.keypoints()[5:], short.keypoints()[4:].expand(3, -1, -1))
    assert torch.equal(padded.root[5:], short.root[4:].expand(3, -1))
    assert short.num_frames == 5 and short.x.shape == (85, 2)
    assert pad_sequence(short, 3) is short


def test_an_epoch_depends_on_seed_and_number_alone():
    dataset = WindowDataset([clip(60)], num_frames=10, stride=1)
    loader = WindowLoader(dataset, batch_size=8, seed=3)
    first = [batch.x for batch in loader.epoch(2)]
    again = [batch.x for batch in WindowLoader(dataset, 8, 3).epoch(2)]
    assert len(first) == len(loader) == 51 // 8
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], next(loader.epoch(3)).x)
    assert not torch.equal(first[0], next(WindowLoader(dataset, 8, 4).epoch(2)).x)


def test_an_epoch_has_every_window_once():
    dataset = WindowDataset([clip(29)], num_frames=10, stride=1)  # stride 1 leaves no room to move
    seen = torch.cat([batch.x[:, 0, 0, 0] for batch in WindowLoader(dataset, 5, 0).epoch(0)])
    assert torch.equal(seen.sort().values, dataset.keypoints[:20, 0, 0].sort().values)


def test_windows_move_inside_their_clip_and_in_time_start_everywhere():
    long, other = clip(40), clip(12, "l", 1)
    dataset = WindowDataset([long, other], num_frames=10, stride=9)
    first_values = {value: place for place, value in enumerate(long.keypoints()[:, 0, 0].tolist())}
    starts = set()
    for epoch in range(60):
        for batch in WindowLoader(dataset, 3, 0).epoch(epoch):
            for window, pose in zip(batch.x, batch.y, strict=True):
                start = first_values.get(window[0, 0, 0].item())
                if start is None:
                    continue
                assert torch.equal(window, long.keypoints()[start : start + 10])
                assert torch.equal(pose, long.pose()[start : start + 10])
                starts.add(start)
    assert starts == set(range(31))


def seen(frames, name="u", seed=5, skeleton="h36m17", camera=0):
    """A clip with a camera and without 3D targets."""
    draw = torch.Generator().manual_seed(seed)
    facts = dict(skeleton=skeleton, subject="S5", action="a", camera="c", clip=name, fps=50.0)
    joints = get_skeleton(skeleton).num_joints
    keypoints = torch.rand(frames, joints, 2, generator=draw)
    return make_sequence(keypoints, calibration=h36m_cameras("S1")[camera], **facts)


def with_camera(frames, name="k", seed=0, camera=1):
    sequence = clip(frames, name, seed)
    return make_sequence(
        sequence.keypoints(),
        sequence.pose() + sequence.root[:, None],
        calibration=h36m_cameras("S1")[camera],
        **{key: sequence[key] for key in ("skeleton", "subject", "action", "camera", "clip", "fps")},
    )


def test_half_of_every_batch_has_targets_and_cameras_go_with_their_windows():
    labelled = WindowDataset([with_camera(60), with_camera(40, "l", 1, camera=2)], 10, 5, (2, 2))
    unlabelled = WindowDataset([seen(30), seen(25, "v", 6, camera=3)], 10, 5, (2, 2), labelled=False)
    loader = WindowLoader(labelled, 8, 0, unlabelled)
    batches = list(loader.epoch(0))
    assert len(batches) == len(loader) == len(labelled) // 4
    keypoints = {2: labelled.keypoints, 3: unlabelled.keypoints}
    own = [h36m_cameras("S1")[i].screen_intrinsics(labelled.keypoints) for i in range(4)]
    for batch in batches:
        assert batch.labelled == 4 and batch.x.shape == (8, 14, 17, 2) and batch.root.shape == (4, 10, 3)
        for i in range(8):
            source = labelled if i < 4 else unlabelled
            place = (source.keypoints == batch.x[i, 2]).all(-1).all(-1).nonzero()[0, 0]
            first_clip = place < source.sequences[0].num_frames
            camera = (1 if first_clip else 2) if i < 4 else (0 if first_clip else 3)
            torch.testing.assert_close(batch.intrinsics[i], own[camera])
            if i < 4:
                assert torch.equal(batch.y[i], labelled.pose[place : place + 10])
    again = list(WindowLoader(labelled, 8, 0, unlabelled).epoch(0))
    assert all(torch.equal(a.x, b.x) for a, b in zip(batches, again, strict=True))
    assert keypoints[2].shape != keypoints[3].shape


def test_targets_of_unlabelled_clips_are_never_looked_at():
    known, spoilt = with_camera(40), with_camera(40)
    spoilt.y, spoilt.root = torch.full_like(spoilt.y, torch.nan), torch.full_like(spoilt.root, torch.nan)
    blind = seen(40)
    for clips in ([known], [spoilt], [blind]):
        dataset = WindowDataset(clips, 10, 5, labelled=False)
        batch = dataset.batch(torch.arange(3))
        assert batch.labelled == 0 and batch.y.shape == (0, 10, 17, 3) and "root" not in batch
        assert torch.equal(batch.x[0], clips[0].keypoints()[:10])
    mixed = WindowDataset([blind, spoilt], 10, 5, labelled=False)
    assert len(mixed) == 2 * len(dataset)


def test_what_cannot_teach_without_targets_is_refused():
    with pytest.raises(ValueError, match="has no camera intrinsics, which training without 3D targets needs"):
        WindowDataset([clip(20)], 10, 1, labelled=False)
    with pytest.raises(ValueError, match=r"clip 'u' .* is shorter than a window of 10 frames"):
        WindowDataset([seen(9)], 10, 1, labelled=False)
    labelled = WindowDataset([with_camera(30)], 10, 1)
    with pytest.raises(ValueError, match="labelled clips have skeleton 'h36m17', unlabelled ones 'coco17'"):
        WindowLoader(labelled, 4, 0, WindowDataset([seen(30, skeleton="coco17")], 10, 1, labelled=False))
    with pytest.raises(ValueError, match="labelled windows have frames and context"):
        WindowLoader(labelled, 4, 0, WindowDataset([seen(30)], 12, 1, labelled=False))
    with pytest.raises(ValueError, match="batch size must be at least 2, got 1"):
        WindowLoader(labelled, 1, 0, WindowDataset([seen(30)], 10, 1, labelled=False))


def test_bad_input():
    with pytest.raises(ValueError, match="no clips"):
        WindowDataset([], 10, 1)
    with pytest.raises(ValueError, match="different skeletons in one data set: coco17, h36m17"):
        WindowDataset([clip(20), clip(20, skeleton="coco17")], 10, 1)
    with pytest.raises(ValueError, match="at least 1, got 0 and 1"):
        WindowDataset([clip(20)], 0, 1)
    blind = clip(20)
    del blind["y"]
    with pytest.raises(ValueError, match="has no 3D target"):
        WindowDataset([blind], 10, 1)
    with pytest.raises(ValueError, match="batch size must be at least 1"):
        WindowLoader(WindowDataset([clip(20)], 10, 1), 0, 0)


def test_no_window_reaches_over_a_cut():
    sequence = clip_of(40)
    frames = sequence.edge_index // 17
    keep = ~((frames.min(0).values == 14) & (frames.max(0).values == 15))
    cut = sequence.clone()
    cut.edge_index, cut.edge_type = sequence.edge_index[:, keep], sequence.edge_type[keep]
    dataset = WindowDataset([cut], 10, 5)
    expected = WindowDataset([sequence.window(0, 15), sequence.window(15, 40)], 10, 5)
    indices = torch.arange(len(dataset))
    assert len(dataset) == len(expected) and torch.equal(dataset.batch(indices).x, expected.batch(indices).x)


def test_clips_with_edges_of_their_own_are_not_trained_on():
    sequence = clip_of(20)
    sequence.edge_index = torch.cat([sequence.edge_index, torch.tensor([[3, 13], [13, 3]])], 1)
    sequence.edge_type = torch.cat([sequence.edge_type, torch.zeros(2, dtype=torch.long)])
    with pytest.raises(ValueError, match="has edges of its own, and windows share one graph; register them as a kind"):
        WindowDataset([sequence], 10, 5)


def clip_of(frames):
    draw = torch.Generator().manual_seed(0)
    keypoints, pose = torch.rand(frames, 17, 2, generator=draw), torch.rand(frames, 17, 3, generator=draw)
    facts = dict(skeleton="h36m17", subject="S1", action="a", camera="c", clip="k", fps=50.0)
    return make_sequence(keypoints, pose, **facts)
