"""Other people's torch files: what they hold beside weights is neither run nor in the way."""

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.models import build_model, from_tcmr
from pygpose.models.weights.videopose3d import from_videopose3d, to_videopose3d
from pygpose.safe.weights import LeftOut, read_official


class Bomb:
    def __reduce__(self):
        return print, ("ran",)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_as_videopose3d_saves_it(zipped, tmp_path):
    torch.manual_seed(0)
    model = build_model(
        "tcn", skeleton=get_skeleton("h36m17"), framing="plain", filter_widths=(3, 3), channels=8
    ).eval()
    content = {
        "epoch": 80,
        "lr": np.float64(0.001),
        "random_state": np.random.RandomState(1234),
        "optimizer": {"state": {0: {"step": 3, "exp_avg": torch.ones(2)}}, "param_groups": [{"lr": 0.001}]},
        "model_pos": to_videopose3d(model),
        "model_traj": None,
        "random_state_semi": np.random.RandomState(1),
        "errors": np.arange(3.0),
    }
    path = tmp_path / "pretrained_h36m_cpn.bin"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    safe = set(torch.serialization.get_safe_globals())
    found = read_official(path)
    assert set(torch.serialization.get_safe_globals()) == safe
    assert found["epoch"] == 80 and found["optimizer"]["state"][0]["exp_avg"].tolist() == [1, 1]
    assert all(isinstance(found[name], LeftOut) for name in ("lr", "random_state", "random_state_semi", "errors"))
    x = torch.randn(1, 12, 17, 2)
    with torch.no_grad():
        lifted = model(x) - model(x)[:, :, :1]
        torch.testing.assert_close(from_videopose3d(path)(x), lifted, rtol=0, atol=1e-5)


def test_bad_files(tmp_path, capsys):
    path = tmp_path / "w.pth.tar"
    for content, message in (
        ({"model_pos": Bomb()}, "which are not loaded as they could run code"),
        ([1, 2], "holds a list; expected a state dict"),
    ):
        torch.save(content, path)
        with pytest.raises(ValueError, match=message):
            from_videopose3d(path)
    assert "ran" not in capsys.readouterr().out
    for odd in (None, torch.zeros(2), {3: torch.zeros(2)}):
        with pytest.raises(ValueError, match="no weights: 'model_pos' is a .*; expected a state dict"):
            from_videopose3d({"model_pos": odd})
    torch.save({"gen_state_dict": {"a": torch.zeros(1)}}, path)
    with pytest.raises(ValueError, match="no TCMR weights"):
        from_tcmr(path)
    for damaged in (path.read_bytes()[:300], b"hello\n", b"", bytes(range(256))):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="no complete weights|is damaged"):
            read_official(path)
    with pytest.raises(FileNotFoundError, match="give a file of weights that exists"):
        read_official(tmp_path / "nothing.bin")


def test_a_changed_byte_is_noticed(tmp_path):
    path = tmp_path / "model.bin"
    torch.save({"model_pos": {"w": torch.ones(500)}}, path)
    content = bytearray(path.read_bytes())
    content[content.index(torch.ones(500).numpy().tobytes()) + 3] = 0x40
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged: a checksum in it differs"):
        read_official(path)
