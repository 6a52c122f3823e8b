"""Body model files: what the official forms give, what is refused unrun, and what is wrong is said.

Covers :mod:`pygpose.smpl.files` and :mod:`pygpose.safe.wrapped_arrays`.
"""

import os
import pickle

import numpy as np
import pytest

from pygpose.safe.pickles import read_pickle
from pygpose.smpl.files import read_body

NAMES = {"template": "v_template", "regressor": "J_regressor", "weights": "weights", "pose_directions": "posedirs"}


def same(body, arrays):
    for ours, theirs in NAMES.items():
        np.testing.assert_array_equal(getattr(body, ours), arrays[theirs])
    np.testing.assert_array_equal(body.shape_directions, arrays["shapedirs"][..., :10])
    np.testing.assert_array_equal(body.faces, arrays["f"])
    assert body.parents.tolist()[0] == -1 and body.parents.tolist()[1:] == arrays["kintree_table"][0, 1:].tolist()


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
@pytest.mark.parametrize("module", ["scipy.sparse.csc", "scipy.sparse._csc"])
def test_pickles_in_the_official_form(tmp_path, made_body, protocol, module):
    arrays = made_body.make_arrays(shapes=12)
    same(read_body(made_body.write_pkl(tmp_path / "body.pkl", arrays, protocol, module)), arrays)


def test_npz(tmp_path, made_body):
    arrays = made_body.make_arrays(made_body.PARENTS_H, each=2, shapes=16)
    same(read_body(made_body.write_npz(tmp_path / "body.npz", arrays)), arrays)


def test_nothing_else_reads_such_pickles(tmp_path, made_body):
    path = made_body.write_pkl(tmp_path / "body.pkl", made_body.make_arrays())
    with pytest.raises(ValueError, match=r"holds 'chumpy\.\w+\.\w+'; only numpy arrays"):
        read_pickle(path)
    protocol_0 = made_body.write_pkl(tmp_path / "body.pkl", made_body.make_arrays(), 0)
    with pytest.raises(ValueError, match=r"holds 'copy_reg\._reconstructor'; only numpy arrays"):
        read_pickle(protocol_0)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_runs(tmp_path, made_body, protocol):
    path, ran = tmp_path / "body.pkl", tmp_path / "ran"
    with made_body.fake_modules() as fakes:
        for content in (Bomb(ran), {"v_template": Bomb(ran)}, fakes.Ch(x=Bomb(ran)), fakes.Select(a=[Bomb(ran)])):
            path.write_bytes(pickle.dumps(content, protocol))
            with pytest.raises(ValueError, match=r"holds '(posix|nt)\.system'.* nothing of it was run"):
                read_body(path)
    assert not ran.exists()


CH = b"cchumpy.ch\nCh\n"
OBJECT = b"c__builtin__\nobject\n"


@pytest.mark.parametrize(
    ("opcodes", "message"),
    [
        (CH + b"(K\x01tR", "is no complete pickle"),  # arguments
        (CH + b")R}K\x01K\x02sb", "a state for a Shell"),  # names that are numbers
        (CH + b")R(lb", "a state for a Shell"),
        (CH + b"}b", "a state for a Constructor"),
        (CH + b")R)R", "a call of Shell"),
        (CH + b")RK\x01a", "is no complete pickle"),
        (OBJECT + b")R", "an object of no class"),
        (b"ccopy_reg\n_reconstructor\n(" + OBJECT + OBJECT + b"NtR", "a class of its choice"),
        (b"ccopy_reg\n_reconstructor\n(" + CH + CH + b"NtR", "a class of its choice"),
        (b"ccopy_reg\n_reconstructor\n(" + CH + OBJECT + b"K\x01tR", "a class of its choice"),
        (b"ccopy_reg\n_reconstructor\n(cnumpy\nndarray\n" + OBJECT + b"NtR", "a class of its choice"),
        (b"cchumpy.ch\nMatVecMult\n)R", r"'chumpy\.ch\.MatVecMult'"),
        (b"cchumpy.ch\nCh.__init__\n)R", r"'chumpy\.ch\.Ch\.__init__'"),
        (b"cscipy.sparse.csc\ncsr_matrix\n)R", r"'scipy\.sparse\.csc\.csr_matrix'"),
    ],
)
def test_shells_are_inert(tmp_path, opcodes, message):
    path = tmp_path / "body.pkl"
    path.write_bytes(b"\x80\x02" + opcodes + b".")
    with pytest.raises(ValueError, match=message):
        read_body(path)


def changed(made_body, **changes):
    arrays = made_body.make_arrays()
    for name, change in changes.items():
        arrays[name] = change(arrays[name])
    return {name: array for name, array in arrays.items() if array is not None}


def nan(array):
    array = array.copy()
    array.flat[3] = np.nan
    return array


