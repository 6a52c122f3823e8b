"""What tests of every room share."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from graphs import Skeleton, get_skeleton

settings.register_profile("steady", deadline=None)  # a loaded machine is no failure
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Prepared data of tests are nobody else's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYGPOSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return get_skeleton("h36m17")


@pytest.fixture(scope="session")
def made_body() -> SimpleNamespace:
    """What makes body models in SMPL's form: the functions of pygpose/smpl/made_body.py."""
    return SimpleNamespace(**runpy.run_path(str(Path(__file__).parent / "pygpose/smpl/made_body.py")))


@pytest.fixture(scope="session")
def real_cmu() -> Path:
    """Real motion beside the checkout, where there is any."""
    folder = Path(__file__).parents[2] / "shared/data/cmu"
    if not folder.is_dir():
        pytest.skip("no real motion at ../shared/data/cmu")
    return folder
