"""The same program and the same numbers on a CUDA device."""

import json

import pytest
import torch

from graphs import Laplacian, get_skeleton
from pygpose.inference.lift import lift
from pygpose.losses import build_loss
from pygpose.models import build_model
from train.run import main

pytestmark = pytest.mark.gpu


def test_losses_and_models_agree_with_the_cpu():
    skeleton = get_skeleton("h36m17")
    pred, target = torch.randn(2, 4, 96, 17, 3, dtype=torch.float64).unbind()
    loss = build_loss("motion+lap", skeleton=skeleton)
    torch.testing.assert_close(loss(pred.cuda(), target.cuda())[0].cpu(), loss(pred, target)[0])
    for backend in ("sparse", "product"):
        laplacian = Laplacian(skeleton, backend=backend)
        torch.testing.assert_close(laplacian(pred.cuda()).cpu(), laplacian(pred))
    x, confidence = torch.randn(2, 96, 17, 2, dtype=torch.float64), torch.rand(2, 96, 17, dtype=torch.float64).round()
    lens = torch.tensor([[1.2, 1.2, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0, 0.0]] * 2, dtype=torch.float64)
    for arch in ("ugcn", "mgu"):
        model = build_model(arch, skeleton=skeleton).double().eval()
        model.fps = 50.0
        expected = lift(model, x, confidence=confidence, intrinsics=lens, fps=25.0)
        there = dict(confidence=confidence.cuda(), intrinsics=lens.cuda(), fps=25.0)
        torch.testing.assert_close(lift(model.cuda(), x.cuda(), **there).cpu(), expected)


def test_a_run_in_bfloat16(tmp_path, small):
    words = [word if word != "cpu" else "cuda" for word in small]
    main([*words, "--epochs", "2", "--amp", "on", "--out-dir", str(tmp_path / "r")])
    assert json.loads((tmp_path / "r" / "summary.json").read_text())["mpjpe_mm"] > 0
