"""The Laplacian against dense numpy, its properties, and the module: two backends, copies, autocast, errors."""

import copy
import io
import pickle
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from graphs import Laplacian, Skeleton, get_skeleton, motion_laplacian

CHAIN = Skeleton("chain", ("A", "B", "C"), (-1, 0, 1), (), ())
NAMES = ["h36m17", "coco17", "smpl24"]
NORMALIZATIONS = pytest.mark.parametrize("normalization", [None, "sym", "rw"])
BACKENDS = pytest.mark.parametrize("backend", ["sparse", "product"])
LENGTHS = pytest.mark.parametrize("num_frames", [1, 2, 7])
WEIGHTS = pytest.mark.parametrize(
    "spatial, temporal", [(1.0, 1.0), (0.3, 2.7), (0.0, 1.5), (1.5, 0.0), (0.0, 0.0)], ids=str
)
weights = st.floats(0, 10)


def adjacency(skeleton, num_frames, spatial, temporal):
    """Node by node, without the graph under test."""
    joints = skeleton.num_joints
    dense = np.zeros((num_frames * joints,) * 2)
    for frame in range(num_frames):
        for joint, parent in enumerate(skeleton.parents):
            node = frame * joints + joint
            if parent >= 0:
                dense[node, node - joint + parent] = dense[node - joint + parent, node] = spatial
            if frame > 0:
                dense[node, node - joints] = dense[node - joints, node] = temporal
    return dense


def laplacian(dense, normalization):
    degree = dense.sum(1)
    if normalization is None:
        return np.diag(degree) - dense
    power = -1 if normalization == "rw" else -0.5
    inverse = np.zeros_like(degree)
    inverse[degree > 0] = degree[degree > 0] ** power
    scaled = inverse[:, None] * dense if normalization == "rw" else inverse[:, None] * dense * inverse
    return np.eye(len(dense)) - scaled


def random_pose(skeleton, num_frames, dtype=torch.float64, batch=2):
    rng = np.random.default_rng(num_frames)
    return torch.tensor(rng.normal(size=(batch, num_frames, skeleton.num_joints, 3)), dtype=dtype)


@WEIGHTS
@NORMALIZATIONS
@LENGTHS
@pytest.mark.parametrize("name", NAMES)
def test_matrix_agrees_with_numpy(name, num_frames, normalization, spatial, temporal):
    skeleton = get_skeleton(name)
    matrix = motion_laplacian(
        skeleton,
        num_frames,
        spatial_weight=spatial,
        temporal_weight=temporal,
        normalization=normalization,
        dtype=torch.float64,
    )
    assert matrix.layout == torch.sparse_csr
    expected = laplacian(adjacency(skeleton, num_frames, spatial, temporal), normalization)
    np.testing.assert_allclose(matrix.to_dense().numpy(), expected, rtol=0, atol=1e-14)


def test_unit_weights_without_normalization_are_the_default():
    matrix = motion_laplacian(CHAIN, 2)
    assert matrix.dtype == torch.float32
    assert matrix.to_dense().tolist() == [
        [2, -1, 0, -1, 0, 0],
        [-1, 3, -1, 0, -1, 0],
        [0, -1, 2, 0, 0, -1],
        [-1, 0, 0, 2, -1, 0],
        [0, -1, 0, -1, 3, -1],
        [0, 0, -1, 0, -1, 2],
    ]


@given(
    name=st.sampled_from(NAMES),
    num_frames=st.integers(1, 5),
    spatial=weights,
    temporal=weights,
    seed=st.integers(0, 2**32 - 1),
)
def test_energy_is_the_weighted_sum_of_squared_differences(name, num_frames, spatial, temporal, seed):
    skeleton = get_skeleton(name)
    options = {"spatial_weight": spatial, "temporal_weight": temporal, "dtype": torch.float64}
    matrix = motion_laplacian(skeleton, num_frames, **options).to_dense()
    assert torch.equal(matrix, matrix.T)
    torch.testing.assert_close(matrix.sum(1), torch.zeros(len(matrix), dtype=torch.float64), rtol=0, atol=1e-12)

    x = torch.tensor(np.random.default_rng(seed).normal(size=(num_frames, skeleton.num_joints)))
    bones = sum((x[:, child] - x[:, parent]).square().sum() for parent, child in skeleton.bones)
    energy = spatial * bones + temporal * x.diff(dim=0).square().sum()
    assert energy >= 0
    torch.testing.assert_close(x.flatten() @ matrix @ x.flatten(), energy)

    normalized = motion_laplacian(skeleton, num_frames, **options, normalization="sym").to_dense()
    torch.testing.assert_close(normalized, normalized.T, rtol=0, atol=1e-15)
    assert x.flatten() @ normalized @ x.flatten() >= -1e-12


