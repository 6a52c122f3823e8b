"""The restricted unpickler: what plain data come out as, and that nothing else comes out or runs.

Covers :mod:`pygpose.safe.pickles`, ``plain_data`` and ``inflation``.
"""

import collections
import contextlib
import copyreg
import gzip
import os
import pickle
import pickletools
import struct
import sys
import types
import zlib

import numpy as np
import pytest

from pygpose.safe.pickles import read_pickle

PLAIN = {
    "numbers": [1, -5, 2**70, 1.5, float("inf"), 1 + 2j, True, None],
    "text": ["", "Gr\u00fcn", b"", b"\xff\x00"],
    "containers": ({1, 2}, frozenset({3}), (1, (2, (3,))), [[]], {("a", 1): {}}),
    "ordered": collections.OrderedDict(x=1, y=[2]),
    "default": collections.defaultdict(list, {1: [2]}),
}
ARRAYS = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "fortran": np.arange(6, dtype="f4").reshape(2, 3).T,
    "swapped": np.arange(3, dtype=">i2"),
    "strings": np.array(["ab", "c"]),
    "bytes": np.array([b"ab", b"c"]),
    "flags": np.array([True, False]),
    "none": np.zeros((0, 17, 3)),
    "point": np.array(2.5),
    "scalar": np.float32(1.5),
    "name": np.str_("S1"),
    "complex": np.array([1 + 2j]),
}


def read(path, data):
    path.write_bytes(data)
    return read_pickle(path)


def same(ours, theirs):
    assert type(ours) is type(theirs)
    assert ours.dtype == theirs.dtype.newbyteorder("=") and ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data.pkl"


class TestPlainData:
    @pytest.mark.parametrize("protocol", range(6))
    def test_as_the_standard_library_reads_it(self, file, protocol):
        ours = read(file, pickle.dumps({**PLAIN, **ARRAYS}, protocol))
        for name, value in PLAIN.items():
            assert ours[name] == value
        assert type(ours["ordered"]) is type(ours["default"]) is dict
        for name, value in ARRAYS.items():
            same(ours[name], value)
        ours["matrix"][0, 0] = 7  # is its own

    @pytest.mark.parametrize("protocol", range(6))
    def test_arrays_of_objects(self, file, protocol):
        shared = np.zeros(2)
        array = np.array([{"a": shared}, [shared], None, "x"], dtype=object).reshape(2, 2)
        ours = read(file, pickle.dumps(array, protocol))
        assert ours.shape == (2, 2) and ours.dtype == object
        assert ours[0, 0]["a"] is ours[0, 1][0] and ours[1, 1] == "x"
        same(ours[0, 0]["a"], shared)

    @pytest.mark.parametrize("protocol", range(3))
    def test_numpy_1_and_2(self, file, protocol):
        for core in (b"numpy.core.", b"numpy._core."):
            data = pickle.dumps(ARRAYS["matrix"], protocol)
            assert b"cnumpy._core.multiarray\n" in data
            same(read(file, data.replace(b"numpy._core.", core)), ARRAYS["matrix"])

    def test_python_2(self, file):
        """Written down from what Python 2.7's cPickle makes of {'a': '\\xe9', 'b': array([1., 2.])}."""
        header = b"(dp1\nS'a'\np2\nS'\\xe9'\np3\nsS'b'\np4\ncnumpy.core.multiarray\n_reconstruct\np5\n"
        array = b"(cnumpy\nndarray\np6\n(I0\ntp7\nS'b'\np8\ntp9\nRp10\n(I1\n(I2\ntp11\n"
        dtype = b"cnumpy\ndtype\np12\n(S'f8'\np13\nI0\nI1\ntp14\nRp15\n(I3\nS'<'\np16\nNNNI-1\nI-1\nI0\ntp17\nb"
        content = b"I00\nS'\\x00\\x00\\x00\\x00\\x00\\x00\\xf0?\\x00\\x00\\x00\\x00\\x00\\x00\\x00@'\np18\ntp19\nbs."
        ours = read(file, header + array + dtype + content)
        assert ours["a"] == "\xe9"
        same(ours["b"], np.array([1.0, 2.0]))

    def test_a_list_that_holds_itself_is_refused(self, file):
        """No recording has one, and whoever walks through it never comes out."""
        ring: list = []
        ring.append(ring)
        with pytest.raises(ValueError, match="a list that holds itself"):
            read(file, pickle.dumps(ring))

    def test_numpy_dtypes_stay_as_they_are(self, file):
        same(read(file, pickle.dumps(np.arange(3, dtype=">f8"))), np.arange(3, dtype=">f8"))
        assert np.dtype("f8").byteorder == "="

    @pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, lambda data: zlib.compress(data, 0)])
    def test_compressed(self, file, pack):
        same(read(file, pack(pickle.dumps(ARRAYS["matrix"]))), ARRAYS["matrix"])

    def test_no_file(self, file):
        with pytest.raises(FileNotFoundError, match="give a pickle file that exists"):
            read_pickle(file)


