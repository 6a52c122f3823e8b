"""The set-up files tell one story: pyproject.toml, constraints.txt, environment.yml, Makefile and README.md agree."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from setuptools import find_packages

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = [
    Requirement(line)
    for group in [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for line in group
]


def read_pins() -> dict[str, str]:
    """Versions by name; every line of constraints.txt must be one exact pin, and no name may come twice."""
    pins: dict[str, str] = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pin = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)", line)
        assert pin, f"constraints.txt: {line!r} is not an exact pin without a build tag"
        name = canonicalize_name(pin[1])
        assert name not in pins, f"constraints.txt pins {name} twice"
        pins[name] = pin[2]
    return pins


def yaml_list(text: str) -> list[str]:
    """The items of every list in a small YAML file, in order."""
    return re.findall(r"^ *- (.+)$", text, flags=re.MULTILINE)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_every_requirement_has_a_bound_and_a_pin_that_satisfies_it(requirement: Requirement):
    assert requirement.specifier, f"{requirement.name} has no bound in pyproject.toml"
    pins = read_pins()
    name = canonicalize_name(requirement.name)
    assert name in pins, f"{name} is in pyproject.toml and not in constraints.txt"
    assert pins[name] in requirement.specifier


def test_conda_installs_the_same_pins():
    items = yaml_list((ROOT / "environment.yml").read_text())
    python = next(item for item in items if item.startswith("python="))
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])
    assert items[-3:] == ["pip:", "-c constraints.txt", "-e .[dev]"]


def test_make_installs_the_same_pins():
    makefile = (ROOT / "Makefile").read_text()
    installs = re.findall(r"pip install.*", makefile)
    assert installs == ["pip install -c constraints.txt"]  # every other line goes through $(INSTALL)
    assert "$(INSTALL) -e '.[dev]'" in makefile
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in makefile
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in makefile


def test_readme_shows_the_commands_that_exist():
    readme = (ROOT / "README.md").read_text()
    for command in ["make train", "make test", "conda env create -f environment.yml"]:
        assert command in readme
    makefile = (ROOT / "Makefile").read_text()
    train = re.search(r"^train:.*\n\t\$\(BIN\)/(python .*) \$\(ARGS\)$", makefile, flags=re.MULTILINE)
    assert train and train[1] in readme
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", readme)) <= targets


@pytest.mark.parametrize("package", ["graphs", "pygpose", "train"])
def test_every_room_ships_its_types(package: str):
    assert (ROOT / package / "py.typed").is_file()


def test_tests_are_not_packaged():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = find_packages(str(ROOT), include=tool["packages"]["find"]["include"])
    assert {name.split(".")[0] for name in found} == {"graphs", "pygpose", "train"}
