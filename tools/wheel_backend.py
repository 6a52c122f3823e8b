"""Builds what pyproject.toml describes; in the wheel `graphs` is `pygpose.graphs`, and `train` stays in the checkout.

`graphs` and `train` are names that anyone may give a folder of their own. In a checkout that is no matter; installed
beside other people's packages, they would hide those or be hidden by them. So a wheel is built from a copy of the tree
in which `graphs` lies inside `pygpose`, and the copy's imports say so. Everything else is setuptools.
"""

import re
import shutil
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from setuptools import build_meta
from setuptools.build_meta import build_editable as build_editable
from setuptools.build_meta import build_sdist as build_sdist
from setuptools.build_meta import get_requires_for_build_editable as get_requires_for_build_editable
from setuptools.build_meta import get_requires_for_build_sdist as get_requires_for_build_sdist
from setuptools.build_meta import get_requires_for_build_wheel as get_requires_for_build_wheel
from setuptools.build_meta import prepare_metadata_for_build_editable as prepare_metadata_for_build_editable

BESIDE = ("pyproject.toml", "README.md", "LICENSE")
MOVES = (
    (re.compile(r"^(\s*)from graphs\b", re.MULTILINE), r"\1from pygpose.graphs"),
    (re.compile(r"^(\s*)import graphs$", re.MULTILINE), r"\1from pygpose import graphs"),
    (re.compile(r'"graphs"'), '"pygpose.graphs"'),  # names that are looked up, as importlib.resources does
    (re.compile(r"`graphs\."), "`pygpose.graphs."),  # in docstrings
)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    target = Path(wheel_directory).resolve()
    with TemporaryDirectory() as folder:
        stage(Path.cwd(), Path(folder))
        with chdir(folder):
            return build_meta.build_wheel(str(target), config_settings)


def stage(checkout: Path, folder: Path) -> None:
    """The tree that a wheel is built from."""
    for name in BESIDE:
        shutil.copy(checkout / name, folder / name)
    no_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout / "pygpose", folder / "pygpose", ignore=no_caches)
    shutil.copytree(checkout / "graphs", folder / "pygpose/graphs", ignore=no_caches)
    for path in [folder / "README.md", *(folder / "pygpose").rglob("*.py")]:
        path.write_text(move_names(path.read_text(encoding="utf-8")), encoding="utf-8")


def move_names(text: str) -> str:
    for pattern, replacement in MOVES:
        text = pattern.sub(replacement, text)
    return text
