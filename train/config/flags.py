"""From a command line to a config, and back: the library names a config's field, the program its flag."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from io import StringIO
from typing import Any

import tyro

from pygpose.data import DATASETS
from pygpose.kept_help import keep_help
from pygpose.losses import LOSSES
from pygpose.models import MODELS
from pygpose.refine import CorrectionOptions
from train.config.help import WHOLE_SENTENCES

# How the library names keyword arguments. "needs a root path" is about something else.
ARGUMENTS = {
    r"\bneeds a root(?=[:;,.]| \(|$)": "needs --data-root",
    r"\btakes no root(?=[:;,.]| \(|$)": "takes no --data-root",
    r"\broot_head='shared'": "--trajectory model --shared-trunk",
    r"\broot_head='(\w+)'": r"--trajectory \1",
    r"\broot_head\b": "root head",
    r"\b(trajectory|inference|units)='(\w+)'": r"--\1 \2",
    r"\bpartial=True\b": "--partial",
    r"\bbody='([^']*)'": r"--body \1",
    r"\bjoint_regressor='([^']*)'": r"--joint-regressor \1",
    r"\bgive a root that exists": "give a --data-root that exists",
    r"\bimport the module that registers it": "give --import with the module that registers it",
}


def in_flags(message: str) -> str:
    """The message with flags where the library names fields and arguments: ``UGCNConfig.channels`` is
    ``--model.channels``."""
    flags = _flags()
    message = re.sub(r"\b[A-Z]\w*\.[a-z]\w*", lambda name: flags.get(name[0], name[0]), message)
    for argument, flag in ARGUMENTS.items():
        message = re.sub(argument, flag, message)
    return message


@cache
def _flags() -> dict[str, str]:
    """The flag of every field of the registered configs, by ``Class.field``."""
    flags: dict[str, str] = {}
    for arch in MODELS:
        flags |= _fields(MODELS[arch].model.config_class, "--model")
    for data in DATASETS:
        flags |= _fields(DATASETS[data].config, "--data-options")
    flags |= _fields(CorrectionOptions, "--correction")
    for term in LOSSES:
        options = LOSSES[term].options
        if options is not None:
            flags |= _fields(options, f"--{term.replace('_', '-')}")
    return flags


def _fields(config: type, flag: str) -> dict[str, str]:
    """Those of one class and of the configs inside it."""
    flags: dict[str, str] = {}
    for field in fields(config):
        name = f"{flag}.{field.name.replace('_', '-')}"
        flags[f"{config.__name__}.{field.name}"] = name
        inside = field.default_factory() if field.default_factory is not MISSING else field.default
        if is_dataclass(inside) and not isinstance(inside, type):
            flags |= _fields(type(inside), name)
    return flags


def read_flags(kind: Any, words: Sequence[str], *, module: str, about: str, **options: Any) -> Any:
    """A command line as a config of this ``kind``.

    Args:
        kind: A dataclass; its fields are the flags, their docstrings the help.
        words: What follows the command.
        module: The command is ``python -m MODULE``.
        about: What the command does.
        options: Of ``tyro.cli``.

    Raises:
        ValueError: For values that a config's ``__post_init__`` refuses.
        SystemExit: For ``--help``, and for words that are no flags or of the wrong type.
    """
    with values_refused(), WHOLE_SENTENCES, keep_help():
        return tyro.cli(kind, args=list(words), prog=f"python -m {module}", description=about, **options)


@contextmanager
def values_refused() -> Iterator[None]:
    """Around ``tyro.cli``: what a config's ``__post_init__`` refuses is raised as it was, and not printed in a box.

    Everything else that is wrong with a command line keeps the box in which tyro explains it.

    Raises:
        ValueError: The one that ``__post_init__`` raised.
    """
    printed, refusal = StringIO(), None
    try:
        with redirect_stderr(printed):
            yield
    except SystemExit as stop:
        refusal = _refusal(stop)
        if refusal is None:
            raise
    finally:
        if refusal is None:
            sys.stderr.write(printed.getvalue())
    if refusal is not None:
        raise refusal


def _refusal(stop: BaseException) -> ValueError | None:
    """The error of a ``__post_init__`` for which tyro ends the program; None where it ends it for another reason."""
    error = stop.__context__
    while error is not None:
        where = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, ValueError) and "__post_init__" in where:
            return error
        error = error.__context__
    return None
