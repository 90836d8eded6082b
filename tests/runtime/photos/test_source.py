"""Which photographs are scored: folders, tables, lists and addresses, in one order."""

from __future__ import annotations

import os

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.runtime.photos.source import photo_source


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def listed(source):
    told = {}
    return list(source.names(lambda what, why: told.update({what: why}))), told


def test_a_folder_and_its_folders_in_one_order(tmp_path):
    touch(
        tmp_path, "b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "z/1.webp", "c/2.tif", "c/d/3.gif"
    )
    touch(tmp_path, "__MACOSX/b.jpg", ".thumbs/b.jpg")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "one.jpg").symlink_to(tmp_path / "b.jpg")
    source = photo_source(tmp_path)
    names, told = listed(source)
    assert names == ["a.PNG", "b.jpg", "one.jpg", "c/2.tif", "c/d/3.gif", "z/1.webp"]
    assert told == {f"{tmp_path}/circle": "a link to a folder, which is not followed"}
    assert source.location("c/2.tif") == f"{tmp_path}/c/2.tif"


def test_a_folder_that_can_not_be_read_is_told(tmp_path):
    touch(tmp_path, "a.jpg")
    descriptor, name = os.open(tmp_path, os.O_RDONLY), "n" * 200
    for _ in range(24):  # deeper than a path may be long
        os.mkdir(name, dir_fd=descriptor)
        below = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    names, told = listed(photo_source(tmp_path))
    assert names == ["a.jpg"]
    assert list(told.values()) == ["the folder can't be read (File name too long)"]


def test_tables_and_lists_of_paths(tmp_path):
    paths = ["b.jpg", "", "a/a.jpg", "/far/c.jpg", "s3://store/d.jpg"]
    kept = [path for path in paths if path]
    pq.write_table(pa.table({"id": range(5), "Path": paths}), tmp_path / "t.parquet")
    (tmp_path / "t.csv").write_text("id,image\n" + "".join(f"1,{path}\n" for path in paths))
    (tmp_path / "t.tsv").write_text("id\tmine\n" + "".join(f"1\t{path}\n" for path in paths))
    (tmp_path / "t.txt").write_text("".join(f"{path}\n" for path in paths))
    for name, column in (("t.parquet", None), ("t.csv", None), ("t.tsv", "mine"), ("t.txt", None)):
        source = photo_source(tmp_path / name, column)
        assert list(source.names()) == kept
        assert source.location("b.jpg") == f"{tmp_path}/b.jpg"
        assert source.location("/far/c.jpg") == "/far/c.jpg"
        assert source.location("s3://store/d.jpg") == "s3://store/d.jpg"
    (tmp_path / "photos").mkdir()
    elsewhere = photo_source(tmp_path / "t.csv", photos=tmp_path / "photos")
    assert elsewhere.location("b.jpg") == f"{tmp_path}/photos/b.jpg"
    assert (
        photo_source(tmp_path / "t.csv", photos="s3://store").location("b.jpg")
        == "s3://store/b.jpg"
    )


def test_an_address_is_listed_as_a_folder_is():
    store = fsspec.filesystem("memory")
    for name in ("/bucket/b.jpg", "/bucket/a/c.png", "/bucket/a/x.txt", "/bucket/.b/d.jpg"):
        store.pipe(name, b"")
    source = photo_source("memory://bucket")
    assert list(source.names()) == ["b.jpg", "a/c.png"]
    assert source.location("a/c.png") == "memory://bucket/a/c.png"
    with pytest.raises(DataError, match="can't be listed"):
        list(photo_source("memory://nothing").names())


def test_what_names_no_photographs_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("id,mine\n1,a.jpg\n")
    (tmp_path / "t.parquet").write_bytes(b"PAR1 no more")
    touch(tmp_path, "a.jpg")
    wrong = {
        ("none",): "no such file or folder",
        ("a.jpg",): "no folder, and no table",
        ("t.csv",): "none of its columns",
        ("t.csv", "mime"): "did you mean 'mine'",
        ("t.csv", "mine", tmp_path / "none"): "no such folder",
        ("", "mine"): "--column is for tables",
    }
    for (name, *more), why in wrong.items():
        with pytest.raises(ConfigError, match=why):
            photo_source(tmp_path / name, *more)
    with pytest.raises(DataError, match="can't be read"):
        photo_source(tmp_path / "t.parquet")
