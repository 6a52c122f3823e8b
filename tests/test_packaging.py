"""The set-up files tell one story: pyproject.toml, pinned versions, environment.yml, Makefile and README.md agree."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from setuptools import find_packages

import pygpose

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
CORE = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}
REQUIREMENTS = [*CORE, *(requirement for group in EXTRAS.values() for requirement in group)]
ROOMS = ("graphs", "pygpose", "train")
INSTALLED = packages_distributions()  # import names and the packages they are of
# The import names of packages that no environment needs to hold.
IMPORTED_AS = {"torchvision": "torchvision", "torch-scatter": "torch_scatter", "torch-sparse": "torch_sparse"}
IMPORTED_AS |= {"ai-edge-litert": "ai_edge_litert", "rtmlib": "rtmlib"}


def read_pins(name: str) -> dict[str, str]:
    """Versions by name; every line of the file must be one exact pin, and no name may come twice."""
    pins: dict[str, str] = {}
    for line in (ROOT / name).read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pin = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)", line)
        assert pin, f"{name}: {line!r} is not an exact pin without a build tag"
        package = canonicalize_name(pin[1])
        assert package not in pins, f"{name} pins {package} twice"
        pins[package] = pin[2]
    return pins


def yaml_list(text: str) -> list[str]:
    """The items of every list in a small YAML file, in order."""
    return re.findall(r"^ *- (.+)$", text, flags=re.MULTILINE)


def imports(source: str) -> Iterator[str]:
    """Top-level names of all that a module imports, late imports and pytest.importorskip among them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def undeclared(folder: str, declared: list[Requirement]) -> list[str]:
    """Imports below a folder of what is neither ours, nor beside the file, nor Python's, nor a declared package's."""
    names = {canonicalize_name(requirement.name) for requirement in declared}
    modules = {module for name, module in IMPORTED_AS.items() if name in names}
    modules |= {
        module for module, packages in INSTALLED.items() if names & {canonicalize_name(package) for package in packages}
    }
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports(path.read_text())
        if name not in {*sys.stdlib_module_names, *ROOMS, *modules} and not (path.parent / f"{name}.py").is_file()
    ]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_requirement_has_a_bound_and_a_pin_that_satisfies_it(requirement: Requirement):
    assert requirement.specifier, f"{requirement.name} has no bound in pyproject.toml"
    pins = read_pins("constraints.txt")
    name = canonicalize_name(requirement.name)
    assert name in pins, f"{name} is in pyproject.toml and not in constraints.txt"
    assert pins[name] in requirement.specifier


@pytest.mark.parametrize("requirement", CORE, ids=str)
def test_the_floors_are_the_bounds(requirement: Requirement):
    (bound,) = requirement.specifier
    assert bound.operator == ">="
    pinned = read_pins("floors.txt")[canonicalize_name(requirement.name)]
    assert SpecifierSet(f"=={bound.version}").contains(pinned), f"floors.txt tries {pinned}, {requirement} allows less"


@pytest.mark.parametrize("room", ROOMS)
def test_every_import_is_declared(room: str):
    """In the core, or, imported where it is used, in an extra."""
    assert not undeclared(room, REQUIREMENTS)


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_imported_at_once_is_core(room: str):
    """Importing a room needs no extra; programs that do, say so in their module's docstring."""
    core = [canonicalize_name(requirement.name) for requirement in CORE]
    late = [name for group in EXTRAS.values() for name in group if canonicalize_name(name.name) not in core]
    modules = {
        module
        for module, packages in INSTALLED.items()
        if {canonicalize_name(package) for package in packages} & {canonicalize_name(name.name) for name in late}
    }
    at_once = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.parse(path.read_text()).body
        for name in imports(ast.unparse(node))
        if isinstance(node, ast.Import | ast.ImportFrom) and name in modules
    ]
    assert at_once == (["pygpose/inference/features.py imports PIL"] if room == "pygpose" else [])


@pytest.mark.parametrize("folder", ["tests", "docs", "tools"])
def test_tests_import_what_dev_installs(folder: str):
    assert not undeclared(folder, [*CORE, *EXTRAS["dev"]])


def test_undeclared_imports_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    (tmp_path / "room").mkdir()
    (tmp_path / "room/a.py").write_text("import json, graphs.remap\ndef f():\n    from scipy.io import loadmat\n")
    assert undeclared("room", CORE) == ["room/a.py imports scipy"]
    assert not undeclared("room", EXTRAS["dev"])


def test_conda_installs_the_same_pins():
    items = yaml_list((ROOT / "environment.yml").read_text())
    python = next(item for item in items if item.startswith("python="))
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])
    assert items[-3:] == ["pip:", "-c constraints.txt", "-e .[dev]"]


