"""What is put in place of a file or a folder is there whole, or what stood there still is."""

from __future__ import annotations

import errno
import os

import pytest

from ontogeny.core.errors import StoreError
from ontogeny.core.files import inside, link_or_copy, remove, replace_file, replace_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_seen_when_the_block_ends_and_not_before(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with replace_file(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["page.html"]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), StoreError("corrupt")])
@pytest.mark.parametrize("replace", [replace_file, replace_folder])
def test_what_the_block_raises_leaves_what_was_there_and_nothing_beside_it(
    tmp_path, replace, error
):
    path = tmp_path / "kept"

    def write(text, failing=None):
        with replace(path) as part:
            (part / "x" if part.is_dir() else part).write_text(text)
            if failing:
                raise failing

    write("old")
    with pytest.raises(type(error)) as caught:
        write("half", error)
    assert caught.value is error
    assert (path / "x" if path.is_dir() else path).read_text() == "old"
    assert names(tmp_path) == ["kept"]


@pytest.mark.parametrize("replace", [replace_file, replace_folder])
def test_a_full_disk_is_said_with_what_was_being_done(tmp_path, replace):
    with (
        pytest.raises(StoreError, match=r"can't write the film \(No space left") as caught,
        replace(tmp_path / "film", "write the film", hint="free some space"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (caught.value.where, caught.value.hint) == (str(tmp_path / "film"), "free some space")
    assert names(tmp_path) == []


def test_a_file_that_can_not_take_its_name_is_said(tmp_path):
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(StoreError, match="can't write it"),
        replace_file(tmp_path / "folder") as part,
    ):
        part.write_text("x")
    assert names(tmp_path) == ["folder"]
    with (
        pytest.raises(StoreError, match="No such file"),
        replace_file(tmp_path / "no" / "file") as part,
    ):
        part.write_text("x")


def test_what_a_killed_process_of_this_number_left_does_no_harm(tmp_path):
    (tmp_path / f"x.{os.getpid()}.part").write_text("half, and longer")
    with replace_file(tmp_path / "x") as part:
        assert not part.exists()
        part.write_text("whole")
    assert (tmp_path / "x").read_text() == "whole"
    assert names(tmp_path) == ["x"]


def test_a_second_name_of_the_same_file_leaves_no_third(tmp_path):
    (tmp_path / "one").write_text("1")
    for _ in range(2):  # renaming one name of a file to another of its names does nothing
        with replace_file(tmp_path / "two") as part:
            link_or_copy(tmp_path / "one", part)
    assert (tmp_path / "two").samefile(tmp_path / "one")
    assert names(tmp_path) == ["one", "two"]


def test_a_folder_is_replaced_whole(tmp_path):
    for word in ("a", "b"):
        with replace_folder(tmp_path / "deep" / "folder") as part:
            (part / word).write_text(word)
    assert names(tmp_path / "deep") == ["folder"]
    assert names(tmp_path / "deep" / "folder") == ["b"]


def test_a_folder_comes_back_that_a_kill_left_under_its_other_name(tmp_path):
    (tmp_path / "folder.old").mkdir()
    (tmp_path / "folder.old" / "x").write_text("old")
    with pytest.raises(ValueError, match="bad"), replace_folder(tmp_path / "folder"):
        raise ValueError("bad")
    assert (tmp_path / "folder" / "x").read_text() == "old"
    assert names(tmp_path) == ["folder"]


def test_what_lies_inside_a_folder_is_found_and_nothing_outside(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "run" / "a").mkdir(parents=True)
    (tmp_path / "run" / "link").symlink_to(tmp_path / "out")
    run = tmp_path / "run"
    assert inside(run, "a/b.gif") == run / "a" / "b.gif"
    for name in ("../out", "a/../../out", "/etc/passwd", "", ".", "a//b", "a\0b"):
        with pytest.raises(StoreError, match="no name of a file"):
            inside(run, name)
    for name in ("link", "link/x"):
        with pytest.raises(StoreError, match="it is a link"):
            inside(run, name)


def test_a_link_is_not_copied_for_what_it_leads_to(tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "file").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="it is a link"):
        link_or_copy(tmp_path / "file", tmp_path / "copy")
    assert names(tmp_path) == ["file", "secret"]


def test_what_is_removed_is_the_link_alone(tmp_path):
    (tmp_path / "own" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    remove(tmp_path / "link")
    assert names(tmp_path) == ["own"]
    remove(tmp_path / "own")
    remove(tmp_path / "nothing")
    assert names(tmp_path) == []
