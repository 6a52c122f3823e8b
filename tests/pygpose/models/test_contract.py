"""What every registered architecture must hold. Registering one enrols it here."""

import copy

import jaxtyping
import pytest
import torch
from torch_geometric.loader import DataLoader

from graphs import Skeleton, get_skeleton
from pygpose.data import make_sequence
from pygpose.models import MODELS, build_model

SKELETON = get_skeleton("h36m17")
TINY = Skeleton("tiny3", ("Root", "L", "R"), (-1, 0, 0), (1,), (2,))


# Options that make an architecture small enough to test in a moment; one that is not named here runs as it is.
SMALL = {
    "tcn": {"filter_widths": (3, 3, 3), "channels": 32},
    "cvm": {"channels": 32},
    "tcmr": {"channels": 32, "hidden": 16},
}


def build(arch, skeleton=SKELETON, **options):
    return build_model(arch, skeleton=skeleton, **SMALL.get(arch, {}), **options)


@pytest.fixture(params=list(MODELS))
def arch(request):
    return request.param


@pytest.fixture
def model(arch):
    torch.manual_seed(0)
    return build(arch).eval()


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 96, 243])
def test_any_length(model, frames):
    assert model(torch.randn(2, frames, 17, 2)).shape == (2, frames, 17, 3)


def test_other_precisions_are_brought_to_the_weights(model):
    x = torch.randn(1, 20, 17, 2)
    pose = model(x.double())
    assert pose.dtype == torch.float32 and torch.equal(pose, model(x))


def test_what_is_no_config_or_skeleton_is_named(arch, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(TypeError, match="this architecture takes a .*Config, got dict"):
        build_model(arch, skeleton=SKELETON, config={"channels": 3})
    with pytest.raises(TypeError, match="skeleton must be a Skeleton, such as get_skeleton"):
        build_model(arch, skeleton="h36m17")
    with pytest.raises(ValueError, match="unknown root_head 'path'; known: none, model, shared"):
        build(arch, root_head="path")


@pytest.mark.parametrize("skeleton", ["coco17", "openpose25", "humaneva15", "smpl24"])
def test_any_skeleton(arch, skeleton):
    skeleton = get_skeleton(skeleton)
    pose = build(arch, skeleton).eval()(torch.randn(1, 20, skeleton.num_joints, 2))
    assert pose.shape == (1, 20, skeleton.num_joints, 3)
    assert (pose[:, :, skeleton.root] == 0).all()


def test_batch_is_the_same_as_alone(model):
    model = model.double()
    x = torch.randn(3, 40, 17, 2, dtype=torch.float64)
    alone = torch.cat([model(x[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(model(x), alone)


def test_sequences_and_batches_give_what_tensors_give(model):
    model = model.double()
    x = torch.randn(3, 40, 17, 2, dtype=torch.float64)
    facts = dict(skeleton="h36m17", subject="S1", action="a", camera="c", clip="k", fps=50.0)
    clips = [make_sequence(part, **facts) for part in x]
    torch.testing.assert_close(model(next(iter(DataLoader(clips, 3)))), model(x))
    torch.testing.assert_close(model(clips[0]), model(x[:1]))


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


def test_deepcopy_and_state_dict_round_trip(arch, model):
    x = torch.randn(1, 33, 17, 2)
    torch.testing.assert_close(copy.deepcopy(model)(x), model(x))
    other = build(arch).eval()
    assert not torch.equal(other(x), model(x))
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(x), model(x))


def test_gradient_reaches_every_weight(arch):
    model = build(arch).train()
    model(torch.randn(4, 48, 17, 2)).square().mean().backward()
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_gradcheck(arch):
    torch.manual_seed(0)
    model = build(arch, TINY).double().eval()
    x = torch.randn(1, 5, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(model, (x,), fast_mode=True)


def test_statistics_scale_and_shift_the_output(model):
    x = torch.randn(1, 20, 17, 2)
    raw = model(x)
    mean, scale = torch.randn(17, 3), torch.rand(17) + 0.5
    model.set_statistics(mean, torch.full((17,), 2.0))
    torch.testing.assert_close(model(x), 2 * raw + mean - mean[0])
    model.set_statistics(mean, torch.zeros(17))
    torch.testing.assert_close(model(x), (mean - mean[0]).expand(1, 20, 17, 3))
    model.set_statistics(mean, scale)
    assert torch.isfinite(model(x)).all()


@pytest.mark.parametrize("root_head", ["model", "shared"])
def test_a_root_head_leaves_the_pose_alone(arch, root_head):
    torch.manual_seed(0)
    model = build(arch, root_head=root_head).double().eval()
    assert model.root_head == root_head
    x = torch.randn(2, 40, 17, 2, dtype=torch.float64)
    pose, path = model.motion(x)
    torch.testing.assert_close(pose, model(x))
    assert path.shape == (2, 40, 3)
    before, after = model.context
    kept = model.motion(torch.cat([x[:, :1]] * before + [x] + [x[:, -1:]] * after, 1), with_context=True)
    torch.testing.assert_close(kept, (pose, path))

    mean, scale, root = torch.randn(17, 3).double(), torch.ones(17).double(), torch.tensor([0.1, 0.2, 5.0]).double()
    model.set_statistics(mean, scale, root, torch.tensor(2.0).double())
    torch.testing.assert_close(model.motion(x)[1], 2 * path + root)
    torch.testing.assert_close(model(x), pose + mean - mean[0])
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
