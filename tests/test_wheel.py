"""The wheel: the library alone, under one name, and nobody else's `graphs` or `train` in its way or hidden by it."""

import ast
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow

THEIRS = {
    "modules": {"graphs.py": "MINE = 'drawings'", "train.py": "MINE = 'railway'"},
    "packages": {
        **{"graphs/__init__.py": "MINE = 'drawings'", "graphs/skeleton.py": "raise SystemExit('not ours to import')"},
        **{"train/__init__.py": "MINE = 'railway'", "train/run.py": "raise SystemExit('not ours to import')"},
    },
}
SCRIPT = """
import importlib, pkgutil, sys
from pathlib import Path
import torch
import pygpose
from pygpose.data import load_dataset
from pygpose.graphs import get_skeleton, motion_laplacian
from pygpose.inference.lift import lift
from pygpose.losses import build_loss
from pygpose.models import MODELS, build_model

skeleton = get_skeleton("h36m17")
clip = load_dataset("synthetic", subjects=["S9"])[0]
pose = lift(build_model("ugcn", skeleton=skeleton), clip.keypoints()[None])
assert pose.shape == (1, clip.num_frames, 17, 3) and torch.isfinite(pose).all()
total, _ = build_loss("motion+lap", skeleton=skeleton)(pose, clip.pose()[None])
assert total > 0 and motion_laplacian(skeleton, 4).shape == (68, 68)
for module in pkgutil.walk_packages(pygpose.__path__, "pygpose."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

assert "graphs" not in sys.modules and "train" not in sys.modules  # pygpose has touched neither
import graphs, train
assert (graphs.MINE, train.MINE) == ("drawings", "railway")
ours = [Path(m.__file__) for name, m in sys.modules.items() if name.split(".")[0] == "pygpose"]
ours = [path for path in ours if "_propagate_" not in path.name]  # PyG writes those while it runs
assert all(path.is_relative_to(sys.prefix) for path in ours)
print(len(ours), "modules of pygpose")
"""


def build(source, folder) -> Path:
    """The wheel of a checkout, or of a source distribution."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-cache-dir", "--wheel-dir", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Python of a new environment that holds the wheel, and finds what it needs where this one has it.

    Folders that a .pth file names are searched without their own .pth files: the checkout is not found.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, wheel], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    site.joinpath("needs.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}))
    return python


def run_python(python, words, folder):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([python, *words], cwd=folder, env=environment, text=True, capture_output=True)


def test_one_name_and_all_that_belongs_to_it(wheel):
    names = set(contents(wheel))
    assert {name.split("/")[0] for name in names} == {"pygpose", wheel.name.rsplit("-", 3)[0] + ".dist-info"}
    assert {"pygpose/py.typed", "pygpose/graphs/py.typed"} <= names
    folders = {"pygpose": ROOT / "pygpose", "pygpose/graphs": ROOT / "graphs"}
    code = {f"{there}/{path.relative_to(here)}" for there, here in folders.items() for path in here.rglob("*.py")}
    tables = {f"pygpose/{path.relative_to(ROOT / 'pygpose')}" for path in ROOT.glob("pygpose/**/*.json")}
    assert code | tables <= names


def test_nothing_speaks_of_the_names_of_the_checkout(wheel):
    for name, data in contents(wheel).items():
        if name.endswith(".py"):
            for node in ast.walk(ast.parse(data)):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                modules += ["graphs"] if isinstance(node, ast.Constant) and node.value == "graphs" else []
                assert not {module.split(".")[0] for module in modules} & {"graphs", "train"}, f"{name}: {modules}"
        if name.endswith("METADATA"):
            assert "from graphs import" not in data.decode() and "from pygpose.graphs import" in data.decode()


@pytest.mark.parametrize("theirs", THEIRS)
def test_beside_a_users_own_modules_of_those_names(python, tmp_path, theirs):
    for name, text in {**THEIRS[theirs], "script.py": SCRIPT}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    result = run_python(python, ["script.py"], tmp_path)
    assert result.returncode == 0, result.stderr
    assert "modules of pygpose" in result.stdout


def test_the_checkout_is_not_found_there(python, tmp_path):
    result = run_python(python, ["-c", "import graphs"], tmp_path)
    assert "No module named 'graphs'" in result.stderr


def test_programs_of_the_library(python, tmp_path):
    result = run_python(python, ["-m", "pygpose.data", "check", "--help"], tmp_path)
    assert result.returncode == 0 and "usage" in result.stdout, result.stderr


def test_a_source_distribution_makes_the_same_wheel(wheel, tmp_path):
    hook = "import sys; sys.path.insert(0, 'tools'); import wheel_backend; wheel_backend.build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", hook, tmp_path], cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    again = contents(build(archive, tmp_path))
    ours = contents(wheel)
    assert again == ours, {name for name in again.keys() | ours.keys() if again.get(name) != ours.get(name)}
    with tarfile.open(archive) as file:
        names = {name.partition("/")[2] for name in file.getnames()}
    assert {"Makefile", "constraints.txt", "train/run.py", "tests/conftest.py", "graphs/skeleton.py"} <= names
