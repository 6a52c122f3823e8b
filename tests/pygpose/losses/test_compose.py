"""The weighted sum: of two pose sequences, of clips with their graph, and of a model's outputs and a batch."""

from dataclasses import fields, replace

import pytest
import torch
from torch_geometric.data import Batch

from graphs import MotionGraph, get_skeleton
from pygpose.data import load_dataset
from pygpose.geometry import fit_path_to_rays, undistort_points
from pygpose.losses import (
    LOSSES,
    LapOptions,
    LossTerm,
    MotionOptions,
    WeightedSum,
    bone_match_loss,
    build_loss,
    crop_keypoint_loss,
    reprojection_loss,
    smpl_pose_loss,
    smpl_shape_loss,
    trajectory_loss,
)

SKELETON = get_skeleton("h36m17")


def test_total_is_the_weighted_sum_of_unweighted_terms():
    pred, target = torch.randn(2, 2, 40, 17, 3).unbind()
    total, terms = build_loss("motion:3+lap:0.5", skeleton=SKELETON)(pred, target)
    assert set(terms) == {"pose", "motion", "lap"}
    torch.testing.assert_close(total, terms["pose"] + 3 * terms["motion"] + 0.5 * terms["lap"])
    alone = build_loss("pose:0+lap", skeleton=SKELETON)(pred, target)
    torch.testing.assert_close(alone[0], terms["lap"])


def test_half_precision_predictions_are_measured_in_float32():
    pred, target = torch.randn(2, 1, 30, 17, 3).unbind()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        total, _ = build_loss("motion+lap", skeleton=SKELETON)(pred.bfloat16(), target)
    assert total.dtype == torch.float32
    expected, _ = build_loss("motion+lap", skeleton=SKELETON)(pred.bfloat16().float(), target)
    torch.testing.assert_close(total, expected)


