"""Pickles are read without running them: arrays come back, and everything else is refused."""

from __future__ import annotations

import io
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.worlds.pickles import TORCH_MAGIC, read_arrays, read_tensors


class Malicious:
    """What a hostile file would hold: loading it as usual would run a command."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.system, (f"touch {self.mark}",))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(["a-b-b_1.jpg", "é"]),
        np.array(["a", "b"], dtype=object),
        np.array([b"x", b"yz"]),
        np.float64(3.5),
    ],
    ids=["floats", "text", "objects", "bytes", "scalar"],
)
def test_arrays_of_every_protocol_come_back(tmp_path, protocol, array):
    path = tmp_path / "arrays.pkl"
    path.write_bytes(pickle.dumps({"a": array, "n": [1, (2.5, "x")]}, protocol=protocol))
    found = read_arrays(path)
    np.testing.assert_array_equal(found["a"], array)
    assert np.asarray(found["a"]).dtype == np.asarray(array).dtype
    assert found["n"] == [1, (2.5, "x")]


def test_python_2_files_are_read(tmp_path):
    """Python 2 wrote its strings as such, an array's numbers too; its NumPy was in numpy.core."""
    numbers = np.array([1.5, 2.5], "<f4").tobytes()
    code = b"\x80\x02}U\nembeddingscnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n"
    code += b"K\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R"
    code += b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    code += b"U" + bytes([len(numbers)]) + numbers + b"tbs."
    path = tmp_path / "old.pkl"
    path.write_bytes(code)
    np.testing.assert_array_equal(read_arrays(path)["embeddings"], [1.5, 2.5])


@pytest.mark.parametrize("protocol", range(6))
def test_a_malicious_pickle_is_refused_and_runs_nothing(tmp_path, protocol):
    mark, path = tmp_path / "ran", tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps({"keys": Malicious(mark)}, protocol=protocol))
    with pytest.raises(DataError, match=r"asks for (posix|nt)\.system"):
        read_arrays(path)
    assert not mark.exists()
    pickle.loads(path.read_bytes())  # what it would have done
    assert mark.exists()


@pytest.mark.parametrize(
    "name",
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("os", "system"),
        ("numpy", "load"),
        ("numpy", "ndarray.tofile"),
        ("functools", "partial"),
        ("collections", "OrderedDict"),
        ("ontogeny.worlds.pickles", "pickle.loads"),
    ],
)
def test_no_other_name_can_be_asked_for(tmp_path, name):
    path = tmp_path / "asks.pkl"
    text = [b"\x8c" + bytes([len(part)]) + part.encode() for part in name]
    path.write_bytes(b"\x80\x04" + text[0] + text[1] + b"\x93.")
    with pytest.raises(DataError, match=f"asks for {name[0]}"):
        read_arrays(path)


class Crafted:
    """Is pickled as the call of a name, and a state given to what comes of it."""

    def __init__(self, call, given, state=None):
        self.call, self.given, self.state = call, given, state

    def __reduce__(self):
        return (
            (self.call, self.given) if self.state is None else (self.call, self.given, self.state)
        )


RECONSTRUCT = np.ones(1).__reduce__()[0]
TYPE = (3, "|", None, None, None, -1, -1, 0)


def dtype(spec="f8", state=TYPE):
    return Crafted(np.dtype, (spec, False, True), state)


def array(kind=None, shape=(2,), raw=bytes(16), fortran=False):
    kind = dtype() if kind is None else kind
    return Crafted(RECONSTRUCT, (np.ndarray, (0,), b"b"), (1, shape, kind, fortran, raw))


@pytest.mark.parametrize(
    "hostile",
    [
        # bytes as pointers to objects: printing one would follow them wherever they lead
        array(dtype("O8", (3, "|", None, None, None, -1, -1, 63)), raw=b"A" * 16),
        array(dtype("V8", (3, "|", None, ("f",), {"f": (np.dtype(object), 0)}, 8, 1, 27))),
        array(dtype("V8", (3, "|", (np.dtype(object), (1,)), None, None, 8, 1, 27))),
        array(dtype("O8", (3, "<", None, None, None, 8, 8, 0)), raw=b"A" * 16),
        array(dtype("f8", (3, "|", None, None, {"f": 1}, 8, 8, 63))),
        array(dtype("i4,O"), raw=bytes(24)),
        array(dtype("M8[s]")),
        array(dtype(8)),
        array(dtype("f8", 5)),
        array(dtype("f8", (3, "x", None, None, None, -1, -1, 0))),
        array(shape=(2**40,)),
        array(shape=(-2, -1)),
        array(shape=("2",)),
        array(shape=(0, 10**30), raw=b""),
        array(raw=10**12),
        array(raw=[1.0, 2.0]),
        array(kind="f8"),
        Crafted(RECONSTRUCT, (np.ndarray, (0,), b"b"), 7),
        Crafted(np.ndarray, ((10**9, 10**9),)),
        Crafted(np.dtype, ("f8",)),
        np.dtype,
        RECONSTRUCT,
    ],
    ids=lambda hostile: str(getattr(hostile, "state", hostile))[:40],
)
def test_an_array_that_is_none_is_refused(tmp_path, hostile):
    path = tmp_path / "x.pkl"
    for protocol in (2, 4):
        path.write_bytes(pickle.dumps({"a": [hostile]}, protocol=protocol))
        with pytest.raises(DataError, match="damaged"):
            read_arrays(path)


