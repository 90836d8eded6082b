"""A file of arrays is safetensors, is written whole, and is read only when it is whole."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file

from ontogeny.core.array_file import read_array_file, write_array_file
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


def test_what_can_not_be_written_says_so_and_leaves_what_was_there(tmp_path):
    write_array_file(tmp_path / "x", {"a": np.ones(3)}, None)
    with pytest.raises(StructureError, match="object"):
        write_array_file(tmp_path / "x", {"a": np.array([None])}, None)
    (tmp_path / "y").mkdir()
    with pytest.raises(StoreError, match="can't write"):
        write_array_file(tmp_path / "y", {"a": np.ones(3)}, None)
    assert read_array_file(tmp_path / "x")[0]["a"].sum() == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]