@pytest.mark.parametrize("form", ["npz", "pkl"])
@pytest.mark.parametrize(
    ("field", "change", "message"),
    [
        *(
            (field, lambda _: None, "has no 'FIELD'; a body model has v_template, ")
            for field in ("weights", "posedirs")
        ),
        *((field, lambda a: a[:-1], "'FIELD': .* given, expected") for field in ("posedirs", "weights")),
        ("shapedirs", lambda a: a[:-1], r"'shapedirs': \[95, 3, 10\] given, expected \[96, 3, 10\]"),
        ("shapedirs", lambda a: a[..., :9], r"'shapedirs': \[96, 3, 9\] given, expected \[96, 3, 10\]"),
        ("posedirs", lambda a: a[..., :90], r"'posedirs': \[96, 3, 90\] given, expected \[96, 3, 207\]"),
        ("J_regressor", lambda a: a[:, :-1], r"'J_regressor': \[24, 95\] given, expected \[24, 96\]"),
        ("J_regressor", lambda a: a[:-1], r"'J_regressor': \[23, 96\] given, expected \[24, 96\]"),
        *((field, nan, "'FIELD': 1 of .* values are NaN") for field in ("v_template", "posedirs", "J_regressor")),
        ("kintree_table", lambda a: a[:, ::-1], "'kintree_table': expected parents, the root first"),
        ("kintree_table", lambda a: a.astype(int) - 1, "'kintree_table': expected parents, the root first"),
        ("kintree_table", lambda a: a[:1], r"'kintree_table': \[1, 24\] given"),
        ("f", lambda a: a + 60, "'f': expected triangles of vertices 0 to 95"),
        ("f", lambda a: a[:0], r"'f': \[0, 3\] given"),
        ("f", lambda a: "abc", "'f': expected an array of numbers, got"),
        ("weights", lambda a: np.array(3.0), "'weights': expected an array, got one number"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, made_body, form, field, change, message):
    write = {"npz": made_body.write_npz, "pkl": made_body.write_pkl}[form]
    path = write(tmp_path / f"body.{form}", changed(made_body, **{field: change}))
    with pytest.raises(ValueError, match=message.replace("FIELD", field)) as error:
        read_body(path)
    assert str(path) in str(error.value)


SELECTION = {"a": np.arange(6.0), "idxs": np.array([0, 5]), "preferred_shape": (1, 2)}
MATRIX = {"data": np.ones(2), "indices": np.array([0, 1]), "indptr": np.array([0, 1, 2]), "_shape": (2, 2)}


@pytest.mark.parametrize(
    ("kind", "state", "message"),
    [
        ("Ch", {}, "chumpy's 'x': expected an array of numbers, got NoneType"),
        ("Ch", {"x": np.array(["a"])}, "got an array of <U1"),
        ("Select", SELECTION | {"a": None}, "expected an array of numbers"),
        ("Select", SELECTION | {"idxs": np.array([0.5])}, "'idxs': expected an array of whole numbers"),
        ("Select", SELECTION | {"idxs": np.array([0, 6])}, "beyond the 6 elements"),
        ("Select", SELECTION | {"idxs": np.array([-1, 0])}, "beyond the 6 elements"),
        ("Select", SELECTION | {"preferred_shape": (3, 2)}, r"2 elements cannot have the shape \(3, 2\)"),
        ("Select", SELECTION | {"preferred_shape": (-1, -2)}, "cannot have the shape"),
        ("Select", SELECTION | {"preferred_shape": 2}, "cannot have the shape"),
        ("csc_matrix", {}, "scipy's matrix 'data': expected"),
        ("csc_matrix", MATRIX | {"_shape": (10**9, 2)}, "more than 1000 rows"),
        ("csc_matrix", MATRIX | {"_shape": (2, 10**9)}, "do not fit together"),
        ("csc_matrix", MATRIX | {"_shape": (2, -2)}, "without its shape"),
        ("csc_matrix", MATRIX | {"indices": np.array([0, 2])}, "do not fit together"),
        ("csc_matrix", MATRIX | {"indices": np.array([0, -1])}, "do not fit together"),
        ("csc_matrix", MATRIX | {"indptr": np.array([0, 3, 2])}, "do not fit together"),
        ("csc_matrix", MATRIX | {"indptr": np.array([], int), "_shape": (2, -1)}, "without its shape"),
    ],
)
def test_wrapped_arrays_whose_parts_do_not_fit(tmp_path, made_body, kind, state, message):
    path = tmp_path / "body.pkl"
    with made_body.fake_modules() as fakes:
        path.write_bytes(pickle.dumps(made_body.make_arrays() | {"v_template": getattr(fakes, kind)(**state)}, 2))
    with pytest.raises(ValueError, match=message) as error:
        read_body(path)
    assert f"{path}, 'v_template'" in str(error.value)


def test_other_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        read_body(tmp_path / "none.pkl")
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1]))
    with pytest.raises(ValueError, match="has no 'v_template'"):
        read_body(tmp_path / "list.pkl")


def test_changed_bytes_give_a_body_or_one_sentence(tmp_path, made_body):
    path = made_body.write_pkl(tmp_path / "body.pkl", made_body.make_arrays(each=1))
    whole, draw, refused = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(150):
        data = bytearray(whole)
        for place in draw.integers(len(data), size=40):
            data[place] = draw.integers(256)
        path.write_bytes(data)
        try:
            assert np.isfinite(read_body(path).template).all()
        except ValueError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused
