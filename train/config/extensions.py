"""Modules of one's own that register losses, models, data sets and the like, imported before the flags are read.

Installed packages need no flag: their entry points are found by :class:`graphs.Registry`.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Annotated

import tyro

Imports = Annotated[tuple[str, ...], tyro.conf.arg(name="import"), tyro.conf.UseAppendAction]
"""The type of the field of ``--import``."""


def import_named(words: Sequence[str]) -> None:
    """Import what every ``--import`` of a command line names, as what is registered there may be named by other flags.

    Raises:
        ValueError: For a module that fails, with the place where it does.
        FileNotFoundError: For a module that is not there.
    """
    for name in imports_in(words):
        try:
            _import_file(Path(name)) if _is_path(name) else import_module(name)
        except ModuleNotFoundError as error:
            if error.name and (name + ".").startswith(error.name + "."):
                raise FileNotFoundError(
                    f"--import {name}: no such module; give the path of its file, or run in the folder that holds it"
                ) from error
            raise _failed(name, error) from error
        except FileNotFoundError:
            raise
        except Exception as error:
            raise _failed(name, error) from error


def imports_in(words: Sequence[str]) -> list[str]:
    """What the ``--import`` flags of a command line name."""
    after = {place + 1 for place, word in enumerate(words) if word == "--import"}
    return [
        word.removeprefix("--import=")
        for place, word in enumerate(words)
        if place in after or word.startswith("--import=")
    ]


def import_flags(names: Sequence[str]) -> list[str]:
    """The flags that import these modules."""
    return [word for name in names for word in ("--import", name)]


def _is_path(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _import_file(path: Path) -> None:
    """Import a file, or a package's folder, under its own name, once."""
    file = (path / "__init__.py" if path.is_dir() else path).resolve()
    name = path.resolve().name if path.is_dir() else path.stem
    if not file.is_file():
        raise FileNotFoundError(f"--import {path}: no such file; give a module's file (.py) or folder that exists")
    known = sys.modules.get(name)
    if known is not None:
        if getattr(known, "__file__", None) == str(file):
            return
        raise ImportError(f"a module '{name}' is imported already, from elsewhere; give the file another name")
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise


def _failed(name: str, error: Exception) -> ValueError:
    if isinstance(error, SyntaxError):
        where = f" ({error.filename}, line {error.lineno})"
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({last.filename}, line {last.lineno})"
    return ValueError(f"--import {name} fails: {type(error).__name__}: {error}{where}")
