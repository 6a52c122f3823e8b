"""The command line of ``train.run``: ``--arch``, ``--data`` and ``--preset`` choose which flags there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from graphs import EDGE_KINDS
from pygpose.data import DATASETS
from pygpose.losses import BUNDLES, LOSSES, parse_losses
from pygpose.models import MODELS
from train.config.data_flags import all_names, data_options_class
from train.config.extensions import import_named
from train.config.flags import read_flags
from train.config.help import command_help
from train.config.loss_flags import loss_options_from_plain
from train.config.presets import PRESETS, preset_values
from train.config.settings import Config

EXAMPLES = """\
python -m train.run --arch ugcn --loss motion+lap
python -m train.run --arch ugcn --loss motion+lap:0.5 --motion.intervals 4 8 --data mocap --data-root DIR
python -m train.run --resume runs/NAME"""


def parse_command(argv: Sequence[str], default: Config | None = None) -> Config:
    """The command line as a config.

    Raises:
        ValueError: For names that are not known and values that do not go together.
    """
    import_named(argv)
    default = default or _default(argv)
    kinds = (type(default.model), type(default.data_options), type(default.loss_options))
    kind = Config[kinds]  # pyright: ignore[reportInvalidTypeArguments]
    losses = {name: _first_line(name) for name in LOSSES} | {name: "+".join(BUNDLES[name]) for name in BUNDLES}
    choices = {
        "--arch": {name: MODELS[name].description for name in MODELS},
        "--loss": losses,
        "--graph": {name: EDGE_KINDS[name].description for name in EDGE_KINDS if name != "next"},
        "--data": {name: DATASETS[name].description for name in DATASETS},
        "--preset": sorted(PRESETS),
    }
    about = command_help(f"{Config.__doc__}\n\n{EXAMPLES}", choices)
    return read_flags(kind, argv, module="train.run", about=about, default=default)


def _default(argv: Sequence[str]) -> Config:
    preset_name = peek(argv, "--preset", "")
    preset = dict(preset_values(preset_name)) if preset_name else {}
    arch = peek(argv, "--arch", preset.get("arch", "ugcn"))
    data = peek(argv, "--data", preset.get("data", "synthetic"))
    test_data = peek(argv, "--test-data", "")
    names = all_names(data, test_data)
    config_class = MODELS[arch].model.config_class
    takes_features = all(DATASETS[name].features for name in names) and "input" in config_class.__dataclass_fields__
    model = config_class(**{**preset.pop("model", {}), **({"input": "features"} if takes_features else {})})
    parse_losses(peek(argv, "--loss", preset.get("loss", Config.loss)))  # said in one sentence, as of other names
    loss_options = loss_options_from_plain(preset.pop("loss_options", {}))
    test = {"test_data": test_data, "test_root": peek(argv, "--test-root", "")}
    chosen = {**preset, "arch": arch, "data": data, "model": model, "loss_options": loss_options, **test}
    return Config(**chosen, data_options=data_options_class(names)())


def peek(argv: Sequence[str], flag: str, default: str) -> str:
    """A flag's value before the others are known; what is wrong with it is said when all are read."""
    for position, word in enumerate(argv):
        if word == flag and position + 1 < len(argv):
            return argv[position + 1]
        if word.startswith(f"{flag}="):
            return word.removeprefix(f"{flag}=")
    return default


def _first_line(loss: str) -> str:
    """What a loss term is, in the words of its class."""
    return (LOSSES[loss].__doc__ or "").partition("\n")[0].partition(": :func:")[0].rstrip(".")


def changed_flag(before: Any, after: Any, free: Collection[str] = (), prefix: str = "--") -> str:
    """The first flag that two configs have different values of; empty where there is none.

    Args:
        before: A config.
        after: A config of the same kind.
        free: Fields that may differ.
        prefix: What stands before the names of the fields.
    """
    for field in fields(before):
        one, other = getattr(before, field.name), getattr(after, field.name)
        if field.name in free or one == other:
            continue
        flag = f"{prefix}{field.name.replace('_', '-')}"
        if is_dataclass(one) and type(one) is type(other):
            return changed_flag(one, other, prefix=prefix if field.name == "loss_options" else f"{flag}.")
        return flag
    return ""
