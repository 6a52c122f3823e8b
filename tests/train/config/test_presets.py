"""Recipes of papers are theirs; ours are what our weights are made by."""

import pytest

from pygpose.models import MODELS
from train.config.presets import PRESETS, preset_values

OURS = ("default", "small")


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in OURS])
def test_papers_lift_plain_keypoints(name):
    values = preset_values(name)
    assert values["framing"] == "plain" and values["arch"] != "mgu"
    model = MODELS[values["arch"]].model.config_class(**values.get("model", {}))
    if values["arch"] == "ugcn":
        assert model.context == 0  # its window is all that it sees


@pytest.mark.parametrize("name", OURS)
def test_ours_are_of_our_own_network(name):
    values = preset_values(name)
    assert values["arch"] == "mgu" and "framing" not in values
    assert MODELS["mgu"].model.config_class(**values.get("model", {})).spread
