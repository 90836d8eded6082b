"""A memory as a product: what it changes, what it refuses, and what is kept of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ontogeny.core.archive import read_about, read_whole, write_archive
from ontogeny.core.errors import DataError, StoreError
from ontogeny.learners.memory.product import load_memory
from tiny_memory import tiny_memory

PATTERNS = np.random.default_rng(0).random((3, 6, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def empty():
    return tiny_memory()


@pytest.fixture(scope="module")
def written(empty):
    return empty.write(PATTERNS)


def test_writing_leaves_another_memory_whose_energy_fell_where_it_was_written(empty, written):
    assert (empty.count, written.count) == (0, 3)
    assert empty.stored is None
    assert empty.n_numbers == written.n_numbers == 3 * (8 + 1)
    before, after = empty.energy(PATTERNS), written.energy(PATTERNS)
    assert np.mean(after) < np.mean(before)
    again = written.write(PATTERNS)  # what was there is forgotten
    np.testing.assert_array_equal(again.energy(PATTERNS), after)


def test_adding_goes_on_from_what_is_there_and_erasing_raises_the_energy(written):
    with pytest.warns(UserWarning, match=r"6 patterns are stored.*grown for 3[\s\S]*error of "):
        added = written.add(PATTERNS)
    assert added.count == 6
    assert np.mean(added.energy(PATTERNS)) < np.mean(written.energy(PATTERNS))
    erased = written.erase(PATTERNS)
    assert erased.count == 0
    assert np.mean(erased.energy(PATTERNS)) > np.mean(written.energy(PATTERNS))
    assert erased.erase(PATTERNS).count == 0  # not below none


def test_reads_begin_with_the_query_hold_what_is_known_and_end_with_the_answer(written):
    known = np.zeros(PATTERNS.shape, bool)
    known[:, :3] = True
    reads = written.reads(PATTERNS, known)
    assert reads.shape == (3, 3, 6, 6)
    np.testing.assert_array_equal(reads[:, 0], PATTERNS)
    np.testing.assert_array_equal(reads[:, -1, :3], PATTERNS[:, :3])
    assert np.any(reads[:, -1, 3:] != PATTERNS[:, 3:])
    np.testing.assert_array_equal(written.read(PATTERNS, known), reads[:, -1])
    np.testing.assert_array_equal(written(PATTERNS), written.read(PATTERNS))
    assert written.read(PATTERNS[0]).shape == (6, 6)
    assert np.shape(written.energy(PATTERNS[0])) == ()


BAD = {
    "another size": (np.zeros((2, 5, 6)), r"of shape \[2, 5, 6\]"),
    "none": (np.zeros((0, 6, 6)), r"of shape \[0, 6, 6\]"),
    "not a number": (np.where(np.arange(3)[:, None, None] == 1, np.nan, PATTERNS), "1 is not fin"),
    "bytes": (np.full((1, 6, 6), 255, np.uint8), "divide pixels by 255"),
    "below": (-PATTERNS, "numbers from -"),
    "text": (np.full((1, 6, 6), "x"), "of type <U1"),
    "complex": (PATTERNS * 1j, "of type complex"),
}


@pytest.mark.parametrize(("given", "said"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("what", ["write", "add", "erase", "read", "energy"])
def test_what_is_no_pattern_is_refused(written, what, given, said):
    with pytest.raises(DataError, match=said):
        getattr(written, what)(given)


def test_a_mask_of_another_shape_is_refused(written):
    with pytest.raises(DataError, match=r"known is \[6\], and the query \[6, 6\]"):
        written.read(PATTERNS[0], np.ones(6, bool))


def test_what_is_saved_comes_back_and_what_lies_beside_it_is_not_read(written, empty, tmp_path):
    written.save(tmp_path / "it")
    back = load_memory(tmp_path / "it")
    assert (back.config, back.shape, back.n) == (written.config, written.shape, written.n)
    assert (back.count, dict(back.weights)) == (3, dict(written.weights))
    np.testing.assert_array_equal(back.energy(PATTERNS), written.energy(PATTERNS))
    tree, about = written.as_archive()
    write_archive(tmp_path / "more", tree | {"originals": np.zeros(3)}, about | {"names": []})
    np.testing.assert_array_equal(
        load_memory(tmp_path / "more").energy(PATTERNS), written.energy(PATTERNS)
    )
    empty.save(tmp_path / "empty")
    assert load_memory(tmp_path / "empty").stored is None


def test_what_is_damaged_or_something_else_is_told(written, tmp_path):
    folder = tmp_path / "it"
    with pytest.raises(StoreError, match=r"can't read structure\.json"):
        load_memory(folder)
    written.save(folder)
    arrays, about = read_whole(folder)
    write_archive(tmp_path / "other", arrays, about | {"kind": "toy point"})
    with pytest.raises(StoreError, match="'toy point', not 'associative memory'"):
        load_memory(tmp_path / "other")
    told = read_about(folder)
    write_archive(tmp_path / "less", {}, {name: told[name] for name in told if name != "shape"})
    with pytest.raises(StoreError, match=r"KeyError.*shape"):
        load_memory(tmp_path / "less")
    text = (folder / "structure.json").read_text()
    changed = json.loads(text)
    changed["about"]["n"] = 4
    (folder / "structure.json").write_text(json.dumps(changed))
    with pytest.raises(StoreError, match="not what was written"):
        load_memory(folder)
    (folder / "structure.json").write_text(text)
    data = (folder / "arrays.safetensors").read_bytes()
    (folder / "arrays.safetensors").write_bytes(data[:-4])
    with pytest.raises(StoreError, match=r"arrays\.safetensors"):
        load_memory(folder)
