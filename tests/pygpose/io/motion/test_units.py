"""Units and up axes: every spelling, and rotations that keep left and right."""

import numpy as np
import pytest

from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up

AXES = ["z", "y", "x", "-z", "-y", "-x"]


@pytest.mark.parametrize(
    ("unit", "metres"),
    [("m", 1), (" CM ", 0.01), ("mm", 0.001), ("inch", 0.0254), ("ft", 0.3048), ("inch/0.45", 0.0254 / 0.45)]
    + [
        ("Millimeters", 0.001),
        ("METRES", 1),
        ("centimetre", 0.01),
        ("Inches", 0.0254),
        ("foot", 0.3048),
        ("feet", 0.3048),
    ]
    + [("[mm]", 0.001), ("mm.", 0.001), ("in", 0.0254)]
    + [("2.54*cm", 0.0254), ("0.056444", 0.056444), ("1e-3", 0.001), (0.5, 0.5), ("2*cm/4", 0.005), (1.0, 1)],
)
def test_units(unit, metres):
    assert parse_unit(unit) == pytest.approx(metres, rel=1e-12)


@pytest.mark.parametrize(
    "unit", ["", "ell", "0", "-1", "cm/0", "nan", "inf", 0.0, -2.0, "cm/inch", "1e999", "__import__"]
)
def test_no_units(unit):
    with pytest.raises(ValueError, match="is no length; give m, dm, cm, mm, inch"):
        parse_unit(unit)


@pytest.mark.parametrize("up", AXES)
def test_up_becomes_z_and_left_stays_left(up):
    turned = to_metres_z_up(np.eye(3), "cm", up) * 100
    assert np.linalg.det(turned) == pytest.approx(1)
    sign = -1 if up.startswith("-") else 1
    assert (sign * turned["xyz".index(up[-1])]).tolist() == [0, 0, 1]


def test_up_is_spelled():
    assert parse_up("+Y") == "y" and parse_up("-Z") == "-z"
    with pytest.raises(ValueError, match="up axis 'up' is unknown; known: z, y, x"):
        parse_up("up")
