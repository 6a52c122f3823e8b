"""What every registered architecture must hold. Registering one enrols it here."""

import copy

import jaxtyping
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader

from graphs import MotionGraph, Skeleton, get_skeleton
from pygpose.data import WindowDataset, make_sequence
from pygpose.data.transforms import SetEdges
from pygpose.models import MODELS, build_model

SKELETON = get_skeleton("h36m17")
TINY = Skeleton("tiny3", ("Root", "L", "R"), (-1, 0, 0), (1,), (2,))


# Options that make an architecture small enough to test in a moment; one that is not named here runs as it is.
SMALL = {
    "tcn": {"filter_widths": (3, 3, 3), "channels": 32},
    "cvm": {"channels": 32},
    "tcmr": {"channels": 32, "hidden": 16},
    "ugcn": {"channels": (8, 12, 16), "down_up_pairs": 2, "merge_channels": 8},
    "mgu": {
        "channels": (16, 16, 16),
        "mixing": 16,
        "merge_channels": 16,
        "joint_attention": (1,),
        "time_attention": (2,),
    },
}
FREE = {"mgu": {"on_rays": False}}
"""Options without which positions are no linear function of what a network gives."""
LENS = (1.2, 1.25, 0.03, -0.02, 0.05, -0.02, 0.01, 0.001, -0.002)


def build(arch, skeleton=SKELETON, **options):
    """A fresh model, in which weights that start at 0 are other numbers: their layers would do nothing."""
    model = build_model(arch, skeleton=skeleton, **SMALL.get(arch, {}), **options)
    with torch.no_grad():
        for weight in model.parameters():
            if not weight.any():
                weight.normal_(std=0.1)
    return model


def shot(clips, frames, joints=17):
    """Keypoints of a person somewhere in the picture, a fifth of them missing, and the confidence and the camera that a
    call takes beside them; in double precision."""
    x = 0.2 * torch.randn(clips, frames, joints, 2, dtype=torch.float64) + torch.tensor([0.3, -0.1])
    confidence = torch.rand(clips, frames, joints, dtype=torch.float64)
    confidence[torch.rand(clips, frames, joints) < 0.2] = 0.0
    return x, {"confidence": confidence, "intrinsics": torch.tensor([LENS] * clips, dtype=torch.float64)}


@pytest.fixture(params=list(MODELS))
def arch(request):
    return request.param


@pytest.fixture(params=["person", "plain"])
def framing(request):
    return request.param


@pytest.fixture
def model(arch, framing):
    torch.manual_seed(0)
    return build(arch, framing=framing).eval()


@pytest.mark.parametrize("frames", [1, 2, 17, 100])
def test_any_length(model, frames):
    assert model(torch.randn(2, frames, 17, 2)).shape == (2, frames, 17, 3)


def test_other_precisions_are_brought_to_the_weights(model):
    x, beside = shot(1, 20)
    pose = model(x, **beside)
    assert pose.dtype == torch.float32
    assert torch.equal(pose, model(x.float(), **{name: value.float() for name, value in beside.items()}))


