"""A registered loss term has its flags, and its options come back from config.json."""

import json
from dataclasses import dataclass, field, fields

import pytest

from pygpose.losses import LOSSES, LossTerm
from train.config.command import changed_flag, parse_command
from train.config.flags import in_flags
from train.config.settings import config_from_plain, to_plain


@dataclass(frozen=True)
class WobbleOptions:
    """Options of the loss term ``wobble_free``."""

    frames_apart: int = 3
    """Frames between the poses that are compared."""
    shares: tuple[float, ...] = field(default=(0.5, 0.5))
    """Two shares."""

    def __post_init__(self) -> None:
        if self.frames_apart < 1:
            raise ValueError(f"WobbleOptions.frames_apart must be at least 1, got {self.frames_apart}")


class WobbleLoss(LossTerm):
    """What a user's own file may register."""

    options = WobbleOptions

    def __init__(self, skeleton, options=WobbleOptions()):  # noqa: B008
        super().__init__(skeleton)
        self.frames_apart = options.frames_apart

    def forward(self, pred, target):
        return (pred - target)[:, :: self.frames_apart].abs().mean()

    @classmethod
    def frames_needed(cls, options=None):
        return 1 + (options or cls.options()).frames_apart


@pytest.fixture
def wobble(monkeypatch):
    monkeypatch.setattr(LOSSES, "_entries", dict(LOSSES._entries))
    LOSSES.register("wobble_free")(WobbleLoss)


def round_trip(config):
    return config_from_plain(json.loads(json.dumps(to_plain(config))))


def test_options_of_the_registered_terms():
    config = parse_command(["--motion.intervals", "4", "8", "--lap.backend", "product", "--motion.normalize", "none"])
    assert config.loss_options.motion.intervals == (4, 8) and config.loss_options.motion.normalize == "none"
    assert config.loss_options.lap.backend == "product" and config.loss_options.lap.spatial_weight == 1
    assert round_trip(config) == config


@pytest.mark.usefixtures("wobble")
class TestATermOfAUser:
    def test_its_options_are_flags_and_come_back(self):
        words = ["--loss", "pose+wobble_free:2", "--wobble-free.frames-apart", "7", "--wobble-free.shares", "0.25", "1"]
        config = parse_command(words)
        assert config.loss_options.wobble_free == WobbleOptions(7, (0.25, 1.0))
        assert round_trip(config) == config
        assert parse_command([], default=round_trip(config)) == config  # a run that goes on

    def test_they_are_in_the_help(self, capsys):
        with pytest.raises(SystemExit, match="0"):
            parse_command(["--help"])
        text = capsys.readouterr().out
        assert "--wobble-free.frames-apart" in text and "Frames between the poses that are compared." in text
        assert "What a user's own file may register" in text

    def test_what_they_refuse_is_an_error(self):
        with pytest.raises(ValueError, match=r"WobbleOptions.frames_apart must be at least 1, got 0"):
            parse_command(["--wobble-free.frames-apart", "0"])
        with pytest.raises(ValueError, match="loss 'wobble_free' needs windows of at least 21 frames; .* than 20, or"):
            words = ["--loss", "wobble_free", "--num-frames", "20", "--wobble-free.frames-apart", "20"]
            parse_command([*words, "--window-step", "5"])


def test_every_option_has_its_flag():
    for name in LOSSES:
        if LOSSES[name].options is not None:
            for option in fields(LOSSES[name].options):
                flag = f"--{name}.{option.name}".replace("_", "-")
                assert in_flags(f"{LOSSES[name].options.__name__}.{option.name} is bad") == f"{flag} is bad"


def test_options_that_nobody_knows_are_refused():
    plain = to_plain(parse_command([]))
    with pytest.raises(ValueError, match="options for loss 'vel', which has none"):
        config_from_plain({**plain, "loss_options": {**plain["loss_options"], "vel": {}}})
    with pytest.raises(ValueError, match="MotionOptions has no field 'lags'"):
        config_from_plain({**plain, "loss_options": {"motion": {"lags": 1}}})


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("--motion.intervals 4", "--motion.intervals"),
        ("--lap.spatial-weight 2 --epochs 3", "--lap.spatial-weight"),
        ("--model.dropout 0.1", "--model.dropout"),
        ("--semi-warmup 3", "--semi-warmup"),
        ("--device cpu", ""),
        ("--device cpu --loss lap", "--loss"),
    ],
)
def test_a_changed_option_is_named_by_its_flag(words, flag):
    assert changed_flag(parse_command([]), parse_command(words.split()), free=("device",)) == flag
