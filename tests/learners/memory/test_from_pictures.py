"""A folder of pictures as patterns of a memory's shape, and what is told of the others."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.learners.memory.from_pictures import read_pictures, read_query
from ontogeny.learners.memory.picture_memory import PictureMemory, with_kept
from ontogeny.learners.memory.product import load_memory
from tiny_memory import tiny_memory, write_pictures

rng = np.random.default_rng(0)
LARGE = rng.integers(0, 256, (3, 12, 18, 3), np.uint8)  # to be cut to [12, 12], and made [6, 6]


@pytest.fixture
def folder(tmp_path):
    return write_pictures(tmp_path / "pictures", LARGE)


def test_pictures_are_the_middle_square_averaged_grey_or_in_colour(folder):
    colour = read_pictures(folder, (6, 6, 3))
    middle = LARGE[:, :, 3:15].astype(float)
    expected = middle.reshape(3, 6, 2, 6, 2, 3).mean(axis=(2, 4))
    assert np.abs(colour.pixels - expected).max() <= 0.5
    assert colour.names == ("0.png", "1.png", "2.png")
    assert (colour.unread, colour.left_out, colour.notes) == ({}, {}, [])
    grey = read_pictures(folder, (6, 6))
    assert np.abs(grey.pixels - expected @ [0.299, 0.587, 0.114]).max() <= 1
    np.testing.assert_allclose(grey.patterns, grey.pixels / 255, rtol=1e-6)
    assert read_pictures(folder / "1.png", (6, 6)).names == ("1.png",)


def test_what_is_not_taken_is_told(folder):
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / "notes.txt").write_text("no picture")
    Image.new("RGB", (4, 9)).save(folder / "small.png")
    (folder / "more").mkdir()
    Image.fromarray(LARGE[0]).save(folder / "more" / "same.png")
    found = read_pictures(folder, (6, 6))
    assert found.names == ("0.png", "1.png", "2.png", "more/same.png")
    assert [file.name for file in found.unread] == ["cut.png", "small.png"]
    assert [file.name for file in found.left_out] == ["notes.txt"]
    said = "\n".join(found.notes)
    assert "the same picture twice: same.png as 0.png" in said
    assert "9 x 4, and its shorter side is to be 6 pixels: small.png" in said
    assert "left out of the pictures, as .txt, which is not read: notes.txt" in said


@pytest.mark.parametrize(
    ("shape", "said"), [((24,), "24 numbers"), ((4, 6), r"\[4, 6\]"), ((6, 6, 2), r"\[6, 6, 2\]")]
)
def test_a_memory_of_what_is_no_square_picture_is_told(folder, shape, said):
    with pytest.raises(ConfigError, match=f"{said}, and no square pictures"):
        read_pictures(folder, shape)
    with pytest.raises(ConfigError, match=said):
        read_query(folder / "0.png", shape)


def test_a_folder_without_pictures_that_can_be_used_is_told(tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="no pictures to store"):
        read_pictures(tmp_path / "none", (6, 6))
    (tmp_path / "none" / "a.png").write_text("text")
    with pytest.raises(DataError, match="none of the 1 pictures can be used"):
        read_pictures(tmp_path / "none", (6, 6))
    with pytest.raises(DataError, match="no such folder"):
        read_pictures(tmp_path / "nowhere", (6, 6))


def test_a_number_is_known_where_its_whole_area_is_white_in_the_mask(folder, tmp_path):
    mask = np.zeros((12, 18), np.uint8)
    mask[:5] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    query, known = read_query(folder / "0.png", (6, 6), tmp_path / "mask.png")
    assert 0 <= query.min() < query.max() <= 1
    np.testing.assert_array_equal(known, np.arange(6)[:, None] < np.full(6, 2))
    assert not read_query(folder / "0.png", (6, 6))[1].any()
    Image.fromarray(mask[1:]).save(tmp_path / "mask.png")
    with pytest.raises(DataError, match="the mask is 11 x 18 pixels, and the picture 12 x 18"):
        read_query(folder / "0.png", (6, 6), tmp_path / "mask.png")


def test_what_is_kept_follows_what_is_written_added_and_erased(folder, tmp_path):
    pictures = read_pictures(folder, (6, 6))
    written = PictureMemory(tiny_memory(6)).write(pictures)
    others = read_pictures(
        write_pictures(tmp_path / "others", rng.integers(0, 256, (3, 6, 6), np.uint8)), (6, 6)
    )
    both = written.add(others)
    assert both.names == pictures.names + others.names
    assert both.memory.count == 6
    less = both.erase(pictures._replace(names=("x", "y", "z")))  # known by their look
    np.testing.assert_array_equal(less.originals, others.pixels)
    with pytest.raises(DataError, match=r"0\.png is not stored in it"):
        less.erase(pictures)
    named = written.without_originals()
    assert named.erase(others).names == ()  # known by their names
    assert named.add(others).originals is None  # not of all


def test_an_answer_is_held_against_what_is_stored(folder, tmp_path):
    pictures = read_pictures(folder, (6, 6))
    written = PictureMemory(tiny_memory(6)).write(pictures)
    known = np.ones((6, 6), bool)
    asked = written.ask(pictures.patterns[1], known)
    assert (asked.nearest, asked.distance, asked.distance_before) == (1, 0, 0)
    assert len(asked.reads) == len(asked.energies) == 3
    energies = written.memory.energy(pictures.patterns)
    assert asked.strangeness == pytest.approx(np.mean(energies < energies[1]))
    told = written.recalled(pictures.pixels)
    assert 0 < told.half_before < 1
    assert told.half != told.half_before
    written.without_originals().save(tmp_path / "it")
    kept = with_kept(load_memory(tmp_path / "it"), tmp_path / "it")
    assert kept.names == pictures.names
    assert kept.ask(pictures.patterns[1], known)[2:] == (None, None, None, None)
    with pytest.raises(DataError, match="nothing is written"):
        PictureMemory(tiny_memory()).ask(pictures.patterns[0])
    PictureMemory(written.memory, ("a",), pictures.pixels).save(tmp_path / "it")
    with pytest.raises(StoreError, match="don't fit"):
        with_kept(written.memory, tmp_path / "it")