def test_what_is_no_config_or_skeleton_is_named(arch, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(TypeError, match="this architecture takes a .*Config, got dict"):
        build_model(arch, skeleton=SKELETON, config={"channels": 3})
    with pytest.raises(TypeError, match="skeleton must be a Skeleton, such as get_skeleton"):
        build_model(arch, skeleton="h36m17")
    with pytest.raises(ValueError, match="unknown root_head 'path'; known: none, model, shared"):
        build(arch, root_head="path")
    with pytest.raises(ValueError, match="unknown framing 'face'; known: person, turned, box, screen, plain"):
        build(arch, framing="face")


@pytest.mark.parametrize("skeleton", ["coco17", "openpose25", "humaneva15", "smpl24"])
def test_any_skeleton(arch, framing, skeleton):
    skeleton = get_skeleton(skeleton)
    pose = build(arch, skeleton, framing=framing).eval()(torch.randn(1, 20, skeleton.num_joints, 2))
    assert pose.shape == (1, 20, skeleton.num_joints, 3)
    assert (pose[:, :, skeleton.root] == 0).all()


@pytest.mark.parametrize("framing", ["turned", "box", "screen"])
def test_any_framing(arch, framing):
    model = build(arch, framing=framing, root_head="shared").eval()
    pose, path = model.motion(*shot(2, 20)[:1])
    assert pose.shape == (2, 20, 17, 3) and path.shape == (2, 20, 3)
    assert pose.isfinite().all() and path.isfinite().all()


def test_batch_is_the_same_as_alone(model):
    model = model.double()
    x, beside = shot(3, 40)
    alone = [model(x[i, None], **{name: value[i, None] for name, value in beside.items()}) for i in range(3)]
    torch.testing.assert_close(model(x, **beside), torch.cat(alone))


def test_sequences_and_batches_give_what_tensors_give(model):
    model = model.double()
    x, beside = shot(3, 40)
    clips = [make_sequence(*part, clip="k", **FACTS) for part in zip(x, strict=True)]
    torch.testing.assert_close(model(next(iter(DataLoader(clips, 3)))), model(x))
    for clip, confidence, lens in zip(clips, *beside.values(), strict=True):
        clip.confidence, clip.intrinsics = confidence.reshape(-1), lens[None]
    torch.testing.assert_close(model(next(iter(DataLoader(clips, 3)))), model(x, **beside))
    first = {name: value[:1] for name, value in beside.items()}
    torch.testing.assert_close(model(clips[0]), model(x[:1], **first))
    torch.testing.assert_close(model(clips[0]), model(model.frames(x[:1], **first)))


def test_wrong_inputs(model, monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match=r"expects keypoints \[B, T, 17, 2\]"):
        model(torch.zeros(1, 9, 16, 2))
    facts = dict(subject="S1", action="a", camera="c", clip="k", fps=50.0)
    with pytest.raises(ValueError, match="model of skeleton 'h36m17' got clips of coco17"):
        model(make_sequence(torch.zeros(9, 17, 2), skeleton="coco17", **facts))
    lengths = [make_sequence(torch.zeros(n, 17, 2), skeleton="h36m17", **facts) for n in (9, 10)]
    with pytest.raises(ValueError, match=r"clips of \[9, 10\] frames in one batch"):
        model(next(iter(DataLoader(lengths, 2))))


def test_deepcopy_and_state_dict_round_trip(arch, framing, model):
    x = torch.randn(1, 33, 17, 2)
    torch.testing.assert_close(copy.deepcopy(model)(x), model(x))
    other = build(arch, framing=framing).eval()
    assert not torch.equal(other(x), model(x))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(x), model(x))


def test_gradient_reaches_every_weight(model):
    model.train()
    model.lifted(torch.randn(4, 48, 17, 2)).square().mean().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_gradcheck(arch, framing):
    torch.manual_seed(0)
    model = build(arch, TINY, framing=framing).double().eval()
    x = torch.randn(1, 5, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, (x,), fast_mode=True)


@pytest.mark.parametrize("lens", [False, True], ids=["view", "lens"])
def test_what_a_missing_keypoint_says_is_not_looked_at(arch, lens):
    model = build(arch).double().eval()
    x, beside = shot(2, 30)
    if not lens:
        del beside["intrinsics"]
    missing = beside["confidence"] == 0
    other = torch.where(missing[..., None], 1e30 * torch.randn_like(x), x)
    pose = model(x, **beside)
    assert torch.equal(model(other, **beside), pose) and pose.isfinite().all()
    other.requires_grad_()
    (grad,) = torch.autograd.grad(model(other, **beside).square().sum(), other)
    assert (grad[missing] == 0).all() and grad.isfinite().all() and (grad[~missing] != 0).any()
    assert not torch.equal(model(x, **beside | {"confidence": missing.logical_not().double()}), pose)


def test_where_nothing_is_seen_poses_are_finite(arch, framing):
    model = build(arch, framing=framing, root_head="model").eval()
    x = torch.zeros(2, 20, 17, 2, requires_grad=True)
    found = torch.cat([part.flatten() for part in model.motion(x, confidence=torch.zeros(2, 20, 17))])
    assert found.isfinite().all()
    assert torch.autograd.grad(found.sum(), x)[0].isfinite().all()


