"""One dictionary from names to entries: what it holds, and what it refuses."""

import sys
from types import SimpleNamespace

import pytest

from graphs.registry import Registry
from pygpose.data import DATASETS
from pygpose.losses import LOSSES
from pygpose.models import MODELS


def test_holds_what_was_registered_in_the_order_of_names():
    shapes: Registry[type] = Registry("shape")

    @shapes.register("square")
    class Square:
        pass

    @shapes.register("circle")
    class Circle:
        pass

    assert shapes["square"] is Square and shapes["circle"] is Circle
    assert list(shapes) == ["circle", "square"]
    assert "square" in shapes and "ellipse" not in shapes
    with pytest.raises(ValueError, match="^unknown shape 'ellipse'; known: circle, square$"):
        shapes["ellipse"]


def test_a_name_is_registered_once():
    numbers: Registry[int] = Registry("number")
    numbers.register("one")(1)
    with pytest.raises(ValueError, match="^number 'one' is registered already, as 1$"):
        numbers.register("one")(11)
    assert numbers["one"] == 1


def test_two_registries_share_nothing():
    Registry[int]("number").register("one")(1)
    assert "one" not in Registry[int]("number")


def package(folder, points):
    """An installed package: its metadata and its module."""
    info = folder / "shapes_of_ours-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shapes-of-ours\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tests.shapes]\n" + "\n".join(points) + "\n")
    (folder / "shapes_of_ours.py").write_text(
        "from shapes_of_all import SHAPES\n\n@SHAPES.register('oval')\nclass Oval: pass\n\nclass Star: pass\n"
    )


@pytest.fixture
def offered(tmp_path, monkeypatch):
    """A registry whose entries an installed package may add to."""
    shapes: Registry[type] = Registry("shape", group="tests.shapes")
    monkeypatch.setitem(sys.modules, "shapes_of_all", SimpleNamespace(SHAPES=shapes))
    monkeypatch.syspath_prepend(tmp_path)
    yield shapes
    sys.modules.pop("shapes_of_ours", None)


def test_installed_packages_add_what_their_entry_points_name(offered, tmp_path):
    package(tmp_path, ["any = shapes_of_ours", "oval = shapes_of_ours:Oval", "star = shapes_of_ours:Star"])
    offered.register("square")(int)
    assert list(offered) == ["oval", "square", "star"]  # the module's own name for it, and the entry point's
    assert offered["star"].__name__ == "Star" and "oval" in offered


def test_a_package_that_fails_is_left_out_with_a_warning(offered, tmp_path):
    package(tmp_path, ["gone = shapes_of_ours:Gone", "star = shapes_of_ours:Star"])
    with pytest.warns(UserWarning, match="entry point 'gone' .shapes_of_ours:Gone. of group 'tests.shapes' cannot be"):
        assert "star" in offered
    assert list(offered) == ["oval", "star"]


def test_losses_models_and_data_sets_of_installed_packages_are_looked_for():
    groups = {LOSSES: "pygpose.losses", MODELS: "pygpose.models", DATASETS: "pygpose.datasets"}
    assert all(registry.group == group for registry, group in groups.items())