class NumpyArrayWrapper:
    """Has the attributes of joblib's class of this name, and is pickled under its module."""

    def __init__(self, array, order):
        self.subclass, self.shape, self.order, self.dtype = np.ndarray, array.shape, order, array.dtype
        self.allow_mmap, self.numpy_array_alignment_bytes = True, 16


class JoblibPickler(pickle._Pickler):
    """Writes what joblib.dump writes: a wrapper for each array, then padding and the array's bytes."""

    aligned = True

    def save(self, obj, save_persistent_id=True):
        if type(obj) is not np.ndarray:
            return super().save(obj, save_persistent_id)
        wrapper = NumpyArrayWrapper(obj, "F" if obj.flags.f_contiguous and not obj.flags.c_contiguous else "C")
        if not self.aligned:  # before joblib 1.2
            del wrapper.numpy_array_alignment_bytes
        super().save(wrapper)
        self.framer.commit_frame(force=True)
        if obj.dtype.hasobject:
            pickle.dump(obj, self.file, protocol=2)
            return None
        if self.aligned:
            padding = 16 - (self.file.tell() + 1) % 16
            self.file.write(bytes([padding]) + b"\xff" * padding)
        self.file.write(obj.tobytes(wrapper.order))
        return None


@pytest.fixture
def joblib_dump(monkeypatch):
    module = types.ModuleType("joblib.numpy_pickle")
    module.NumpyArrayWrapper = NumpyArrayWrapper
    monkeypatch.setattr(NumpyArrayWrapper, "__module__", "joblib.numpy_pickle")
    monkeypatch.setitem(sys.modules, "joblib", types.ModuleType("joblib"))
    monkeypatch.setitem(sys.modules, "joblib.numpy_pickle", module)

    def dump(value, path, protocol=4, aligned=True):
        with path.open("wb") as file:
            pickler = JoblibPickler(file, protocol)
            pickler.file, pickler.aligned = file, aligned
            pickler.dump(value)

    return dump


class TestJoblib:
    @pytest.mark.parametrize("aligned", [True, False])
    @pytest.mark.parametrize("protocol", [2, 3, 4, 5])
    def test_arrays(self, file, joblib_dump, protocol, aligned):
        arrays = {name: array for name, array in ARRAYS.items() if isinstance(array, np.ndarray)}
        joblib_dump({**arrays, "last": [1, np.array([{"a": 1}, None], dtype=object), "end"]}, file, protocol, aligned)
        for data in (file.read_bytes(), zlib.compress(file.read_bytes()), gzip.compress(file.read_bytes())):
            ours = read(file, data)
            for name, array in arrays.items():
                same(ours[name], array)
            assert ours["last"][1].tolist() == [{"a": 1}, None] and ours["last"][2] == "end"

    def test_more_than_there_is(self, file, joblib_dump):
        wrapper = NumpyArrayWrapper(np.zeros(1), "C")
        for shape in ((-1, 8), (10**12, "a"), [2], None):
            wrapper.shape = shape
            with pytest.raises(ValueError, match="is no complete pickle .*shape"):
                read(file, pickle.dumps(wrapper, 2)[:-1] + b"\x01\xff.")
        wrapper.shape = (10**15,)
        with pytest.raises(ValueError, match="8000000000000000 bytes announced"):
            read(file, pickle.dumps(wrapper, 2)[:-1] + b"\x01\xff.")

    def test_objects_within_are_no_way_around(self, file, joblib_dump, canary):
        joblib_dump([np.array([canary.bomb()], dtype=object)], file)
        with pytest.raises(ValueError, match=r"holds '(posix|nt)\.system'"):
            read_pickle(file)
        assert not canary.path.exists()