def test_statistics_scale_and_shift_the_output(arch, framing):
    torch.manual_seed(0)
    model = build(arch, framing=framing, **FREE.get(arch, {})).eval()
    x, beside = shot(1, 20)
    x, beside = x.float(), {name: value.float() for name, value in beside.items()}
    raw = model(x, **beside)
    mean, scale = torch.randn(17, 3), torch.rand(17) + 0.5
    model.set_statistics(mean, torch.zeros(17))
    still = model(x, **beside)  # the mean pose before the virtual camera
    distances = torch.cdist(mean, mean)
    torch.testing.assert_close(torch.cdist(still[0], still[0]), distances.expand(20, 17, 17), rtol=0, atol=1e-4)
    if framing == "plain":
        torch.testing.assert_close(still, (mean - mean[0]).expand(1, 20, 17, 3))
    model.set_statistics(mean, torch.full((17,), 2.0))
    torch.testing.assert_close(model(x, **beside), 2 * raw + still, rtol=0, atol=1e-4)
    model.set_statistics(mean, scale)
    assert torch.isfinite(model(x, **beside)).all()


@pytest.mark.parametrize("root_head", ["model", "shared"])
def test_a_root_head_leaves_the_pose_alone(arch, framing, root_head):
    torch.manual_seed(0)
    model = build(arch, root_head=root_head, framing=framing, **FREE.get(arch, {})).double().eval()
    assert model.root_head == root_head
    x, beside = shot(2, 40)
    pose, path = model.motion(x, **beside)
    torch.testing.assert_close(pose, model(x, **beside))
    assert path.shape == (2, 40, 3)
    longer = model.lengthened(model.frames(x, **beside), *model.context)
    torch.testing.assert_close(model.motion(longer, with_context=True), (pose, path))
    torch.testing.assert_close(model(longer, with_context=True, all_outputs=True).path, path)

    mean, scale, root = torch.randn(17, 3).double(), torch.ones(17).double(), torch.tensor([0.1, 0.2, 5.0]).double()
    model.set_statistics(mean, scale, root, torch.tensor(2.0).double())
    moved, placed = model.motion(x, **beside)
    if framing == "plain":
        torch.testing.assert_close(placed, 2 * path + root)
        torch.testing.assert_close(moved, pose + mean - mean[0])
    else:  # the virtual camera says where the root is
        torch.testing.assert_close(placed, path)
        torch.testing.assert_close((moved - pose).norm(dim=-1), (mean - mean[0]).norm(dim=-1).expand(2, 40, 17))
    with pytest.raises(ValueError, match="needs the mean and the scale of the root"):
        model.set_statistics(mean, scale)


@pytest.mark.parametrize("root_head", ["model", "shared"])
def test_the_root_head_learns(arch, root_head):
    model = build(arch, root_head=root_head).train()
    model.motion(torch.randn(4, 48, 17, 2))[1].square().mean().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    of_pose = dict(model.named_parameters()).keys() - {f"trajectory.{n}" for n, _ in build(arch).named_parameters()}
    assert set(silent) == (of_pose if root_head == "model" else set())


def test_a_model_without_root_head_says_so(model):
    with pytest.raises(ValueError, match="this model has no root_head: build one with root_head='model'"):
        model.motion(torch.zeros(1, 9, 17, 2))


def test_unknown_names():
    with pytest.raises(ValueError, match="unknown arch 'ugnc'; known: "):
        build_model("ugnc", skeleton=SKELETON)
    with pytest.raises(ValueError, match="arch 'ugcn' has no option 'widths'; known: channels"):
        build_model("ugcn", skeleton=SKELETON, widths=3)


FACTS = dict(skeleton="h36m17", subject="S1", action="Walking", camera="c1", fps=50.0)


def clip(frames=20, seed=0):
    draw = torch.Generator().manual_seed(seed)
    made = make_sequence(torch.rand(frames, 17, 2, generator=draw, dtype=torch.float64), clip=str(seed), **FACTS)
    made.confidence = (torch.rand(frames * 17, generator=draw, dtype=torch.float64) - 0.1).clamp(min=0)
    made.intrinsics = torch.tensor([LENS], dtype=torch.float64)
    return made


def parts(*clips):
    """The keypoints of clips, and what a call takes beside them."""
    beside = {
        "confidence": torch.stack([clip.confidence.view(-1, 17) for clip in clips]),
        "intrinsics": torch.cat([clip.intrinsics for clip in clips]),
    }
    return torch.stack([clip.keypoints() for clip in clips]), beside


