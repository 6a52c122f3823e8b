"""TCMR: one window is what a whole clip is made of, and training compares its outputs with the truths it says."""

import numpy as np
import pytest
import torch
from torch import nn

from graphs import get_skeleton
from pygpose.models import build_model, from_tcmr
from pygpose.smpl import load_body

SKELETON = get_skeleton("h36m17")
SMALL = {"channels": 12, "hidden": 6}


def build(**options):
    torch.manual_seed(0)
    model = build_model("tcmr", skeleton=SKELETON, framing="plain", **SMALL | options).double().eval()
    model.set_statistics(torch.randn(17, 3).double(), torch.rand(17).double() + 0.5)
    return model


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("frames", [1, 5, 16, 40])
def test_a_clip_is_its_windows_one_by_one_and_its_ends_stand_still(layers, frames):
    model = build(layers=layers)
    x = torch.randn(2, frames, 17, 2, dtype=torch.float64)
    padded = torch.cat([x[:, :1].expand(-1, 8, -1, -1), x, x[:, -1:].expand(-1, 7, -1, -1)], 1)
    naive = [model.forward_window(padded[:, start : start + 16])["integrated"] for start in range(frames)]
    torch.testing.assert_close(model(x), torch.stack(naive, 1))


def test_a_window_gives_the_middle_frame_thrice():
    poses = build().forward_window(torch.randn(3, 16, 17, 2, dtype=torch.float64))
    assert set(poses) == {"integrated", "past", "future"}
    for pose in poses.values():
        assert pose.shape == (3, 17, 3) and (pose[:, 0] == 0).all()
    assert not torch.equal(poses["past"], poses["future"])


def test_forecasts_do_not_depend_on_the_middle_frame():
    model = build()
    x = torch.randn(1, 16, 17, 2, dtype=torch.float64)
    other = x.clone()
    other[:, 8] += 1
    first, second = model.forward_window(x), model.forward_window(other)
    assert torch.equal(first["past"], second["past"]) and torch.equal(first["future"], second["future"])
    assert not torch.equal(first["integrated"], second["integrated"])


@pytest.mark.parametrize(
    "options, targets",
    [
        ({}, (0, 0, 0)),
        ({"forecast_target": "neighbours"}, (0, -1, 1)),
        ({"forecast_target": "none"}, (0,)),
        ({"forecast": False}, (0,)),
        ({"residual": True, "forecast_input": "with_current"}, (0, 0, 0)),
    ],
)
def test_training_gets_as_many_poses_as_it_compares(options, targets):
    model = build(**options)
    assert model.targets == targets
    x = torch.randn(2, 30, 17, 2, dtype=torch.float64)
    outputs = model(x, with_context=True, all_outputs=True)
    poses = outputs.poses
    assert outputs.path is None and outputs.smpl is None and poses.shape == (len(targets), 2, 15, 17, 3)
    torch.testing.assert_close(poses[0], model(x, with_context=True))
    if len(targets) == 3:
        window = model.forward_window(x[:, 4:20])
        torch.testing.assert_close(poses[1:, :, 4], torch.stack([window["past"], window["future"]]))


