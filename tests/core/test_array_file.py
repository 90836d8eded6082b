"""A file of arrays is safetensors, is written whole, and is read only when it is whole."""

from __future__ import annotations

import json
import zlib

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

from ontogeny.core.array_file import read_array_file, unpack, write_array_file
from ontogeny.core.errors import StoreError, StructureError

ARRAYS = {
    "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,
    "flag": np.array([True, False, True]),
    "wide": np.array([1.5, -2.5]),
    "nothing": np.zeros((0, 4), np.int16),
    "one": np.array(7, np.int64),
    "short": np.array([1.5, 2.5, 3.5], ml_dtypes.bfloat16),
}


def test_what_is_written_is_read_and_may_be_changed(tmp_path):
    size = write_array_file(tmp_path / "x", ARRAYS, {"files": ["é", None]})
    assert size == (tmp_path / "x").stat().st_size
    arrays, about = read_array_file(tmp_path / "x")
    assert about == {"files": ["é", None]}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
    arrays["wide"] += 1  # a host learner may change its state in place
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_any_reader_of_safetensors_reads_it(tmp_path):
    plain = {name: array for name, array in ARRAYS.items() if name != "short"}
    write_array_file(tmp_path / "x", plain, None)
    for name, array in load_file(tmp_path / "x").items():
        np.testing.assert_array_equal(array, ARRAYS[name])


@pytest.mark.parametrize(
    "damage",
    [lambda d: d[:-3], lambda d: d[:-1] + bytes([d[-1] ^ 1]), lambda d: b"", lambda d: d[:20]],
    ids=["cut", "flipped", "empty", "short"],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    write_array_file(tmp_path / "x", ARRAYS, None)
    (tmp_path / "x").write_bytes(damage((tmp_path / "x").read_bytes()))
    with pytest.raises(StoreError):
        read_array_file(tmp_path / "x")


def test_what_is_said_of_the_arrays_is_checked_too(tmp_path):
    write_array_file(tmp_path / "x", {"a": np.arange(4.0)}, {"files": ["slot-2"]})
    data = (tmp_path / "x").read_bytes()
    for old, new in ((b"slot-2", b"slot-3"), (b"[4]", b"[3]"), (b'"F64"', b'"I64"')):
        assert data.count(old) == 1
        (tmp_path / "x").write_bytes(data.replace(old, new))
        with pytest.raises(StoreError, match="not what was written"):
            read_array_file(tmp_path / "x")
    (tmp_path / "y").write_bytes(data)
    with pytest.raises(StoreError, match="written as 'x': it is another's"):
        read_array_file(tmp_path / "y")


def foreign(entries: dict, data: bytes = bytes(64)) -> np.ndarray:
    """Return a file as an earlier version wrote it, of these entries."""
    beside = {"about": "null", "crc32": str(zlib.crc32(data))}
    text = json.dumps({**entries, "__metadata__": beside}).encode()
    return np.frombuffer(len(text).to_bytes(8, "little") + text + data, np.uint8)


def entry(first, last, shape=(4,), dtype="F64") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [first, last]}


def test_a_file_of_an_earlier_version_is_read(tmp_path):
    arrays, about = unpack(foreign({"a": entry(0, 32), "b": entry(32, 64, (2, 2))}), "x")
    assert (about, arrays["b"].shape) == (None, (2, 2))


@pytest.mark.parametrize(
    "entries",
    [
        {"a": entry(0, 32), "b": entry(16, 64, (6,))},
        {"a": entry(0, 64, (-1, 8))},
        {"a": entry(0, 64, (-2, -4))},
        {"a": entry(-64, 64, (16,))},
        {"a": entry(0, 32)},
        {"a": entry(0, 2**70, (8,))},
        {"a": entry(0, 64, (8,), "O")},
        {"a": entry(0, 64, (8,), ["F64"])},
        {"a": entry("0", "64", (8,))},
        {"a": entry(0, 64, (1e300,))},
        {"a": 3},
        {"a": {"dtype": "F64"}},
    ],
    ids=str,
)
def test_offsets_and_shapes_that_can_not_be_are_refused(entries):
    with pytest.raises(StoreError):
        unpack(foreign(entries), "x")


def test_what_can_not_be_written_says_so_and_leaves_what_was_there(tmp_path):
    write_array_file(tmp_path / "x", {"a": np.ones(3)}, None)
    with pytest.raises(StructureError, match="object"):
        write_array_file(tmp_path / "x", {"a": np.array([None])}, None)
    (tmp_path / "y").mkdir()
    with pytest.raises(StoreError, match="can't write"):
        write_array_file(tmp_path / "y", {"a": np.ones(3)}, None)
    assert read_array_file(tmp_path / "x")[0]["a"].sum() == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]
