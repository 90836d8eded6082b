"""Ratings meet photographs in files: features are computed once, and what is not there is told."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.features import FOLDER, features_of
from ontogeny.learners.beauty.from_files import rated_photos
from tiny_ratings import Colours, write_rated


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path / "cache"))
    return write_rated(tmp_path, 12)


def test_what_is_rated_and_there_is_taken_and_the_rest_is_told(place):
    photos, table = place
    network, told = Colours(), []
    found = rated_photos(table, photos, lambda *done: told.append(done), network)
    assert len(found.rated.ratings) == 13
    assert network.seen == 12  # the copy is known
    assert told[-1] == (14, 14)
    names = found.rated.ratings.photos
    first, copy = names.index("0.png"), names.index("copy.png")
    assert found.rated.groups[first] == found.rated.groups[copy]
    assert list(found.unread) == ["bad.png"]
    notes = "\n".join(found.rated.ratings.notes)
    assert "gone.png" in notes
    assert "bad.png (it is no picture" in notes
    assert "1 photos are copies" in notes


def test_features_are_kept_by_content(place):
    photos, _ = place
    files = {path.name: path for path in photos.glob("*.png")}
    first = features_of(files, photos, network=Colours())
    kept = list((photos / FOLDER).rglob("*.safetensors"))
    assert len(kept) == 1
    (photos / "1.png").rename(photos / "other.png")
    shutil.copy(photos / "2.png", photos / "3.png")  # another content under a name that is known
    network = Colours()
    files = {path.name: path for path in photos.glob("*.png")}
    again = features_of(files, photos, network=network)
    assert network.seen == 0
    at = first.names.index("2.png"), again.names.index("3.png")
    np.testing.assert_array_equal(first.values[at[0]], again.values[at[1]])
    kept[0].write_bytes(kept[0].read_bytes()[:-9])  # cut: passed over, and made again
    assert len(features_of(files, photos, network=network).names) == len(again.names)
    assert network.seen == len(np.unique(again.groups))


def test_a_folder_that_can_not_be_written_has_its_features_in_the_cache(place, tmp_path):
    photos, _ = place
    (photos / FOLDER).write_text("in the way")
    files = {"0.png": photos / "0.png"}
    for seen in (1, 0):
        network = Colours()
        features_of(files, photos, network=network)
        assert network.seen == seen
    assert list((tmp_path / "cache").rglob("*.safetensors"))


def test_nothing_to_read_is_refused(place, tmp_path):
    photos, table = place
    with pytest.raises(DataError, match="no such folder"):
        rated_photos(table, tmp_path / "nowhere", network=Colours())
    with pytest.raises(DataError, match=r"can be read.*bad\.png"):
        features_of({"bad.png": photos / "bad.png"}, photos, network=Colours())
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="none of the 15 photos that are rated is there"):
        rated_photos(table, empty, network=Colours())
