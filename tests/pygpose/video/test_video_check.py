"""A video whose truth is known is found and lifted as well as it was: ``docs/video_check.py``."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from pygpose.video import model_files

MEASURED = {"pixels": 3.0, "mpjpe": 86.4, "p_mpjpe": 65.3, "exact_mpjpe": 53.2, "exact_p_mpjpe": 35.0}
"""Pixels and millimetres; docs/video_check.py says of what."""
MARGIN = 1.15


@pytest.mark.slow
def test_a_filmed_body_is_found_and_lifted(real_cmu, tmp_path, monkeypatch):
    """With the user's own cache, real motion, and the body model of the package anny."""
    for module in ("anny", "ai_edge_litert", "av"):
        pytest.importorskip(module)
    monkeypatch.delenv("PYGPOSE_CACHE")
    if not all((model_files.cache_folder() / name).is_file() for name in model_files.BLAZEPOSE):
        pytest.skip("no model files: pygpose detector install")
    script = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[3] / "docs/video_check.py")))
    film = script.make_film(real_cmu, tmp_path, "S08/08_04", frames=50, degrees=30.0, distance=5.0)
    found = script.check(film, tmp_path)
    assert found.pop("found") >= 0.95
    assert found.keys() == MEASURED.keys()
    assert {name: value for name, value in found.items() if value > MARGIN * MEASURED[name]} == {}