class Canary:
    """A file that would be there if anything had run."""

    def __init__(self, path):
        self.path = path
        self.command = f"touch {path}"

    def bomb(self):
        command = self.command

        class Bomb:
            def __reduce__(self):
                return os.system, (command,)

        return Bomb()


@pytest.fixture
def canary(tmp_path):
    return Canary(tmp_path / "ran")


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def call(module, name, *args):
    """A call, protocol 2: GLOBAL, MARK, arguments, TUPLE, REDUCE."""
    return f"c{module}\n{name}\n(".encode() + b"".join(args) + b"tR"


EVAL = "__import__('os').system('{}')"
NDARRAY = b"cnumpy\nndarray\n"
EMPTY = b"cnumpy.core.multiarray\n_reconstruct\n(" + NDARRAY + b"(K\x00tU\x01btR"
F8 = b"cnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
HUGE = b"\x8a\x08" + struct.pack("<q", 2**62)

ATTACKS = {
    "os.system": lambda c: call("os", "system", text(c.command)),
    "posix.system": lambda c: call("posix", "system", text(c.command)),
    "builtins.eval": lambda c: call("builtins", "eval", text(EVAL.format(c.command))),
    "__builtin__.eval": lambda c: call("__builtin__", "eval", text(EVAL.format(c.command))),
    "builtins.exec": lambda c: call("builtins", "exec", text(EVAL.format(c.command))),
    "builtins.__import__": lambda c: call("builtins", "__import__", text("antigravity")),
    "builtins.getattr": lambda c: call("builtins", "getattr", b"cbuiltins\ndict\n", text("mro")),
    "builtins.open": lambda c: call("builtins", "open", text(str(c.path)), text("w")),
    "builtins.bytearray": lambda c: call("builtins", "bytearray", HUGE),
    "subprocess.Popen": lambda c: call("subprocess", "Popen", text(c.command), b"I01\n"),
    "numpy.load": lambda c: call("numpy", "load", text("x")),
    "numpy.fromfile": lambda c: call("numpy", "fromfile", text("/etc/passwd")),
    "numpy.testing._private.utils.runstring": lambda c: call(
        "numpy.testing._private.utils", "runstring", text(f"import os; os.system('{c.command}')"), b"}"
    ),
    "numpy.core.multiarray.fromfile": lambda c: call("numpy.core.multiarray", "fromfile", text("/etc/passwd")),
    "copyreg._reconstructor": lambda c: call("copyreg", "_reconstructor", b"cos\nsystem\n", b"N", b"N"),
    "functools.partial": lambda c: call("functools", "partial", b"cos\nsystem\n", text(c.command)),
    "chumpy.ch.Ch": lambda c: b"cchumpy.ch\nCh\n)\x81",
    "torch._utils._rebuild_tensor_v2": lambda c: call("torch._utils", "_rebuild_tensor_v2"),
    "joblib.numpy_pickle.NDArrayWrapper": lambda c: b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81",
}


