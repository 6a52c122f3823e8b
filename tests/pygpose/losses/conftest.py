"""What the tests of losses share."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def scene() -> SimpleNamespace:
    """The functions of scene.py, which make outputs of a model and a batch of windows."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "scene.py")))
