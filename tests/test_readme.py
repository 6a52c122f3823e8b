"""The README's Python does what it says."""

import re
from pathlib import Path

import torch

from graphs import get_skeleton
from pygpose.losses import LOSSES, build_loss

BLOCKS = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text(), re.DOTALL)


def test_from_python(capsys):
    names: dict = {}
    exec(BLOCKS[0], names)
    assert capsys.readouterr().out.rstrip().endswith("mm")
    assert names["pose"].shape[2:] == (17, 3)


def test_a_loss_in_ten_lines():
    code = BLOCKS[1].replace("bone_direction", "bone_direction_of_the_readme")
    lines = [line for line in code.splitlines() if line]
    assert len([line for line in lines if not line.startswith(("from", "import"))]) <= 10
    try:
        exec(code, {})
        loss = build_loss("pose:0+bone_direction_of_the_readme", skeleton=get_skeleton("h36m17"))
        pose = torch.randn(1, 5, 17, 3)
        assert loss(pose, 2 * pose)[0].item() < 1e-5
        assert loss(pose, -pose)[0].item() > 1.9
    finally:
        LOSSES._entries.pop("bone_direction_of_the_readme", None)