class TestRefused:
    @pytest.mark.parametrize("name", ATTACKS)
    def test_by_name(self, file, canary, name):
        attack = ATTACKS[name](canary)
        for data in (attack, b"(l" + attack + b"a", b"}" + text("key") + attack + b"s"):
            with pytest.raises(ValueError) as caught:
                read(file, b"\x80\x02" + data + b".")
            assert f"{file} holds '{name}'; only" in str(caught.value)
            assert "nothing of it was run" in str(caught.value)
        assert not canary.path.exists()

    def test_every_way_to_make_an_instance(self, file, canary):
        ways = {
            "INST": b"(" + text(canary.command) + b"ios\nsystem\n",
            "OBJ": b"(cos\nsystem\n" + text(canary.command) + b"o",
            "NEWOBJ": b"cos\nsystem\n(" + text(canary.command) + b"t\x81",
            "NEWOBJ_EX": b"cos\nsystem\n(" + text(canary.command) + b"t}\x92",
            "STACK_GLOBAL": text("os") + text("system") + b"\x93(" + text(canary.command) + b"tR",
            "BUILD": b"cos\nsystem\n}" + text("a") + b"K\x01sb",
        }
        for opcodes in ways.values():
            with pytest.raises(ValueError, match=r"holds 'os\.system'"):
                read(file, b"\x80\x04" + opcodes + b".")
        assert not canary.path.exists()

    @pytest.mark.parametrize(
        ("opcodes", "message"),
        [
            (b"P17\n", "a persistent id"),
            (b"K\x11Q", "a persistent id"),
            (b"\x82\x01", "extension code 1"),
            (b"\x83\x01\x01", "extension code 257"),
            (b"K\x01)R", "a call of int"),
            (b"X\x01\x00\x00\x00a)\x81", "a call of str"),
            (b"cbuiltins\ndict\n)}\x92", "named arguments"),
            (b"]}b", "a state for a list"),
            (NDARRAY + b"}b", "a state for a Constructor"),
            (b"cnumpy.core.multiarray\n_reconstruct\n(cbuiltins\ndict\n(K\x00tU\x01btR", "a class of its own"),
            (b"cnumpy\ndtype\n(U\x02V8K\x00K\x01tR", "other things than numbers"),
            (b"cnumpy\ndtype\n(U\x03f8,K\x00K\x01tR", "other things than numbers"),
            (F8[:-1].replace(b"NNN", b"NU\x01aN") + b"b", "named fields"),
            (b"c_codecs\nencode\n(U\x01aU\x05rot13tR", "a codec of its choice"),
            (b"}K\x01\x85\x85" + b"N" + b"s", "nested tuples"),
            (b"cbuiltins\nset\n(]K\x01\x85\x85atR", "nested tuples"),
            (b"\x8f(K\x01\x85\x85\x90", "nested tuples"),
        ],
    )
    def test_what_is_not_plain(self, file, opcodes, message):
        with pytest.raises(ValueError, match=f"holds .*{message}.*; only numpy arrays"):
            read(file, b"\x80\x04" + opcodes + b".")

    def test_registered_extension(self, file, canary):
        copyreg.add_extension("os", "system", 200)
        try:
            with pytest.raises(ValueError, match="extension code 200"):
                read(file, b"\x80\x02\x82\xc8(" + text(canary.command) + b"tR.")
        finally:
            copyreg.remove_extension("os", "system", 200)

    @pytest.mark.parametrize(
        "opcodes",
        [
            EMPTY + b"(K\x01(" + HUGE + b"t" + F8 + b"\x89U\x08\0\0\0\0\0\0\0\0tb",  # 2**62 numbers in 8 bytes
            EMPTY + b"(K\x01(" + HUGE * 2 + b"t" + F8 + b"\x89U\x00tb",  # 2**124 numbers
            EMPTY + b"(K\x01(J\xff\xff\xff\xfft" + F8 + b"\x89U\x08\0\0\0\0\0\0\0\0tb",  # -1 numbers
            EMPTY + b"(K\x01(K\x01t" + F8 + b"\x89]K\x01atb",  # a list for numbers
            EMPTY + b"(K\x01(K\x01tcnumpy\ndtype\n(U\x02O8K\x00K\x01tR\x89U\x08\0\0\0\0\0\0\0\0tb",  # bytes as pointers
            EMPTY + b"(K\x01(K\x02tcnumpy\ndtype\n(U\x02O8K\x00K\x01tR\x89]K\x01atb",  # one object for two
            EMPTY + b"(K\x01K\x01U\x02f8\x89U\x00tb",
            b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(U\x02O8K\x00K\x01tRU\x08\0\0\0\0\0\0\0\0tR",
            b"cnumpy.core.multiarray\nscalar\n(" + F8 + b"U\x04\0\0\0\0tR",
            b"cnumpy.core.numeric\n_frombuffer\n(" + HUGE + F8 + b"K\x01\x85U\x01CtR",
            b"cnumpy\ndtype\n(U\x0bS9999999999K\x00K\x01tR",
            b"cbuiltins\nlist\n(" + HUGE + b"tR",
            b"cbuiltins\nbytes\n(" + HUGE + b"tR",
            b"\x8e" + struct.pack("<Q", 2**60),  # BINBYTES8
            b"\x96" + struct.pack("<Q", 2**40),  # BYTEARRAY8
            b"\x8d" + struct.pack("<Q", 2**60),  # BINUNICODE8
            b"\x95" + struct.pack("<Q", 2**40),  # FRAME
            b"\x8b" + struct.pack("<i", 2**31 - 1),  # LONG4
            b"]" + NDARRAY + b"K\x01s",
            b"K\x01(K\x01K\x02u",
            b"\xff",
            b"0",
            b"t",
            b"",
        ],
    )
    def test_absurd_arguments(self, file, opcodes):
        with pytest.raises(ValueError, match="is no complete pickle|only numpy arrays"):
            read(file, b"\x80\x04" + opcodes + b".")

    def test_tuples_that_take_years_to_hash(self, file):
        with pytest.raises(ValueError, match="nested tuples"):
            read(file, b"\x80\x02})" + b"2\x86" * 60 + b"Ns.")

    def test_small_file_of_many_objects(self, file, monkeypatch):
        monkeypatch.setattr("pygpose.safe.pickles.FREE_OPCODES", 1000)
        with pytest.raises(ValueError, match=r"more than 1,0\d\d steps"):
            read(file, zlib.compress(b"\x80\x02" + b"]" * 2000 + b"."))

    def test_lists_that_repeat_or_nest_without_end(self, file):
        """A walk through any of these would not come to an end."""
        for data in (b"](" + b"N" * 9 + b"e" + b"q\0" + b"](h\0h\0eq\0" * 40, b"]q\0h\0a"):
            with pytest.raises(ValueError, match=r"parts|holds itself"):
                read(file, b"\x80\x02" + data + b".")
        with pytest.raises(ValueError, match="nested over 64 deep"):
            read(file, b"\x80\x02" + b"]" * 80 + b"a" * 79 + b".")
        assert read(file, pickle.dumps([PLAIN] * 1000)) == [PLAIN] * 1000  # what is only shared passes

    def test_inflation(self, file, monkeypatch):
        monkeypatch.setattr("pygpose.safe.inflation.FREE_SIZE", 10_000)
        with pytest.raises(ValueError, match="no recording does: it was refused unread"):
            read(file, zlib.compress(pickle.dumps(np.zeros(100_000))))
        monkeypatch.setattr("pygpose.safe.inflation.MAX_TOTAL", 10_000)
        with pytest.raises(ValueError, match="more than 10,000 are refused"):
            read(file, zlib.compress(pickle.dumps(np.zeros(100_000))))

    def test_damaged(self, file):
        whole = pickle.dumps(ARRAYS["matrix"])
        for data, message in (
            (whole[:-10], "is no complete pickle"),
            (whole + b"more", "goes on for 4 bytes after its pickle"),
            (zlib.compress(whole)[:-3], "is cut short"),
            (gzip.compress(whole) + b"more", "goes on after its compressed data"),
            (zlib.compress(whole)[:-1] + b"\0", "is damaged"),
            (b"", "is no complete pickle"),
        ):
            with pytest.raises(ValueError, match=message):
                read(file, data)


def test_mutated_pickles_give_plain_data_or_an_error(file, joblib_dump, canary):
    """Opcodes of every kind, changed at random: nothing runs, nothing but ValueError comes out."""
    seeds = [pickle.dumps([PLAIN, ARRAYS], protocol) for protocol in range(6)]
    joblib_dump([ARRAYS["fortran"], {"a": ARRAYS["strings"]}], file)
    seeds += [file.read_bytes(), *(b"\x80\x02" + attack(canary) + b"." for attack in ATTACKS.values())]
    codes = [ord(opcode.code) for opcode in pickletools.opcodes]
    draw, refused = np.random.default_rng(3), 0
    for _ in range(250):
        data = bytearray(seeds[draw.integers(len(seeds))])
        for place in draw.integers(len(data), size=draw.integers(1, 5)):
            data[place] = draw.integers(256) if draw.random() < 0.3 else draw.choice(codes)
        if draw.random() < 0.3:
            start, stop = sorted(draw.integers(len(data), size=2))
            data[start:stop] = b""
        try:
            read(file, bytes(data))
        except ValueError:
            refused += 1
    assert refused > 150
    assert not canary.path.exists()


def test_the_canary_sings(tmp_path):
    """The attacks do what they claim where nothing holds them back."""
    for i, name in enumerate(("os.system", "builtins.eval", "functools.partial")):
        canary = Canary(tmp_path / f"ran{i}")
        with contextlib.suppress(Exception):
            value = pickle.loads(b"\x80\x02" + ATTACKS[name](canary) + b".")
            if name == "functools.partial":
                value()
        assert canary.path.exists()
