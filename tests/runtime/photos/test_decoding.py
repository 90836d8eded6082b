"""Photographs decoded by processes: in order, and whatever happens to the processes."""

from __future__ import annotations

import os
import signal
import time

import fsspec
import numpy as np
import pytest

from ontogeny.runtime.photos import decoding as photo_decoding
from ontogeny.runtime.photos.decoding import Decoders, decode
from tiny_scorer import write_photos


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    folder = write_photos(tmp_path_factory.mktemp("photos"), 8)
    (folder / "empty.jpg").write_bytes(b"")
    photos = sorted(map(str, folder.glob("*/*.jpg")))
    return [*photos[:5], str(folder / "empty.jpg"), *photos[5:], str(folder / "none.jpg")]


def same(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one[1:] == other[1:]
        assert np.array_equal(one.pixels, other.pixels)


def test_processes_say_what_this_one_says_in_order_whatever_becomes_of_them(places, monkeypatch):
    with Decoders(0) as none:
        expected = list(none.decoded(places))
    assert [photo.problem for photo in expected if photo.pixels is None] == [
        "it is empty: 0 bytes",
        "there is no such file",
    ]
    assert len({photo.digest for photo in expected}) == len(expected)
    with Decoders(2) as decoders:
        same(list(decoders.decoded(places)), expected)
        first, second = (worker._process for worker in decoders._all)
        first.kill()
        monkeypatch.setattr(photo_decoding, "PATIENCE", 2.0)
        os.kill(second.pid, signal.SIGSTOP)  # and one that says nothing any more
        same(list(decoders.decoded(places)), expected)
        assert {worker._process.pid for worker in decoders._all}.isdisjoint({first.pid, second.pid})
        ahead = decoders.decoded(places * 9)  # and it is left with work to do
        same([next(ahead)], expected[:1])
        begun = time.monotonic()
    assert time.monotonic() - begun < 2.0


def test_a_file_that_is_too_large_and_an_address(places, monkeypatch):
    store = fsspec.filesystem("memory")
    with open(places[0], "rb") as file:
        store.pipe("/decoded/a.jpg", file.read())
    here, there = decode(places[0]), decode("memory://decoded/a.jpg")
    assert here.digest == there.digest
    assert np.array_equal(here.pixels, there.pixels)
    assert decode("memory://decoded/b.jpg").problem == "there is no such file"
    assert "protocol" in decode("nowhere://a.jpg").problem.lower()
    monkeypatch.setattr(photo_decoding, "LARGEST_FILE", 100)
    assert decode(places[0]).problem == "it is a file of over 100 bytes"