def altered(sequence, keep=None, more=()):
    """The clip without some of its edges, and with more bones."""
    made = copy.copy(sequence)
    keep = torch.ones(len(made.edge_type), dtype=torch.bool) if keep is None else keep
    extra = torch.tensor([*more, *(pair[::-1] for pair in more)], dtype=torch.long).view(-1, 2).T
    made.edge_index = torch.cat([made.edge_index[:, keep], extra], 1)
    made.edge_type = torch.cat([made.edge_type[keep], extra.new_zeros(extra.size(1))])
    return made


def without_a_bone(sequence):
    joints = sequence.edge_index % 17
    return altered(sequence, ~((sequence.edge_type == 0) & (joints == 2).any(0) & (joints == 3).any(0)))


def cut_at(sequence, *places):
    frames, keep = sequence.edge_index // 17, torch.ones(len(sequence.edge_type), dtype=torch.bool)
    for place in places:
        keep &= ~((frames.min(0).values == place - 1) & (frames.max(0).values == place))
    return altered(sequence, keep)


def test_a_clips_own_graph_gives_what_its_keypoints_give(model):
    sequence = clip()
    model.double()
    x, beside = parts(sequence)
    assert torch.equal(model(sequence), model(x, **beside))
    x, beside = parts(sequence, clip(seed=1))
    assert torch.equal(model(Batch.from_data_list([sequence, clip(seed=1)])), model(x, **beside))