def test_bad_input():
    with pytest.raises(ValueError, match="a window of this model has 16 frames, got 15"):
        build().forward_window(torch.zeros(1, 15, 17, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="built without PoseForecast"):
        build(forecast=False).forward_window(torch.zeros(1, 16, 17, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="TCMRConfig.window must hold a past, a middle and a future frame, got 2"):
        build(window=2)
    with pytest.raises(ValueError, match="TCMRConfig.hidden must be at least 1, got 0"):
        build(hidden=0)


class Official(nn.Module):
    """The network with the official names, as its paper and weights have it, one window at a time."""

    def __init__(self, channels=12, hidden=6, layers=2):
        super().__init__()
        self.encoder, self.regressor = nn.Module(), nn.Module()
        self.encoder.gru_cur = nn.GRU(channels, hidden, layers, bidirectional=True)
        self.encoder.gru_bef, self.encoder.gru_aft = nn.GRU(channels, hidden, layers), nn.GRU(channels, hidden, layers)
        self.encoder.linear_cur = nn.Linear(2 * hidden, channels)
        self.encoder.linear_bef, self.encoder.linear_aft = nn.Linear(hidden, channels), nn.Linear(hidden, channels)
        self.encoder.attention = nn.Module()
        self.encoder.attention.fc = nn.Linear(channels, 256)
        sizes = [(768, 256), (256, 256), (256, 3)]
        self.encoder.attention.attention = nn.Sequential(*(m for size in sizes for m in (nn.Linear(*size), nn.Tanh())))
        self.regressor.fc1, self.regressor.fc2 = nn.Linear(channels + 157, 1024), nn.Linear(1024, 1024)
        for name, size in (("decpose", 144), ("decshape", 10), ("deccam", 3)):
            setattr(self.regressor, name, nn.Linear(1024, size))
        for name, size in (("init_pose", 144), ("init_shape", 10), ("init_cam", 3)):
            self.regressor.register_buffer(name, torch.randn(1, size))
        self.regressor.register_buffer("smpl", torch.zeros(3))

    def forward(self, window):
        frames, encoder, head = window[:, None], self.encoder, self.regressor
        current = encoder.linear_cur(encoder.gru_cur(frames)[0][8].relu())
        before = encoder.linear_bef(encoder.gru_bef(frames[:8])[0][-1].relu())
        after = encoder.linear_aft(encoder.gru_aft(frames[9:].flip(0))[0][-1].relu())
        each = torch.cat([before, current, after])
        weights = encoder.attention.attention(encoder.attention.fc(each).flatten()).softmax(-1)
        pose, shape, camera = head.init_pose, head.init_shape, head.init_cam
        for _ in range(3):
            x = head.fc2(head.fc1(torch.cat([(weights @ each)[None], pose, shape, camera], 1)))
            pose, shape, camera = pose + head.decpose(x), shape + head.decshape(x), camera + head.deccam(x)
        first, second = pose.view(24, 3, 2).unbind(-1)
        first = first / first.norm(dim=-1, keepdim=True)
        second = second - (first * second).sum(-1, keepdim=True) * first
        second = second / second.norm(dim=-1, keepdim=True)
        return torch.stack([first, second, torch.linalg.cross(first, second)], -1), shape[0], camera[0]


@pytest.fixture
def official():
    torch.manual_seed(0)
    return Official().double().eval()


@pytest.mark.parametrize("whole_file", [False, True])
def test_official_weights_give_the_official_outputs(official, whole_file, made_body, tmp_path):
    arrays = made_body.make_arrays()
    made_body.write_npz(tmp_path / "body.npz", arrays)
    state = official.state_dict()
    state["regressor.smpl.lbs_weights"] = state.pop("regressor.smpl")
    state = {"gen_state_dict": state, "performance": 55.8} if whole_file else state
    model = from_tcmr(state, skeleton="smpl24", body=str(tmp_path / "body.npz"))
    model.body = load_body(tmp_path / "body.npz", dtype=torch.float64)
    x = torch.randn(1, 20, 12, dtype=torch.float64)
    bodies = model.bodies(x)
    pose = model(x)
    padded = torch.cat([x[0, :1].expand(8, -1), x[0], x[0, -1:].expand(7, -1)])
    for frame in range(20):
        rotations, shape, camera = official(padded[frame : frame + 16])
        torch.testing.assert_close(bodies.rotations[0, frame], rotations)
        torch.testing.assert_close(bodies.shape[0, frame], shape)
        torch.testing.assert_close(bodies.camera[0, frame], camera)
    _, joints = made_body.skin(arrays, rotations.detach().numpy(), shape.detach().numpy())
    np.testing.assert_allclose(bodies.joints[0, -1].detach().numpy(), joints, atol=1e-9)
    np.testing.assert_allclose(pose[0, -1].detach().numpy(), joints - joints[0], atol=1e-9)


def test_weights_that_do_not_fit_are_named(official):
    state = official.state_dict()
    del state["regressor.smpl"]
    with pytest.raises(ValueError, match="no TCMR weights: .* not among a, b"):
        from_tcmr({"a": torch.zeros(1), "b": torch.zeros(1)})
    short = {name: value for name, value in state.items() if name != "encoder.linear_cur.bias"}
    with pytest.raises(ValueError, match="of 2 layers of 6 states: missing: encoder.out_all.bias"):
        from_tcmr(short)
    with pytest.raises(ValueError, match=r"of another shape: regressor.deccam.bias \[4\] instead of \[3\]"):
        from_tcmr(state | {"regressor.deccam.bias": torch.zeros(4)})
    with pytest.raises(ValueError, match="unexpected: motion"):
        from_tcmr(state | {"motion": torch.zeros(4)})


def test_without_a_body_there_are_no_joints(official):
    state = official.state_dict()
    del state["regressor.smpl"]
    with pytest.raises(ValueError, match="gives joints through a SMPL body and has none"):
        from_tcmr(state)(torch.zeros(1, 9, 12, dtype=torch.float64))


def test_mean_parameters_are_among_the_weights_and_their_file_is_not_asked_for_again(tmp_path):
    names = {"pose": 144, "shape": 10, "cam": 3}
    means = {name: np.random.default_rng(0).normal(size=size) for name, size in names.items()}
    np.savez(tmp_path / "means.npz", **means)
    options = {"input": "features", **SMALL}
    model = build_model("tcmr", skeleton=SKELETON, mean_parameters=str(tmp_path / "means.npz"), **options)
    (tmp_path / "means.npz").unlink()
    again = build_model("tcmr", skeleton=SKELETON, config=model.config)
    again.load_state_dict(model.state_dict())
    np.testing.assert_allclose(again.regressor.init_shape[0], means["shape"], rtol=1e-6)
