"""What is remembered: once made, never stale, never half a file, and never a reason to fail."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.cache import Made, cache_folder, remembered


@pytest.fixture
def calls(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_CACHE", str(tmp_path / "cache"))
    return []


def maker(calls):
    def make():
        calls.append(1)
        return Made({"a": np.arange(6).reshape(2, 3)[:, ::-1]}, {"names": ["å", "b"]})

    return make


def test_it_is_made_once_for_a_stamp(calls):
    first = remembered("things", {"version": 1}, maker(calls))
    again = remembered("things", {"version": 1}, maker(calls))
    assert len(calls) == 1
    np.testing.assert_array_equal(again.arrays["a"], first.arrays["a"])
    assert again.arrays["a"].dtype == first.arrays["a"].dtype
    assert again.about == first.about
    remembered("things", {"version": 2}, maker(calls))
    remembered("others", {"version": 1}, maker(calls))
    assert len(calls) == 3


@pytest.mark.parametrize("damage", [b"", b"no safetensors", None])
def test_a_damaged_file_is_made_again(calls, damage):
    remembered("things", {}, maker(calls))
    (file,) = cache_folder().rglob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-3] if damage is None else damage)
    remembered("things", {}, maker(calls))
    remembered("things", {}, maker(calls))
    assert len(calls) == 2
    assert [path.suffix for path in file.parent.iterdir()] == [".safetensors"]


def test_where_nothing_can_be_written_it_is_still_made(calls, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    made = remembered("things", {}, maker(calls))
    assert made.about["names"] == ["å", "b"]


def test_the_folder_stays_where_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ONTOGENY_CACHE", "cache")
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.setenv("ONTOGENY_CACHE", "~/kept")
    assert cache_folder() == tmp_path / "home" / "kept"
    monkeypatch.delenv("ONTOGENY_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / "home" / ".cache" / "ontogeny"