def test_shapes_are_never_broadcast(monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    loss = build_loss("pose", skeleton=SKELETON)
    with pytest.raises(ValueError, match="expect prediction and target"):
        loss(torch.zeros(2, 9, 17, 3), torch.zeros(2, 1, 17, 3))
    with pytest.raises(ValueError, match="expect prediction and target"):
        loss(torch.zeros(2, 9, 16, 3), torch.zeros(2, 9, 16, 3))
    with pytest.raises(ValueError, match="not empty, got"):
        loss(torch.zeros(0, 9, 17, 3), torch.zeros(0, 9, 17, 3))


def test_options_reach_their_term():
    pred, target = torch.randn(2, 1, 5, 17, 3).unbind()
    steps = (pred[:, 3:] - pred[:, :-3]) - (target[:, 3:] - target[:, :-3])
    options = {"intervals": (3,), "operators": ("sub",)}
    for given in (options, MotionOptions(**options)):
        loss = build_loss("motion", skeleton=SKELETON, options={"motion": given})
        torch.testing.assert_close(loss(pred, target)[1]["motion"], steps.abs().sum(-1).mean() * 2 / 5)  # pairs of 5
    with pytest.raises(ValueError, match="loss 'vel' has no options"):
        build_loss("vel", skeleton=SKELETON, options={"vel": {"weight": 1}})
    with pytest.raises(ValueError, match="options for loss 'lap', which is not in 'motion'"):
        build_loss("motion", skeleton=SKELETON, options={"lap": {}})


def test_share_scales_all_but_the_position_losses():
    pred, target = torch.randn(2, 1, 30, 17, 3).unbind()
    loss = build_loss("motion:2+lap", skeleton=SKELETON)
    _, terms = loss(pred, target)
    for share in (0.0, 0.25, 1.0):
        total, same = loss(pred, target, share)
        torch.testing.assert_close(total, terms["pose"] + share * (2 * terms["motion"] + terms["lap"]))
        assert same == terms


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S1"], frames=30)[:3]


class TestClips:
    """A clip, or a batch of clips, in the place of the target: its own graph drives the terms that use one."""

    def test_a_clip_and_a_batch_are_their_poses(self, clips):
        loss = build_loss("motion+lap", skeleton=SKELETON)
        target = torch.stack([clip.pose() for clip in clips])
        pred = target + 0.1 * torch.randn(target.shape)
        assert loss(pred[:1], clips[0])[0] == loss(pred[:1], target[:1])[0]
        torch.testing.assert_close(loss(pred, Batch.from_data_list(clips)), loss(pred, target))

    @pytest.mark.parametrize("normalization", [None, "sym"])
    def test_an_altered_graph_alters_the_laplacian_loss(self, clips, normalization):
        options = {"lap": LapOptions(normalization=normalization)}
        loss = build_loss("motion+lap", skeleton=SKELETON, options=options)
        clip = clips[0].clone()
        target = clip.pose()[None]
        pred = target + 0.1 * torch.randn(target.shape)
        before = loss(pred, clip)[1]
        away = (clip.edge_index < 17).all(0) & (clip.edge_type == 0)  # the bones of the first frame
        clip.edge_index, clip.edge_type = clip.edge_index[:, ~away], clip.edge_type[~away]
        after = loss(pred, clip)[1]
        assert after["lap"] != before["lap"] and after["motion"] == before["motion"] and after["pose"] == before["pose"]
        graph = MotionGraph.of_data(clip)
        assert loss(pred, target, graph=graph)[1] == after
        adjacency = torch.zeros(510, 510, dtype=torch.float64)
        adjacency[clip.edge_index[0], clip.edge_index[1]] = 1
        degree = adjacency.sum(1)
        laplacian = torch.diag(degree) - adjacency
        if normalization == "sym":
            scale = degree.rsqrt()
            laplacian = scale[:, None] * laplacian * scale
        expected = (laplacian @ (pred - target).double().view(510, 3)).norm(dim=-1).mean()
        torch.testing.assert_close(after["lap"].double(), expected, rtol=1e-5, atol=0)

    def test_what_cannot_be_compared(self, clips):
        loss = build_loss("lap", skeleton=SKELETON)
        pred = clips[0].pose()[None]
        blind = clips[0].clone()
        del blind.y
        with pytest.raises(ValueError, match="losses need the 3D targets of the clips"):
            loss(pred, blind)
        other = clips[0].clone()
        other.skeleton = "coco17"
        with pytest.raises(ValueError, match="losses of skeleton 'h36m17' got clips of coco17"):
            loss(pred, other)
        with pytest.raises(ValueError, match="clips of .* in one batch"):
            loss(pred, Batch.from_data_list([clips[0], clips[1].window(0, 20)]))
        with pytest.raises(ValueError, match="loss 'traj' needs more than two pose sequences; call of_batch"):
            build_loss("pose+traj", skeleton=SKELETON)(pred, pred)


def by_hand(loss, outputs, batch, share, waits):
    """The objective of semi-supervised and of SMPL training, written out term by term."""
    n, frames, weights = batch.labelled, batch.y.size(1), loss.weights
    poses = WeightedSum(
        {name: term for name, term in loss.terms.items() if term.needs == ("poses",)},
        {name: weight for name, weight in weights.items() if LOSSES[name].needs == ("poses",)},
        SKELETON,
    )
    totals, found = [], []
    for i, offset in enumerate(outputs.offsets):
        ours, theirs = slice(max(-offset, 0), frames - max(offset, 0)), slice(max(offset, 0), frames - max(-offset, 0))
        total, values = poses(outputs.poses[i, :n, ours], batch.y[:, theirs], share)
        if outputs.smpl is not None:
            bodies = {part.name: getattr(outputs.smpl, part.name)[i, :n, ours] for part in fields(outputs.smpl)}
            body, truth = replace(outputs.smpl, **bodies), batch.smpl[:, theirs]
            more = {
                "crop_keypoints": crop_keypoint_loss(
                    body.keypoints(), batch.keypoints()[:n, theirs], batch.confidence[:n, theirs]
                ),
                "smpl_pose": smpl_pose_loss(body.rotations, truth[..., :72].unflatten(-1, (24, 3))),
                "smpl_shape": smpl_shape_loss(body.shape, truth[..., 72:]),
            }
            for name, value in more.items():
                total, values[name] = total + weights[name] * value, value.detach()
        totals.append(total)
        found.append(values)
    total = torch.stack(totals).mean()
    values = {name: torch.stack([part[name] for part in found]).mean() for name in found[0]}
    pose, keypoints, lens, seen = outputs.poses[0], batch.keypoints()[n:], batch.intrinsics[n:], batch.confidence[n:]
    more = {}
    if "traj" in weights:
        more["traj"] = trajectory_loss(outputs.path[:n], batch.root)
    if "reproj" in weights:
        if outputs.path is None:
            rays = undistort_points(keypoints, lens, seen > 0)
            root = fit_path_to_rays(pose[n:].double(), rays.double(), seen.double(), ridge=1e-6).to(pose.dtype)
        else:
            root = outputs.path[n:]
        more["reproj"] = reprojection_loss(pose[n:] + root[:, :, None], keypoints, lens, seen)
        more["bone_match"] = bone_match_loss(pose[n:], batch.y, SKELETON)
    if "rigid" in weights:
        more["rigid"] = LOSSES["bone_std"](SKELETON)(pose[n:], pose[n:])
    for name, value in more.items():
        counts = 1.0 if name == "traj" else 1.0 - waits
        total, values[name] = total + counts * weights[name] * value, value.detach()
    return total, values


class TestBatches:
    """What a model gave and a batch of windows, against the formulas written out."""

    @pytest.mark.parametrize(
        ("text", "options"),
        [
            ("pose:1+motion:1+lap:1", {}),
            ("pose:2+motion:0.5+lap:3+traj:1", {}),
            ("pose:1+lap:0.5+bone:1+traj:2+reproj:2+bone_match:0.5+rigid:1", {}),
            ("pose:1+reproj:1+bone_match:1", {"solved": True}),
            ("pose:0+pose_sq:10+crop_keypoints:60+smpl_pose:1+smpl_shape:0.001", {"smpl": True}),
            (
                "pose:0+pose_sq:10+crop_keypoints:300+smpl_pose:60+smpl_shape:0.06",
                {"smpl": True, "offsets": (0, -1, 1)},
            ),
        ],
    )
    @pytest.mark.parametrize(("share", "waits"), [(1.0, False), (0.25, True)])
    def test_bit_by_bit(self, scene, text, options, share, waits):
        solved = options.get("solved", False)
        made = {name: value for name, value in options.items() if name != "solved"}
        loss = build_loss(text, skeleton=SKELETON)
        results = []
        for compose in (by_hand, None):
            outputs, batch = scene.make_scene(**made, dtype=torch.float32)
            outputs = scene.disturbed(outputs)
            outputs = replace(
                outputs, poses=outputs.poses.float().requires_grad_(), path=None if solved else outputs.path.float()
            )
            if compose is None:
                total, values = loss.of_batch(outputs, batch, share=share, unlabelled_share=float(not waits))
            else:
                total, values = compose(loss, outputs, batch, share, waits)
            total.backward()
            results.append((total, values, outputs.poses.grad))
        (total, values, gradient), (again, same, its_gradient) = results
        assert total == again and values == same and torch.equal(gradient, its_gradient)
        assert list(same) == list(loss.weights) and str(loss) == text

    def test_windows_without_targets_wait(self, scene):
        outputs, batch = scene.make_scene()
        outputs = scene.disturbed(outputs)
        poses = outputs.poses.requires_grad_()
        loss = build_loss("pose+reproj:100+bone_match+rigid", skeleton=SKELETON)
        loss.of_batch(outputs, batch, unlabelled_share=0.0)[0].backward()
        assert (poses.grad[:, : batch.labelled] != 0).any() and (poses.grad[:, batch.labelled :] == 0).all()

    def test_a_term_of_weight_zero_is_only_reported(self, scene):
        outputs, batch = scene.make_scene()
        path = torch.full_like(outputs.path, torch.nan)
        total, values = build_loss("pose+traj:0", skeleton=SKELETON).of_batch(replace(outputs, path=path), batch)
        assert total == 0 and values["traj"].isnan()

    def test_the_graph_of_the_batch_drives_the_terms_that_use_it(self, scene):
        loss = build_loss("pose+lap", skeleton=SKELETON)
        for offsets in ((0,), (0, -1, 1)):
            outputs, batch = scene.make_scene(offsets=offsets)
            outputs = scene.disturbed(outputs)
            before = loss.of_batch(outputs, batch)[1]
            bones = batch.edge_type == 0
            batch.edge_index, batch.edge_type = batch.edge_index[:, ~bones], batch.edge_type[~bones]
            after = loss.of_batch(outputs, batch)[1]
            assert after["pose"] == before["pose"] and after["lap"] < before["lap"]

    def test_what_a_batch_lacks_is_named(self, scene):
        outputs, batch = scene.make_scene()
        for text, needed in (
            ("pose+crop_keypoints", "loss 'crop_keypoints' needs a model that gives SMPL bodies"),
            ("pose+smpl_pose", "loss 'smpl_pose' needs .* data with the true parameters of SMPL"),
        ):
            with pytest.raises(ValueError, match=needed):
                build_loss(text, skeleton=SKELETON).of_batch(outputs, batch)
        with pytest.raises(ValueError, match="loss 'traj' needs a model that gives the path of the root"):
            build_loss("pose+traj", skeleton=SKELETON).of_batch(replace(outputs, path=None), batch)
        del batch.intrinsics
        with pytest.raises(ValueError, match="loss 'reproj' needs the camera intrinsics of every window"):
            build_loss("pose+reproj", skeleton=SKELETON).of_batch(outputs, batch)

    def test_a_term_of_two_poses_is_all_that_a_new_term_needs(self, scene):
        class First(LossTerm):
            def forward(self, pred, target):
                return (pred - target)[:, 0].abs().mean()

        outputs, batch = scene.make_scene(offsets=(0, 1))
        outputs = scene.disturbed(outputs)
        total, values = WeightedSum({"first": First(SKELETON)}, {"first": 2.0}, SKELETON).of_batch(outputs, batch)
        first = [(outputs.poses[i, :2, 0] - batch.y[:, i]).abs().mean() for i in range(2)]
        torch.testing.assert_close(values["first"], torch.stack(first).mean())
        torch.testing.assert_close(total, 2 * values["first"])
