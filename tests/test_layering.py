"""The rooms import one way, graphs <- pygpose <- train, and so do the shelves inside pygpose."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEVER = {
    "graphs": ["pygpose", "train"],
    "pygpose": ["train"],
    "pygpose.losses": ["pygpose.models"],
    "pygpose.metrics": ["pygpose.models"],
    "pygpose.refine": ["pygpose.nn", "pygpose.models", "pygpose.losses"],
    "pygpose.geometry": ["pygpose.nn", "pygpose.models", "pygpose.losses"],
    "pygpose.smpl": ["pygpose.nn", "pygpose.models", "pygpose.losses", "pygpose.metrics"],
    "pygpose.data": ["pygpose.nn", "pygpose.models", "pygpose.losses"],
}


def imports(source: str, package: str) -> Iterator[str]:
    """Full dotted names that a module of `package` imports, wherever in the file, relative ones resolved."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            above = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize("room", NEVER)
def test_imports_go_one_way(room: str):
    files = sorted((ROOT / room.replace(".", "/")).rglob("*.py"))
    assert files, f"{room} holds no Python file"
    against = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file.read_text(), ".".join(file.parent.relative_to(ROOT).parts))
        if any(within(name, forbidden) for forbidden in NEVER[room])
    ]
    assert not against


@pytest.mark.parametrize(
    "line",
    [
        "import pygpose.models",
        "import pygpose.models.tcn as tcn",
        "from pygpose import models",
        "from pygpose.models import TCN",
        "from ..models.tcn import TCN",
        "from .. import models",
        "def late():\n    from pygpose.models import TCN",
    ],
)
def test_every_way_to_import_is_seen(line: str):
    assert any(within(name, "pygpose.models") for name in imports(line, "pygpose.losses"))


def test_a_likely_name_is_not_a_forbidden_one():
    assert not any(within(name, "pygpose.models") for name in imports("import pygpose.models_table", "pygpose.losses"))
