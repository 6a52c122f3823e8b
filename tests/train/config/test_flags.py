"""The library's names in the words of the command line."""

from dataclasses import dataclass, fields

import pytest
import tyro

from pygpose.data import DATASETS
from pygpose.losses import LOSSES
from pygpose.models import MODELS
from train.config.flags import in_flags, values_refused
from train.run import main


@pytest.mark.parametrize(
    "message, expected",
    [
        ("UGCNConfig.channels needs 2 widths, got (4,)", "--model.channels needs 2 widths, got (4,)"),
        ("UGCNConfig.down_up_pairs must lie in 0..4", "--model.down-up-pairs must lie in 0..4"),
        ("CVMConfig.channels and CVMConfig.dilations", "--model.channels and --model.dilations"),
        ("MocapConfig.val_subjects names 'X'", "--data-options.val-subjects names 'X'"),
        ("DetectorNoise.pixels is -1", "--data-options.noise.pixels is -1"),
        ("say which with SmplFeaturesConfig.dataset.", "say which with --data-options.dataset."),
        ("data set 'mocap' needs a root: a folder", "data set 'mocap' needs --data-root: a folder"),
        (
            "'synthetic' is embedded and takes no root (got a)",
            "'synthetic' is embedded and takes no --data-root (got a)",
        ),
        ("a motion in the world needs a root path", "a motion in the world needs a root path"),
        ("MotionOptions.intervals must hold 1 frame", "--motion.intervals must hold 1 frame"),
        ("has no root_head: build one with root_head='model'", "has no root head: build one with --trajectory model"),
        ("a model of image features needs inference='whole'", "a model of image features needs --inference whole"),
        ("Path.exists, np.load and runs/UGCN.safetensors", "Path.exists, np.load and runs/UGCN.safetensors"),
    ],
)
def test_flags_stand_where_fields_stood(message, expected):
    assert in_flags(message) == expected


def test_every_field_of_a_registered_config_has_its_flag():
    entries = [(MODELS[name].model.config_class, "--model") for name in MODELS]
    entries += [(DATASETS[name].config, "--data-options") for name in DATASETS]
    entries += [(LOSSES[name].options, f"--{name}") for name in LOSSES if LOSSES[name].options is not None]
    for config, flag in entries:
        for field in fields(config):
            expected = f"{flag}.{field.name.replace('_', '-')}"
            assert in_flags(f"{config.__name__}.{field.name} is bad") == f"{expected} is bad"


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--model.channels", "4"], "--model.channels needs at least 2 positive widths, got (4,)"),
        (["--motion.intervals", "0"], "--motion.intervals must hold intervals of at least 1 frame, got (0,)"),
        (["--data-options.noise.pixels", "-1"], "--data-options.noise.pixels must be finite and at least 0, "),
        (["--data", "mocap"], "data set 'mocap' needs --data-root: a folder with motions.npz, or one npz file"),
        (["--data-root", "x"], "data set 'synthetic' is embedded and takes no --data-root (got x)"),
        (["--lr", "0"], "--lr must be positive and finite, got 0.0"),
        (["--hidden-ends", "1.5"], "--hidden-ends must lie in [0, 1], got 1.5"),
        (
            ["--loss", "spread"],
            "loss 'spread' needs a model that says how uncertain it is (--arch mgu); give that, or leave",
        ),
    ],
)
def test_the_program_ends_with_one_sentence_about_a_flag(words, sentence, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {sentence}")


@dataclass(frozen=True)
class Inner:
    size: int = 1

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"Inner.size is {self.size}")


@dataclass(frozen=True)
class Outer:
    inner: Inner
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.share > 1:
            raise ValueError(f"Outer.share is {self.share}")


def read(*words: str) -> Outer:
    with values_refused():
        return tyro.cli(Outer, args=words, default=Outer(Inner()))


@pytest.mark.parametrize(
    "words, message", [(("--inner.size", "0"), "Inner.size is 0"), (("--share", "2"), "Outer.share is 2.0")]
)
def test_refused_values_are_errors_and_not_boxes(words, message, capsys):
    with pytest.raises(ValueError, match=f"^{message}$"):
        read(*words)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("words, message", [(("--share", "a"), "could not convert"), (("--shore", "1"), "--shore")])
def test_what_tyro_refuses_itself_keeps_its_box(words, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        read(*words)
    assert message in capsys.readouterr().err


def test_good_words_give_a_config():
    assert read("--inner.size", "3") == Outer(Inner(3))
