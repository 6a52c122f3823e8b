"""The rooms import one way: graphs <- pygpose <- train, and so do the rooms inside pygpose and inside train.

A room is a folder or file directly inside pygpose or train; graphs is one room. docs/architecture.md shows the house.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each room may import of ours; a new room gets its line here, and every arrow has to be wanted.
PYGPOSE = {
    "keys": "",
    "safe": "",
    "console": "safe",
    "flags": "",
    "frames": "safe",
    "geometry": "",
    "smpl": "graphs safe",
    "outputs": "smpl",
    "nn": "graphs",
    "losses": "graphs geometry outputs smpl",
    "metrics": "graphs frames",
    "refine": "graphs geometry",
    "models": "graphs keys frames safe geometry nn smpl outputs",
    "io": "graphs frames safe smpl",
    "data": "graphs keys frames safe console flags kept_help geometry smpl io",
    "viewer": "io",
    "video": "graphs frames console io safe",
    "inference": "graphs keys frames safe console kept_help geometry smpl io data models nn refine video viewer "
    "weights",
    "commands": "graphs safe console flags data geometry inference io refine video viewer",
    "features": "inference",
    "weights": "",
    "programs": "",
    "kept_help": "programs",
    "__init__": "data inference losses models programs kept_help",  # the first screen, which no room imports
    "__main__": "console flags commands data",  # the command pygpose
}
TRAIN = {
    "config": "",
    "report": "",
    "paper_tables": "config report",
    "loop": "config",
    "scoring": "report",
    "speed": "config loop",
    "run": "config loop scoring report",
    "evaluate": "config scoring report",
    "tables": "config loop scoring report paper_tables",
    "compare": "config scoring report",
    "benchmark": "config loop speed",
    "protocols": "config report scoring",
    "weights": "config loop report scoring",
    "correction": "config scoring",
    "checkpoint": "",  # former homes of two modules of the library
    "predictions": "",
    "__init__": "",
}
ALLOWED = {
    "graphs": set(),
    **{
        f"pygpose.{room}": {name if name == "graphs" else f"pygpose.{name}" for name in may.split()}
        for room, may in PYGPOSE.items()
    },
    **{f"train.{room}": {f"train.{name}" for name in may.split()} for room, may in TRAIN.items()},
}

# Flags of other people's programs, which messages name where their output needs them.
THEIR_FLAGS = {
    *("--write_json", "--keypoint_scale"),  # OpenPose
    "--format",  # AlphaPose
    *("--pred-out-dir", "--save-predictions"),  # MMPose
    *("--causal", "--dense"),  # VideoPose3D
}
# The library's own programs, and what programs of ours share.
PROGRAMS = (
    "pygpose/__main__.py",
    "pygpose/commands/detector.py",
    "pygpose/commands/edit.py",
    "pygpose/commands/lift.py",
    "pygpose/commands/view.py",
    "pygpose/data/__main__.py",
    "pygpose/data/commands.py",
    "pygpose/flags.py",
    "pygpose/kept_help.py",
    "pygpose/features.py",
    "pygpose/inference/features.py",
    "pygpose/console.py",
)


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


def room_of(name: str) -> str | None:
    """The room that a dotted name lies in: `pygpose.data` of `pygpose.data.sequence.make_sequence`."""
    top, _, inside = name.partition(".")
    if top not in ("graphs", "pygpose", "train"):
        return None
    room = top if top == "graphs" else f"{top}.{inside.partition('.')[0]}"
    return room if room in ALLOWED else f"{top}.__init__"


def modules() -> Iterator[tuple[Path, str]]:
    """Every Python file of ours, and its room."""
    for top in ("graphs", "pygpose", "train"):
        for path in sorted((ROOT / top).rglob("*.py")):
            inside = path.relative_to(ROOT / top).with_suffix("").parts[0]
            yield path, top if top == "graphs" else f"{top}.{inside}"


def arrows() -> Iterator[tuple[Path, str, str]]:
    """File, its room, and each room that it imports."""
    for path, room in modules():
        for name in imports(path.read_text(), ".".join(path.parent.relative_to(ROOT).parts)):
            target = room_of(name)
            if target and target != room:
                yield path, room, target


def test_every_room_has_its_line():
    rooms = {room for _, room in modules()}
    assert rooms <= ALLOWED.keys(), "a new room: say in PYGPOSE or TRAIN, in this file, what it may import"
    assert ALLOWED.keys() <= rooms, "rooms that are gone"


def test_imports_go_the_allowed_ways():
    """A room of train may import all of the library, which knows nothing of train."""
    against = {
        f"{path.relative_to(ROOT)} imports {target}"
        for path, room, target in arrows()
        if target not in ALLOWED.get(room, ()) and not (room.startswith("train.") and not target.startswith("train."))
    }
    assert not against


def test_the_page_on_the_house_names_every_room_below_those_that_it_imports():
    page = (ROOT / "docs/architecture.md").read_text()
    tables = [re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) for part in page.split("\n## ")]
    programs = {"run", "evaluate", "tables", "compare", "protocols", "weights", "benchmark", "__init__"}
    programs |= {"correction"}
    programs |= {"checkpoint", "predictions"}  # former homes
    library, program = [table for table in tables if table]
    assert (
        set(library) == PYGPOSE.keys() - {"features", "__init__", "__main__"}
        and set(program) == TRAIN.keys() - programs
    )
    for rooms, imported in ((library, PYGPOSE), (program, TRAIN)):
        for room in rooms:
            below = imported[room].split()
            assert all(rooms.index(name) < rooms.index(room) for name in below if name in rooms), room


def test_rooms_form_no_ring():
    used: dict[str, set[str]] = {}
    for _, room, target in arrows():
        used.setdefault(room, set()).add(target)
    for graph in (ALLOWED, used):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            pytest.fail(" -> ".join(error.args[1]))


def texts(source: str) -> Iterator[tuple[int, str]]:
    """The string constants of a module, f-strings' among them, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def flags(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text)) - THEIR_FLAGS


def test_the_library_does_not_spell_the_programs_flags():
    """Who imports pygpose has no command line; programs say which flag is meant."""
    spelled = {
        f"{path.relative_to(ROOT)}:{line} says {flag}"
        for path, room in modules()
        if not room.startswith("train.") and str(path.relative_to(ROOT)) not in PROGRAMS
        for line, text in texts(path.read_text())
        for flag in flags(text)
    }
    assert not spelled


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
    assert {room_of(name) for name in imports(line, "pygpose.losses")} == {"pygpose.models"}


def test_a_likely_name_is_another_room():
    assert room_of("pygpose.models_table.TABLE") == "pygpose.__init__"
    assert room_of("torch.nn") is None


def test_flags_are_seen_and_dashes_are_not():
    assert flags("give --joint-map, or -- as ever --write_json") == {"--joint-map"}
    assert not flags("a---b, 1--2, --- and | --|")