@WEIGHTS
@NORMALIZATIONS
@BACKENDS
@LENGTHS
@pytest.mark.parametrize("name", NAMES)
def test_both_backends_agree_with_dense(name, num_frames, backend, normalization, spatial, temporal):
    skeleton = get_skeleton(name)
    module = Laplacian(
        skeleton, spatial_weight=spatial, temporal_weight=temporal, normalization=normalization, backend=backend
    )
    pose = random_pose(skeleton, num_frames)
    dense = torch.tensor(laplacian(adjacency(skeleton, num_frames, spatial, temporal), normalization))
    expected = torch.einsum("mn,bnc->bmc", dense, pose.flatten(1, 2)).view_as(pose)
    torch.testing.assert_close(module(pose), expected, rtol=0, atol=1e-12)


@BACKENDS
def test_takes_any_batch_and_channels(backend):
    pose = random_pose(CHAIN, 4, batch=1).expand(5, -1, -1, -1)[..., :2]
    for part in (pose, pose[:0], pose[..., :1]):
        dense = torch.tensor(laplacian(adjacency(CHAIN, 4, 1, 1), None))
        expected = torch.einsum("mn,bnc->bmc", dense, part.flatten(1, 2)).view_as(part)
        torch.testing.assert_close(Laplacian(CHAIN, backend=backend)(part), expected)


@NORMALIZATIONS
@BACKENDS
def test_gradient(backend, normalization):
    module = Laplacian(CHAIN, spatial_weight=0.3, temporal_weight=2.7, normalization=normalization, backend=backend)
    assert torch.autograd.gradcheck(module, random_pose(CHAIN, 3).requires_grad_())


class NoTensors(pickle.Pickler):
    def persistent_id(self, obj):
        assert not isinstance(obj, torch.Tensor), "a tensor travels with the module"


@BACKENDS
def test_a_used_module_copies_and_holds_no_tensors(backend):
    module = Laplacian(CHAIN, spatial_weight=0.3, normalization="rw", backend=backend)
    pose = random_pose(CHAIN, 4)
    expected = module(pose)
    NoTensors(io.BytesIO()).dump(module)
    assert module.state_dict() == {}
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(pose), expected)
        assert repr(twin) == repr(module) == f"Laplacian('chain', normalization=rw, backend='{backend}')"


@BACKENDS
def test_serves_lengths_and_precisions_in_turn(backend):
    module = Laplacian(CHAIN, backend=backend)
    for num_frames, dtype in [(4, torch.float64), (1, torch.float64), (4, torch.float32), (4, torch.float64)]:
        pose = random_pose(CHAIN, num_frames, dtype)
        result = module(pose)
        assert result.dtype == dtype
        assert torch.equal(result, Laplacian(CHAIN, backend=backend)(pose))


@BACKENDS
def test_trains_after_an_evaluation_in_inference_mode(backend):
    module = Laplacian(CHAIN, backend=backend)
    pose = random_pose(CHAIN, 4)
    with torch.inference_mode():
        module(pose)
    module(pose.requires_grad_()).square().sum().backward()
    assert pose.grad is not None and pose.grad.abs().sum() > 0


@BACKENDS
def test_autocast_changes_nothing(backend):
    module, pose = Laplacian(CHAIN, backend=backend), random_pose(CHAIN, 4, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = module(pose)
    assert result.dtype == torch.float32
    assert torch.equal(result, module(pose))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@BACKENDS
def test_half_precision_is_computed_in_single(backend, dtype):
    module, pose = Laplacian(CHAIN, backend=backend), random_pose(CHAIN, 4, dtype).requires_grad_()
    with torch.autocast("cpu", dtype=dtype):
        result = module(pose)
    assert torch.equal(result, module(pose.detach().float()))
    result.square().sum().backward()
    assert pose.grad is not None and pose.grad.dtype == dtype


@pytest.fixture
def unchecked(monkeypatch):
    """Calls as users make them: without the type checks of the test suite, which would speak first."""
    monkeypatch.setattr("jaxtyping.config.jaxtyping_disable", True)


@pytest.mark.parametrize(
    "options, sentence",
    [
        (
            {"spatial_weight": -1.0},
            "Laplacian weights must be finite and not negative, got spatial_weight=-1.0, temporal_weight=1.0",
        ),
        (
            {"temporal_weight": float("nan")},
            "Laplacian weights must be finite and not negative, got spatial_weight=1.0, temporal_weight=nan",
        ),
        (
            {"temporal_weight": float("inf")},
            "Laplacian weights must be finite and not negative, got spatial_weight=1.0, temporal_weight=inf",
        ),
        ({"normalization": "symm"}, "unknown Laplacian normalization 'symm'; known: None, sym, rw"),
    ],
)
def test_bad_options_are_refused(unchecked, options, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        motion_laplacian(CHAIN, 2, **options)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Laplacian(CHAIN, **options)


def test_an_unknown_backend_gets_the_known_ones(unchecked):
    with pytest.raises(ValueError, match="^unknown Laplacian backend 'dense'; known: sparse, product$"):
        Laplacian(CHAIN, backend="dense")


@pytest.mark.parametrize("shape", [(2, 4, 17, 3), (4, 3, 3)], ids=str)
def test_another_shape_is_refused(unchecked, shape):
    sentence = f"Laplacian of skeleton 'chain' expects [B, T, 3, C], got {list(shape)}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Laplacian(CHAIN)(torch.zeros(shape))
