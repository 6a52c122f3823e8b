"""Recipes of papers are theirs; ours are what our weights are made by."""

import pytest

from graphs import get_skeleton
from pygpose.models import MODELS, build_model
from pygpose.models.ugcn import UGCNConfig
from pygpose.nn import STGCNBlock
from train.config.command import parse_command
from train.config.presets import PRESETS, preset_values

OURS = ("default", "small")
OUR_FORM = "ugcn_ours"  # a paper's training of a network of ours


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in (*OURS, OUR_FORM)])
def test_papers_lift_plain_keypoints(name):
    values = preset_values(name)
    assert values["framing"] == "plain" and values["arch"] != "mgu"
    model = MODELS[values["arch"]].model.config_class(**values.get("model", {}))
    if values["arch"] == "ugcn":
        assert model.context == 0  # its window is all that it sees


def test_ugcn_is_the_network_of_its_paper():
    config = parse_command(["--preset", "ugcn"])
    assert config.model == UGCNConfig(
        channels=(16, 32, 64, 128, 256),
        root_relative=False,
        temporal_kernel=5,
        dropout=0.5,
        down_up_pairs=4,
        upsampling="nearest",
        regressor="joint",
        merge_channels=16,
        context=0,
    )
    model = build_model("ugcn", skeleton=get_skeleton("h36m17"), config=config.model, framing=config.framing)
    assert model.input_norm.num_features == 17 * 2  # 2D keypoints alone
    blocks = [module for module in model.modules() if isinstance(module, STGCNBlock)]
    down = [model.stem, *(block for pair in zip(model.narrow, model.keep, strict=True) for block in pair)]
    assert len(down) == 9 and [place + 1 for place, block in enumerate(down) if block.stride == 2] == [2, 4, 6, 8]
    assert len(model.up) == 4 and len(blocks) == 9 + 4 + 1  # the last is the regressor's
    assert all(block.dropout.p == 0.5 and block.temporal.weight.size(-1) == 5 for block in blocks)
    assert sum(weight.numel() for weight in model.parameters()) == 1_601_671
    assert config.loss_options.motion.normalize == "length" and config.term_ramp == 0
    assert dict(config.weights) == {"pose": 0, "pose_sq": 10, "motion": 1}


def test_our_form_of_ugcn_has_the_same_training():
    paper, ours = preset_values("ugcn"), preset_values(OUR_FORM)
    assert {name: value for name, value in paper.items() if name not in ("model", "framing")} == dict(ours)
    config = parse_command(["--preset", OUR_FORM])
    assert config.model == UGCNConfig() and config.framing == parse_command([]).framing == "person"


@pytest.mark.parametrize("name", OURS)
def test_ours_are_of_our_own_network(name):
    values = preset_values(name)
    assert values["arch"] == "mgu" and "framing" not in values
    assert MODELS["mgu"].model.config_class(**values.get("model", {})).spread