def test_make_installs_the_same_pins():
    makefile = (ROOT / "Makefile").read_text()
    installs = re.findall(r"pip install.*", makefile)
    assert installs == ["pip install -c constraints.txt", "pip install -c floors.txt"]  # all go through one of these
    assert "$(INSTALL) -e '.[dev]'" in makefile and "$(INSTALL_FLOORS) -e .\n" in makefile
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in makefile
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in makefile


@pytest.mark.parametrize(
    ("conda", "words", "environment"),
    [
        ({}, [], ".venv"),
        (
            {"CONDA_DEFAULT_ENV": "base", "CONDA_PREFIX": "/opt/conda"},
            [],
            ".venv",
        ),  # active unasked
        ({"CONDA_DEFAULT_ENV": "pygpose", "CONDA_PREFIX": "/opt/conda/envs/pygpose"}, [], "/opt/conda/envs/pygpose"),
        ({"CONDA_DEFAULT_ENV": "pygpose", "CONDA_PREFIX": "/opt/conda/envs/pygpose"}, ["VENV=/mine"], "/mine"),
    ],
)
def test_make_works_in_the_conda_environment(conda, words, environment):
    name = re.search(r"^name: (.+)$", (ROOT / "environment.yml").read_text(), re.MULTILINE)
    assert name and name[1] == "pygpose"
    shown = subprocess.run(
        ["make", "--dry-run", "--always-make", "fast", *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **conda},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installs = [line for line in shown.splitlines() if "pip install" in line]
    assert len(installs) == 4
    assert all(f"{environment}/bin/python -m pip install -c constraints.txt" in line for line in installs)


def test_readme_shows_the_commands_that_exist():
    readme = (ROOT / "README.md").read_text()
    for command in ["make train", "make test", "conda env create -f environment.yml"]:
        assert command in readme
    makefile = (ROOT / "Makefile").read_text()
    train = re.search(r"^train:.*\n\t\$\(BIN\)/(python .*) \$\(ARGS\)$", makefile, flags=re.MULTILINE)
    assert train and train[1] in readme
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    for text in (readme, (ROOT / "CONTRIBUTING.md").read_text(), (ROOT / ".ci/run").read_text()):
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, flags=re.MULTILINE)) <= targets


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md", "docs/data.md", "docs/features.md"])
def test_the_extras_that_are_spoken_of_exist(text: str):
    assert set(re.findall(r"\.?(?:pygpose)?\[([a-z]+)\]'", (ROOT / text).read_text())) <= set(EXTRAS)


def test_one_version():
    versions = [pygpose.__version__, *re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)]
    versions += re.findall(r"^## \[(\d[^\]]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[:1]
    assert versions == [PROJECT["version"]] * 3


def test_the_changelog_says_where_modules_went():
    unreleased = (ROOT / "CHANGELOG.md").read_text().partition("## [Unreleased]")[2].partition("\n## ")[0]
    rows = re.findall(r"^ *\| (`[a-z].+) \| (`.+) \|$", unreleased, re.MULTILINE)
    assert rows
    for before, now in rows:
        for name in re.findall(r"`([\w.]+)`", now):
            assert any((ROOT / name.replace(".", "/")).with_suffix(end).exists() for end in (".py", "")), name
        for name in re.findall(r"`([\w.]+)`", before):
            old = (ROOT / name.replace(".", "/")).with_suffix(".py")
            assert not old.exists() or old.read_text().startswith('"""The former home of'), name


def test_hooks_run_what_lint_runs():
    """The hooks before a commit are of this environment: they pin nothing that could differ from constraints.txt."""
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (.+)", hooks) == ["local"] and "rev:" not in hooks
    for command in ("ruff check", "ruff format"):
        assert command in hooks and command in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("package", ROOMS)
def test_every_room_ships_its_types(package: str):
    assert (ROOT / package / "py.typed").is_file()


def test_tests_are_not_packaged():
    found = find_packages(str(ROOT), include=PYPROJECT["tool"]["setuptools"]["packages"]["find"]["include"])
    assert {name.split(".")[0] for name in found} == set(ROOMS)


def test_the_top_of_the_repository():
    """What anyone expects to find there, and nothing else."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a checkout")
    assert {line.split("/")[0] for line in listed.stdout.splitlines()} <= {
        *(*ROOMS, "tests", "docs", "tools", ".ci", ".gitignore", ".pre-commit-config.yaml"),
        *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"),
        *("pyproject.toml", "constraints.txt", "floors.txt", "environment.yml", "MANIFEST.in", "Makefile"),
    }