def test_no_layer_looks_over_a_cut(model):
    model.double()
    sequence = clip()
    pose = model(cut_at(sequence, 5, 12))
    for start, stop in ((0, 5), (5, 12), (12, 20)):
        torch.testing.assert_close(pose[:, start:stop], model(sequence.window(start, stop)), rtol=0, atol=1e-12)
    batch = Batch.from_data_list([sequence, cut_at(sequence, 5, 12), cut_at(clip(seed=1), 12)])
    lifted = model(batch)
    torch.testing.assert_close(lifted[0], model(sequence)[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(lifted[1], pose[0], rtol=0, atol=1e-12)
    whole = model(clip(seed=1))[0]
    assert (lifted[2, 11] - whole[11]).abs().max() > 0  # every architecture looks at the frames beside one
    x, beside = parts(sequence)
    x.requires_grad_()
    pose = model(x, **beside, graph=MotionGraph.of_data(cut_at(sequence, 5, 12)))
    (grad,) = torch.autograd.grad(pose[:, 5:12].square().sum(), x)
    assert (grad[:, :5] == 0).all() and (grad[:, 12:] == 0).all() and (grad[:, 5:12] != 0).any()


def test_a_cut_stands_between_the_frames_of_a_root_path_too(arch, framing):
    torch.manual_seed(0)
    model = build(arch, root_head="model", framing=framing).eval().double()
    sequence = clip()
    pose, path = model.motion(cut_at(sequence, 7))
    for start, stop in ((0, 7), (7, 20)):
        ours = model.motion(sequence.window(start, stop))
        torch.testing.assert_close(pose[:, start:stop], ours[0], rtol=0, atol=1e-12)
        torch.testing.assert_close(path[:, start:stop], ours[1], rtol=0, atol=1e-12)


def test_training_does_not_look_over_a_cut(model):
    with pytest.raises(ValueError, match="this call looks over all frames at once; give the stretches"):
        model(cut_at(clip(), 7), all_outputs=True)


class TestDataDriveGraphConvolutions:
    @pytest.fixture(params=["matmul", "message_passing"])
    def model(self, request):
        torch.manual_seed(0)
        options = dict(channels=(6, 8, 10), down_up_pairs=2, merge_channels=6, graph_backend=request.param)
        return build_model("ugcn", skeleton=SKELETON, **options).eval().double()

    @pytest.mark.parametrize(
        "change",
        [
            without_a_bone,
            lambda sequence: altered(sequence, torch.zeros(len(sequence.edge_type), dtype=torch.bool)),
            lambda sequence: altered(sequence, more=[(3, 13)]),
            lambda sequence: altered(sequence, more=[(17 * t + 3, 17 * t + 13) for t in range(20)]),
            lambda sequence: altered(sequence, more=[(17 * t + 3, 17 * (t + 4) + 3) for t in range(0, 16, 5)]),
            lambda sequence: altered(
                sequence, sequence.edge_index[0] < sequence.edge_index[1] + 99 * sequence.edge_type
            ),
        ],
        ids=["a bone less", "no edges", "a bone more in one frame", "in every frame", "between frames", "one way only"],
    )
    def test_other_edges_give_another_pose_alone_as_in_a_batch(self, model, change):
        plain, other = clip(), change(clip())
        pose = model(other)
        assert (pose - model(plain)).abs().max() > 1e-4
        batch = Batch.from_data_list([plain, other, clip(seed=1)])
        alone = torch.cat([model(plain), pose, model(clip(seed=1))])
        torch.testing.assert_close(model(batch), alone, rtol=0, atol=1e-10)

    @pytest.mark.parametrize("arch", ["ugcn", "mgu"])
    def test_both_backends_agree_on_any_graph(self, arch):
        """With frames of context, which have the edges of the first and the last frame."""
        poses = []
        change = altered(clip(), more=[(3, 13), (17 * 19 + 5, 17 * 19 + 9)])  # in the first frame and in the last
        for backend in ("matmul", "message_passing"):
            torch.manual_seed(0)
            model = build(arch, graph="bones+mirror+next2", graph_backend=backend).eval().double()
            assert model.context == (8, 8)
            poses.append([model(without_a_bone(clip())), model(change), model(clip()), model(parts(clip())[0])])
        assert (poses[0][1] - poses[0][2]).abs().max() > 1e-4
        for one, other in zip(*poses, strict=True):
            torch.testing.assert_close(one, other, rtol=0, atol=1e-10)

    def test_the_order_of_edges_means_nothing(self, model):
        sequence = clip()
        order = torch.randperm(len(sequence.edge_type), generator=torch.Generator().manual_seed(0))
        mixed = copy.copy(sequence)
        mixed.edge_index, mixed.edge_type = sequence.edge_index[:, order], sequence.edge_type[order]
        torch.testing.assert_close(model(mixed), model(sequence), rtol=0, atol=1e-12)

    def test_gradients_of_message_passing_are_those_of_the_fast_path(self):
        grads = {}
        for backend in ("matmul", "message_passing"):
            torch.manual_seed(0)
            options = dict(channels=(6, 8, 10), down_up_pairs=2, merge_channels=6, graph_backend=backend)
            model = build_model("ugcn", skeleton=SKELETON, **options).double().train()
            for name, sequence in (("plain", clip()), ("more", altered(clip(), more=[(3, 13)]))):
                x = torch.stack([sequence.keypoints()] * 2)
                model.zero_grad()
                model(x, graph=MotionGraph.of_data(sequence)).square().sum().backward()
                grads[backend, name] = model.stem.spatial.weight.grad.clone()
        assert all(grad.isfinite().all() for grad in grads.values())
        for name in ("plain", "more"):
            torch.testing.assert_close(grads["matmul", name], grads["message_passing", name], rtol=1e-9, atol=1e-9)
        assert not torch.equal(grads["matmul", "plain"], grads["matmul", "more"])

    def test_further_kinds_have_weights_of_their_own(self):
        wide = build_model("ugcn", skeleton=SKELETON, graph="bones+mirror+next2")
        assert wide.graph_name == "bones+mirror+next2" and wide.stem.spatial.num_partitions == 5
        assert build_model("ugcn", skeleton=SKELETON).stem.spatial.num_partitions == 3

    def test_kinds_without_weights_are_refused(self, model):
        made = MotionGraph.of_skeleton(SKELETON, 20, "bones+mirror")
        sequence = clip()
        sequence.edge_index, sequence.edge_type = made.edge_index, made.edge_type
        with pytest.raises(
            ValueError, match=r"edge_type holds 2 \(mirror\), for which the model has no weights; .*graph="
        ):
            model(sequence)


def test_a_graph_of_another_length_or_size_is_refused():
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON, channels=(4, 6), down_up_pairs=1)
    for graph in (MotionGraph.of_skeleton(SKELETON, 9), MotionGraph.of_skeleton(TINY, 20)):
        with pytest.raises(ValueError, match="of .* joints, the input 20 frames of 17 joints"):
            model(torch.zeros(1, 20, 17, 2), graph=graph)


def test_edges_of_a_shorter_clip_are_refused(model):
    sequence = clip()
    sequence.edge_index = sequence.edge_index + 5 * 17
    with pytest.raises(ValueError, match="edge_index names node .*; give the graph of this skeleton and length"):
        model(sequence)


def test_data_and_a_graph_are_not_given_together(model, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(
        ValueError, match="data hold their own graph, confidence and intrinsics; give those with .*not both"
    ):
        model(clip(), graph=MotionGraph.of_data(clip()))
    for name, value in parts(clip())[1].items():
        with pytest.raises(ValueError, match="data hold their own graph, confidence and intrinsics"):
            model(clip(), **{name: value})
    with pytest.raises(TypeError, match="graph must be a MotionGraph"):
        model(clip().keypoints()[None], graph="bones")


def test_keypoints_with_a_cut_graph_are_cut(model):
    model.double()
    cut = cut_at(clip(), 9)
    x, beside = parts(cut)
    assert torch.equal(model(x, **beside, graph=MotionGraph.of_data(cut)), model(cut))


def test_all_outputs_of_a_graph_of_another_length_are_refused(model):
    with pytest.raises(ValueError, match="the graph has 1 clips of 9 frames"):
        model(torch.zeros(1, 20, 17, 2), graph=MotionGraph.of_skeleton(SKELETON, 9), all_outputs=True)


def test_cut_windows_with_their_context_are_refused(model):
    windows = WindowDataset([labelled_clip()], 8, 4, (3, 3)).batch(torch.arange(2))
    frames = windows.edge_index // 17
    keep = ~((frames.min(0).values == 3) & (frames.max(0).values == 4))
    windows.edge_index, windows.edge_type = windows.edge_index[:, keep], windows.edge_type[keep]
    with pytest.raises(ValueError, match="of 8 frames of 17 joints, the input 14 frames"):
        model(windows)
    with pytest.raises(ValueError, match="edge_index cuts the clip, and frames that come with their context"):
        model(windows, with_context=True)


def labelled_clip(frames=20):
    draw = torch.Generator().manual_seed(0)
    return make_sequence(torch.rand(frames, 17, 2, generator=draw), torch.rand(frames, 17, 3), clip="k", **FACTS)


@pytest.mark.parametrize(
    "field, value, message",
    [
        ("x", torch.zeros(339, 2), r"'x' is \[339, 2\], expected \[340, 2\] for 1 clips of 20 frames"),
        ("x", torch.zeros(680, 2), r"'x' is \[680, 2\], expected \[340, 2\]"),
        ("num_frames", 40, r"'x' is \[340, 2\], expected \[680, 2\] for 1 clips of 40 frames"),
    ],
)
def test_fields_that_do_not_fit_are_named(model, field, value, message):
    sequence = clip()
    sequence[field] = value
    with pytest.raises(ValueError, match=message):
        model(sequence)
    del sequence["skeleton"]
    with pytest.raises(ValueError, match="the data have no 'skeleton'"):
        model(sequence)


@pytest.mark.parametrize("graph", ["bones", "bones+next2"])
def test_stretches_of_one_and_two_frames_are_clips_of_their_own(graph):
    torch.manual_seed(0)
    options = dict(channels=(6, 8, 10), down_up_pairs=2, merge_channels=6, graph=graph)
    model = build_model("ugcn", skeleton=SKELETON, **options).eval().double()
    sequence = SetEdges(graph)(clip())
    frames, keep = sequence.edge_index // 17, torch.ones(len(sequence.edge_type), dtype=torch.bool)
    for place in (1, 3, 18):
        keep &= ~((frames.min(0).values < place) & (frames.max(0).values >= place))
    pose = model(altered(sequence, keep))
    for start, stop in ((0, 1), (1, 3), (3, 18), (18, 20)):
        x, beside = parts(sequence.window(start, stop))
        alone = model(x, **beside)
        torch.testing.assert_close(pose[:, start:stop], alone, rtol=0, atol=1e-12)
        torch.testing.assert_close(model(sequence.window(start, stop)), alone, rtol=0, atol=1e-12)


def test_both_backends_count_distances_from_the_graphs_root():
    made = MotionGraph.of_skeleton(SKELETON, 20)
    graph = MotionGraph(made.edge_index, made.edge_type, num_frames=20, num_joints=17, root=5)
    poses = []
    for backend in ("matmul", "message_passing"):
        torch.manual_seed(0)
        options = dict(channels=(6, 8), down_up_pairs=1, merge_channels=6, graph_backend=backend)
        model = build_model("ugcn", skeleton=SKELETON, **options).eval().double()
        x = clip().keypoints()[None]
        poses += [model(x, graph=graph), model(x)]
    torch.testing.assert_close(poses[0], poses[2], rtol=0, atol=1e-12)
    assert (poses[0] - poses[1]).abs().max() > 1e-3
