"""The posed mesh against skinning in numpy, and the joints that each joint regressor gives.

Covers :mod:`pygpose.smpl.body` and ``joint_regressors``.
"""

import sys

import jaxtyping
import numpy as np
import pytest
import roma
import torch

from graphs import get_skeleton
from pygpose.smpl import load_body

H36M, LSP = get_skeleton("h36m17").joints, get_skeleton("lsp15").joints
LEFT_LEG_FIRST = [H36M[i] for i in (0, 4, 5, 6, 1, 2, 3, *range(7, 17))]
# Where TCMR's J_regressor_h36m.npy has the 14 joints of LSP.
TCMR_LSP = (6, 5, 4, 1, 2, 3, 16, 15, 14, 11, 12, 13, 8, 10)


def poses(count=3, joints=24, seed=0):
    draw = torch.Generator().manual_seed(seed)
    vectors = torch.randn(count, joints, 3, generator=draw, dtype=torch.float64)
    return roma.rotvec_to_rotmat(vectors), torch.randn(count, 10, generator=draw, dtype=torch.float64)


@pytest.fixture
def write_rows(tmp_path):
    def write(rows, name="rows.npy"):
        np.save(tmp_path / name, rows)
        return tmp_path / name

    return write


@pytest.fixture
def smpl(tmp_path, made_body):
    arrays = made_body.make_arrays()
    return arrays, made_body.write_npz(tmp_path / "body.npz", arrays)


@pytest.mark.parametrize("tree", ["PARENTS", "PARENTS_H"])
def test_as_skinning_in_numpy(tmp_path, made_body, tree):
    parents = getattr(made_body, tree)
    arrays = made_body.make_arrays(parents, each=3)
    body = load_body(made_body.write_npz(tmp_path / "body.npz", arrays), dtype=torch.float64)
    assert (body.tree_size, body.skeleton) == (len(parents), "smpl24" if len(parents) == 24 else None)
    rotations, shape = poses(joints=len(parents))
    output = body(rotations, shape)
    for i in range(3):
        vertices, joints = made_body.skin(arrays, rotations[i].numpy(), shape[i].numpy())
        np.testing.assert_allclose(output.vertices[i].numpy(), vertices, rtol=0, atol=1e-12)
        np.testing.assert_allclose(output.joints[i].numpy(), joints, rtol=0, atol=1e-12)
    torch.testing.assert_close(body.tree_joints(rotations, shape), output.joints, rtol=0, atol=1e-12)


def test_a_turned_root_turns_the_body_about_its_root(smpl):
    body = load_body(smpl[1], dtype=torch.float64)
    rotations, shape = poses()
    turn = poses(seed=1)[0][0, 0]
    before, root = body(rotations, shape).vertices, body.tree_joints(rotations, shape)[:, :1]
    turned = rotations.clone()
    turned[:, 0] = turn @ rotations[:, 0]
    torch.testing.assert_close(body(turned, shape).vertices, (before - root) @ turn.T + root, rtol=0, atol=1e-12)


def test_gradients_reach_pose_and_shape(smpl):
    body = load_body(smpl[1])
    rotations, shape = (value.float().requires_grad_() for value in poses())
    output = body(rotations, shape)
    assert output.vertices.dtype == torch.float32
    output.vertices.sum().backward()
    assert (rotations.grad != 0).any() and (shape.grad != 0).all()


def test_no_licensed_array_is_in_a_state_dict(smpl, write_rows, made_body):
    body = load_body(smpl[1], write_rows(made_body.make_rows(H36M, smpl[0])))
    assert body.state_dict() == {} and list(body.parameters()) == []
    assert body.double().template.dtype == torch.float64 and body.faces.dtype == torch.int64


def test_autocast_leaves_the_body_alone(smpl):
    body = load_body(smpl[1])
    rotations, shape = (value.float() for value in poses())
    expected = body(rotations, shape).vertices
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(body(rotations.mT.contiguous().mT, shape).vertices, expected, rtol=0, atol=0)


@pytest.mark.parametrize("order", [H36M, LEFT_LEG_FIRST], ids=["right leg first", "left leg first"])
def test_human36m_joints_from_either_public_file(smpl, write_rows, made_body, order):
    rows = made_body.make_rows(order, smpl[0])
    body = load_body(smpl[1], write_rows(rows), dtype=torch.float64)
    assert body.skeleton == "h36m17"
    output = body(*poses())
    for joint, name in enumerate(H36M):
        expected = np.einsum("v,bvc->bc", rows[order.index(name)], output.vertices.numpy())
        np.testing.assert_allclose(output.joints[:, joint].numpy(), expected, rtol=0, atol=1e-12)