def test_names_take_no_state_and_nothing_holds_itself(tmp_path):
    path, ask = tmp_path / "x.pkl", b"\x80\x02cnumpy\ndtype\n"
    before = np.dtype.__doc__, np.float64(1).dtype.descr
    for state in (b"}U\x01aK\x01sb.", b"N}U\x07__doc__K\x01s\x86b."):
        path.write_bytes(ask + state)
        with pytest.raises(DataError, match="dtype is given a state"):
            read_arrays(path)
    assert (np.dtype.__doc__, np.float64(1).dtype.descr) == before
    ring: list = []
    ring.append(ring)
    path.write_bytes(pickle.dumps({"a": ring}))
    with pytest.raises(DataError, match="it holds itself"):
        read_arrays(path)
    path.write_bytes(b"\x80\x02}r\xff\xff\xff\x7f.")  # a memo of 2^31 places, in nine bytes
    assert read_arrays(path) == {}
    laughs: list = ["ha"]
    for _ in range(60):
        laughs = [laughs, laughs]
    path.write_bytes(pickle.dumps({"a": laughs}))
    found = read_arrays(path)["a"]
    assert found[0] is found[1]
    os.remove(path)
    os.mkfifo(path)
    with pytest.raises(DataError, match="no regular file"):
        read_arrays(path)


def test_orders_and_shapes_are_those_of_the_file(tmp_path):
    path = tmp_path / "x.pkl"
    arrays = {
        "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "axes": np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        "big": np.arange(3, dtype=">i4"),
        "none": np.zeros((0, 3), np.float16),
        "point": np.array(1.5 + 2j),
        "flags": np.array([True, False]),
        "nested": np.array([["a", 1], ["b", None]], object),
    }
    for protocol in (2, 5):
        path.write_bytes(pickle.dumps(arrays, protocol=protocol))
        found = read_arrays(path)
        for name, expected in arrays.items():
            assert found[name].dtype == expected.dtype
            np.testing.assert_array_equal(found[name], expected)


def test_what_is_no_dict_of_arrays_is_said(tmp_path):
    path = tmp_path / "x.pkl"
    with pytest.raises(DataError, match="can't be read"):
        read_arrays(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="damaged"):
        read_arrays(path)
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="it holds a list"):
        read_arrays(path)
    path.write_bytes(pickle.dumps({"a": np.ones(100)})[:-20])
    with pytest.raises(DataError, match="damaged"):
        read_arrays(path)


class Named:
    """Stands for a name of PyTorch's when a file is written, without PyTorch."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.parts = (storage, offset, shape, strides, False, OrderedDict())


class Writer(pickle._Pickler):
    """Writes names by hand, and storages as persistent ids."""

    def persistent_id(self, obj):
        if isinstance(obj, np.ndarray):
            return ("storage", Named("torch", "FloatStorage"), "7", "cpu", obj.size, None)
        return None

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Named):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Tensor):
            self.save(Named("torch._utils", "_rebuild_tensor_v2"))
            self.save(obj.parts)
            self.write(pickle.REDUCE)
        else:
            super().save(obj, save_persistent_id)


def pth(path, tensor, numbers, magic=TORCH_MAGIC):
    file = io.BytesIO()
    for part in (magic, 1001, {"little_endian": True}):
        pickle.dump(part, file, protocol=2)
    Writer(file, protocol=2).dump(OrderedDict(weight=tensor))
    pickle.dump(["7"], file, protocol=2)
    file.write(np.int64(numbers.size).tobytes() + numbers.tobytes())
    path.write_bytes(file.getvalue())


def test_tensors_are_views_of_their_storage(tmp_path):
    numbers = np.arange(7, dtype=np.float32)
    path = tmp_path / "x.pth"
    pth(path, Tensor(numbers, 1, (3, 2), (1, 3)), numbers)
    np.testing.assert_array_equal(read_tensors(path)["weight"], [[1, 4], [2, 5], [3, 6]])


def test_a_damaged_pth_is_said(tmp_path):
    numbers = np.arange(7, dtype=np.float32)
    path = tmp_path / "x.pth"
    pth(path, Tensor(numbers, 2, (3, 2), (1, 3)), numbers)
    with pytest.raises(DataError, match="reaches beyond its 7 numbers"):
        read_tensors(path)
    pth(path, Tensor(numbers, 0, (7,), (1,)), numbers)
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DataError, match="ends too soon"):
        read_tensors(path)
    pth(path, Tensor(numbers, 0, (7,), (1,)), numbers, magic=5)
    with pytest.raises(DataError, match=r"no \.pth file"):
        read_tensors(path)
