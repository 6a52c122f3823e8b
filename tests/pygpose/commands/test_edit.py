"""``pygpose edit``: motion changed by hand.

Covers :mod:`pygpose.commands.edit`.
"""

import numpy as np
import pytest
import torch

from pygpose.__main__ import main
from pygpose.data.synthetic.motion import synthetic_motion


@pytest.fixture(scope="module")
def walk():
    return torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=60, seed=0)).float()


def test_motion_is_edited(walk, tmp_path, capsys):
    np.savez(tmp_path / "motion.npz", **{"anna/motion": walk.numpy()})
    place = (walk[30, 13] + torch.tensor([0.02, 0.03, 0.04])).tolist()
    words = ["edit", str(tmp_path / "motion.npz"), "--out", str(tmp_path / "edited.npz")]
    assert main([*words, "--pin", "30", "LWrist", *map(str, place)]) == 0
    assert "1 pins, missed by at most 0.0 mm" in capsys.readouterr().err
    with np.load(tmp_path / "edited.npz") as file:
        assert np.allclose(file["anna/motion"][30, 13], place, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["edit", "MOTION"], "no pins are given"),
        (["edit", "MOTION", "--clip", "ben"], "holds anna/motion; name one of these with --clip"),
        (["edit", "MOTION", "--pin", "3", "Tail", "0", "0", "0"], "a pin names joint 'Tail'"),
        (["edit", "MOTION", *["--pin", "3", "Head", "0", "0", "0"] * 2], "frame 3 and joint Head twice"),
    ],
)
def test_bad_commands(walk, tmp_path, capsys, words, message):
    np.savez(tmp_path / "motion.npz", **{"anna/motion": walk.numpy()})
    assert main([word.replace("MOTION", str(tmp_path / "motion.npz")) for word in words]) == 2
    assert message in capsys.readouterr().err