def test_lsp_joints_out_of_17_are_those_of_tcmr(smpl, write_rows, made_body):
    rows = made_body.make_rows(LEFT_LEG_FIRST, smpl[0])
    body = load_body(smpl[1], write_rows(rows), skeleton="lsp15", dtype=torch.float64)
    output = body(*poses())
    expected = np.einsum("jv,bvc->bjc", rows, output.vertices.numpy())[:, list(TCMR_LSP)]
    np.testing.assert_allclose(output.joints[:, :14].numpy(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(output.joints[:, 14].numpy(), (expected[:, 2] + expected[:, 3]) / 2, rtol=0, atol=1e-12)


def test_lsp_joints_out_of_14(smpl, write_rows, made_body):
    rows = made_body.make_rows(LSP[:14], smpl[0])
    body = load_body(smpl[1], write_rows(rows), dtype=torch.float64)
    assert body.skeleton == "lsp15"
    output = body(*poses())
    expected = np.einsum("jv,bvc->bjc", rows, output.vertices.numpy())
    np.testing.assert_allclose(output.joints[:, :14].numpy(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(output.joints[:, 14].numpy(), (expected[:, 2] + expected[:, 3]) / 2, rtol=0, atol=1e-12)


def test_joints_that_the_files_do_not_give(tmp_path, smpl, write_rows, made_body):
    arrays, path = smpl
    with pytest.raises(ValueError, match="24 joints; 'lsp15' needs a joint regressor"):
        load_body(path, skeleton="lsp15")
    hands = made_body.write_npz(tmp_path / "hands.npz", made_body.make_arrays(made_body.PARENTS_H, each=1))
    with pytest.raises(ValueError, match="52 joints; 'smpl24' needs a body of 24 joints"):
        load_body(hands, skeleton="smpl24")
    with pytest.raises(ValueError, match="its 14 rows give lsp15, not 'h36m17'"):
        load_body(path, write_rows(made_body.make_rows(LSP[:14], arrays)), skeleton="h36m17")
    with pytest.raises(ValueError, match="its 17 rows give h36m17 and lsp15, not 'smpl24'"):
        load_body(path, write_rows(made_body.make_rows(H36M, arrays)), skeleton="smpl24")


def test_joint_regressors_that_do_not_fit(smpl, write_rows, made_body):
    arrays, path = smpl
    rows = made_body.make_rows(H36M, arrays)
    for wrong, message in (
        (rows[:16], r"\[16, 96\] given, expected numbers for 14 or 17 joints and the 96 vertices"),
        (rows[:, :90], r"\[17, 90\] given"),
        (rows.astype(int), "int64"),
        (np.where(rows == rows.max(), np.nan, rows), "1 weights are NaN"),
        (rows[::-1], "rows in no known order: as 17 joints of Human3.6M, '.*' is on the other side"),
        (made_body.make_rows(LSP[:14], arrays)[[5, 4, 3, 2, 1, 0, *range(6, 14)]], "'RAnkle' is on the other side"),
        (np.array([None]), "could run code"),
    ):
        with pytest.raises(ValueError, match=message):
            load_body(path, write_rows(wrong))
    with pytest.raises(FileNotFoundError):
        load_body(path, path.with_name("none.npy"))
    cut = write_rows(rows)
    cut.write_bytes(cut.read_bytes()[:-8])
    with pytest.raises(ValueError, match="copy or download it again"):
        load_body(path, cut)


def test_another_number_of_rotations(smpl, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    body = load_body(smpl[1], dtype=torch.float64)
    rotations, shape = poses()
    for wrong in ((rotations[:, :23], shape), (rotations, shape[:, :9]), (rotations, shape[:1])):
        with pytest.raises(ValueError, match=r"this body needs \[B, 24, 3, 3\] and \[B, 10\]"):
            body(*wrong)


def test_without_smplx_the_way_to_it_is_said(smpl, monkeypatch):
    monkeypatch.setitem(sys.modules, "smplx.lbs", None)
    with pytest.raises(ImportError, match=r"pip install 'pygpose\[smpl\]'"):
        load_body(smpl[1], dtype=torch.float64)(*poses())
