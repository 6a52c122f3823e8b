"""One dictionary from names to entries: what it holds, and what it refuses."""

import pytest

from graphs.registry import Registry


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
