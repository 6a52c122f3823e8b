"""The programs that score runs on every protocol and ship their weights, end to end on made motion."""

import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load

from graphs import get_skeleton
from pygpose import load_model
from pygpose.data import make_sequence
from pygpose.inference.motion import Motion
from pygpose.metrics import RADII
from pygpose.refine import CorrectionOptions
from train.correction import main as fit_main
from train.protocols import main as score_main
from train.run import main as train_main
from train.weights import calibration, with_section
from train.weights import main as ship_main


def made_motion(path):
    """Two people who walk in place, world positions in metres."""
    from pygpose.data.sources.synthetic import Synthetic, SyntheticConfig
    from pygpose.geometry import camera_to_world

    source = Synthetic(SyntheticConfig(frames=120), None)
    arrays = {}
    for subject in source.subjects("all")[:2]:
        clip = next(c for c in source.load([subject]).sequences if c.action == "Walking")
        arrays[f"{subject}/walk"] = camera_to_world(clip.pose() + clip.root[:, None], clip.extrinsics[0]).numpy()
    np.savez(path / "motions.npz", **arrays)


@pytest.fixture(scope="module")
def made_run(tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    made_motion(root)
    train_main(
        [
            *("--arch", "mgu", "--loss", "lap", "--data", "mocap", "--data-root", str(root), "--epochs", "1"),
            *("--num-frames", "32", "--train-stride", "16", "--batch-size", "4", "--device", "cpu"),
            *("--model.channels", "8", "8", "--model.mixing", "8", "--model.merge-channels", "8"),
            *("--out-dir", str(root / "run")),
        ]
    )
    return root


def test_protocols_side_by_side(made_run, capsys):
    score_main([str(made_run / "run"), "--data-root", str(made_run), "--out", str(made_run / "scores.csv")])
    table = pd.read_csv(made_run / "scores.csv", index_col=["model", "cameras"])
    assert list(table.index.get_level_values("cameras")) == ["h36m", "any", "detector", "crop"]
    assert (table[["mpjpe_mm", "mpjacce_mm", "ends_mpjpe_mm", "within_50"]] > 0).all().all()
    assert "multiply-adds" in capsys.readouterr().err


def test_weights_of_the_correction_are_fitted(made_run, capsys):
    words = [str(made_run / "run"), "--data-root", str(made_run), "--pixels", "5", "--clips", "4", "--steps", "3"]
    fit_main(words)
    said = capsys.readouterr().err
    assert all(f"{name}: MPJPE" in said for name in ("as it is", "usual", "fitted"))
    smoothing, reprojection = map(float, re.findall(r"--correction\.\w+ ([0-9.]+)", said))
    usual = CorrectionOptions()
    if "the fitted weights are better" in said:
        assert (smoothing, reprojection) != (usual.smoothing, usual.reprojection)
    else:
        assert (smoothing, reprojection) == (usual.smoothing, usual.reprojection)


def test_shipped_weights_are_half_as_large_calibrated_and_described(made_run):
    folder = made_run / "shipped"
    ship_main([str(made_run / "run"), "tiny", "--folder", str(folder)])
    file = folder / "tiny.safetensors.gz"
    assert set(json.loads((folder / "checksums.json").read_text())) == {"tiny"}
    kinds = {name: weight.dtype for name, weight in load(gzip.decompress(file.read_bytes())).items()}
    assert kinds["regressor.weight"] == torch.float16 and kinds["mean_pose"] == torch.float16
    model, header = load_model(file)
    before, _ = load_model(made_run / "run")
    x = torch.rand(1, 30, 17, 2) - 0.5
    assert (model(x) - before(x)).norm(dim=-1).max() < 2e-3
    assert model.spread_scale != before.spread_scale and model.fps == 50
    card = (folder / "README.md").read_text()
    assert card.count("## tiny") == 1 and "python -m train.run --arch mgu" in card and "| detector |" in card
    ship_main([str(made_run / "run"), "tiny", "--folder", str(folder)])
    assert (folder / "README.md").read_text().count("## tiny") == 1


def test_calibration_makes_nine_in_ten_positions_lie_within_their_radius():
    skeleton, draw = get_skeleton("h36m17"), torch.Generator().manual_seed(0)
    pose = torch.randn(400, 17, 3, generator=draw)
    pose[:, skeleton.root] = 0
    facts = dict(skeleton="h36m17", subject="S1", action="a", camera="c", clip="k", fps=50.0)
    clip = make_sequence(torch.zeros(400, 17, 2), pose, **facts)
    motion = Motion(pose + 0.1 * torch.randn(400, 17, 3, generator=draw), spread=torch.full((400, 17), 0.5))
    factor = calibration([(clip, motion)])
    inside = (motion.pose - pose).norm(dim=-1)[:, 1:] <= RADII[90] * factor * 0.5
    assert inside.float().mean().item() == pytest.approx(0.9, abs=0.01)


def test_a_section_of_the_card_takes_the_place_of_its_predecessor():
    card = with_section(with_section("# Card\n\nWords.\n", "a", "## a\n\n1\n"), "b", "## b\n\n2\n")
    assert card == "# Card\n\nWords.\n\n## a\n\n1\n\n## b\n\n2\n"
    assert with_section(card, "a", "## a\n\n3\n") == "# Card\n\nWords.\n\n## a\n\n3\n\n## b\n\n2\n"
