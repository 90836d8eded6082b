"""Runs are found by path and by name, and each that is begun gets a folder of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.runtime.storage.folders import (
    chosen_folder,
    find_run,
    list_runs,
    named_folder,
    new_run_folder,
    runs_folder,
)
from ontogeny.runtime.storage.store import Store


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ONTOGENY_RUNS", raising=False)
    return tmp_path / "runs"


def test_those_who_begin_at_once_get_a_number_each(runs):
    """Twelve at a time, all of whom have seen that there is no run yet."""
    ready, taken = threading.Barrier(12), []

    def begin() -> None:
        ready.wait()
        taken.append(new_run_folder("toy"))

    threads = [threading.Thread(target=begin) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(runs / f"toy-{number}" for number in range(1, 13))


def test_a_number_whose_folder_is_taken_by_anything_is_passed_over(runs):
    runs.mkdir()
    (runs / "toy-1").symlink_to("nowhere")
    (runs / "toy-2").write_text("a file")
    assert new_run_folder("toy") == runs / "toy-3"
    (runs / "file").write_text("in the way")
    with pytest.raises(StoreError, match="can't create"):
        new_run_folder("toy", runs / "file" / "runs")


def test_what_is_found_stays_true_in_another_folder(runs, monkeypatch):
    with Store.create("runs/a") as store:
        assert store.folder == runs / "a"
    found = [find_run("runs/a"), find_run("a"), find_run("last"), *list_runs("runs")]
    assert found == [runs / "a"] * 4
    monkeypatch.chdir("/")
    with Store(found[0]):
        pass
    monkeypatch.setenv("ONTOGENY_RUNS", "~/kept")
    assert runs_folder() == runs.parent / "home" / "kept"
    Store.create("~/kept/b").close()
    assert find_run("b") == find_run("~/kept/b") == runs_folder() / "b"


def test_what_is_no_run_is_no_run(runs):
    runs.mkdir()
    (runs / "link").symlink_to("link")
    (runs / "folder" / "run.sqlite").mkdir(parents=True)
    for name in ("link", "folder", "x" * 300, "a\0b"):
        with pytest.raises(ConfigError, match="no run is called"):
            find_run(name)
    assert list_runs() == []


def test_a_folder_is_taken_as_it_is_given_and_else_numbered(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    assert chosen_folder("a/b", "toy") == Path("a/b").absolute()
    assert chosen_folder(None, "toy") == tmp_path / "toy-1"
    assert named_folder("my run") == tmp_path / "my run"


@pytest.mark.parametrize("name", ["", " ", "last", "a/b", "../a", "a\\b", ".", "..", "-x", "a\nb"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ConfigError) as caught:
        named_folder(name)
    assert caught.value.hint


def test_a_folder_is_text_or_a_path():
    for wrong in (3, b"x"):
        with pytest.raises(ConfigError, match="as text or a Path"):
            chosen_folder(wrong, "toy")


@pytest.mark.parametrize("folder", ["", "last", Path("runs/last"), "/"])
def test_a_folder_that_could_not_be_found_again_is_refused(folder):
    with pytest.raises(ConfigError, match="finds the newest run"):
        chosen_folder(folder, "toy")
