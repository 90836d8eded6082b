"""Archives: what is read is what was written, bit for bit, or an error that says what is wrong."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import shutil
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import StoreError, StructureError


class Pair(NamedTuple):
    left: object
    right: object


TREE = {
    "float": jnp.array([1.5, -jnp.inf, jnp.nan, 1e-42], jnp.float32),
    "half": jnp.arange(6, dtype=jnp.bfloat16).reshape(2, 3) / 3,
    "flags": Pair(jnp.array([True, False]), jnp.array(True)),
    "numbers": [jnp.arange(-3, 3), jnp.uint32(4294967295), jnp.array(7, jnp.int8)],
    "scalar": jnp.float32(0.1),
    "empty": jnp.zeros((0, 3)),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
}


def bits(tree):
    return [
        (np.asarray(x).dtype, np.asarray(x).shape, np.asarray(x).tobytes())
        for x in jax.tree.leaves(tree)
    ]


@pytest.fixture
def written(tmp_path):
    folder = tmp_path / "archive"
    write_archive(folder, TREE, about={"round": 3})
    return folder


def test_what_is_read_is_what_was_written(written):
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), TREE)
    for like in (TREE, shapes):
        found = read_archive(written, like)
        assert jax.tree.structure(found) == jax.tree.structure(TREE)
        assert bits(found) == bits(TREE)
    assert read_about(written) == {"round": 3}


def test_it_returns_the_bytes_that_it_wrote(tmp_path):
    size = write_archive(tmp_path / "archive", TREE, {})
    assert size == (tmp_path / "archive" / "arrays.safetensors").stat().st_size


def test_no_leaves_is_a_tree_too(tmp_path):
    write_archive(tmp_path / "archive", {}, {})
    assert read_archive(tmp_path / "archive", {}) == {}


def test_folders_are_made_and_an_old_archive_is_replaced_whole(tmp_path):
    folder = tmp_path / "deep" / "down" / "archive"
    write_archive(folder, {"a": jnp.ones(3), "b": jnp.ones(2)}, {"turn": 1})
    write_archive(folder, {"a": jnp.zeros(4)}, {"turn": 2})
    assert np.array_equal(read_archive(folder, {"a": jnp.zeros(4)})["a"], np.zeros(4))
    assert read_about(folder) == {"turn": 2}
    assert [p.name for p in folder.parent.iterdir()] == ["archive"]


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    folder = tmp_path / "archive"
    (tmp_path / "archive.part").mkdir()
    (tmp_path / "archive.part" / "arrays.safetensors").write_bytes(b"half")
    write_archive(folder, TREE, {})
    assert bits(read_archive(folder, TREE)) == bits(TREE)
    assert [p.name for p in tmp_path.iterdir()] == ["archive"]


def test_a_kill_between_the_two_renames_loses_nothing(written, monkeypatch):
    written.rename(written.with_name("archive.old"))

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError):
        write_archive(written, {"a": jnp.ones(2)}, {})
    assert bits(read_archive(written, TREE)) == bits(TREE)


def test_a_file_that_outgrows_its_limit_leaves_the_old_archive(written):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(StoreError, match=r"can't write .* bytes"):
            write_archive(written, {"a": np.zeros(1 << 20)}, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert bits(read_archive(written, TREE)) == bits(TREE)
    assert [p.name for p in written.parent.iterdir()] == ["archive"]


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_at_any_moment_leaves_the_old_archive(written, monkeypatch, call):
    whole = os.rename

    def full(*arguments):
        if call == "rename" and not str(arguments[0]).endswith("archive.part"):
            return whole(*arguments)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StoreError, match="No space left on device") as caught:
        write_archive(written, {"a": jnp.ones(2)}, {})
    assert caught.value.where == str(written)
    monkeypatch.undo()
    assert bits(read_archive(written, TREE)) == bits(TREE)
    assert [p.name for p in written.parent.iterdir()] == ["archive"]


def test_a_place_that_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(StoreError, match="can't write"):
        write_archive(tmp_path / "file" / "archive", TREE, {})


def test_two_leaves_of_one_path_are_refused(tmp_path):
    with pytest.raises(StructureError, match="two leaves have one path"):
        write_archive(tmp_path / "archive", {"a.b": jnp.ones(1), "a": {"b": jnp.ones(1)}}, {})
    assert not (tmp_path / "archive").exists()


def cut(folder):
    path = folder / "arrays.safetensors"
    path.write_bytes(path.read_bytes()[:-7])


def flip(folder):
    path = folder / "arrays.safetensors"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)


def change(folder, **values):
    path = folder / "structure.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (shutil.rmtree, "can't read structure.json"),
        (lambda f: (f / "structure.json").unlink(), "can't read structure.json"),
        (
            lambda f: (f / "structure.json").write_text('{"format": 1'),
            "structure.json is not readable",
        ),
        (lambda f: (f / "structure.json").write_text("[]"), "structure.json is not readable"),
        (lambda f: change(f, format=2), "format 2 is not format 1"),
        (lambda f: (f / "arrays.safetensors").unlink(), "can't read the arrays"),
        (cut, "is not what was written"),
        (flip, "is not what was written"),
        (lambda f: change(f, leaves={}), "is not readable"),
    ],
)
def test_a_harmed_archive_is_an_error_that_names_it(written, harm, said):
    harm(written)
    with pytest.raises(StoreError, match=said) as caught:
        read_archive(written, TREE)
    assert caught.value.where == str(written)


def test_every_byte_of_what_is_said_is_checked(tmp_path):
    """A number in a product's settings is as much of it as its weights."""
    write_archive(tmp_path / "a", {"x": np.ones(2)}, {"kind": "k", 1: {"flattest": 0.1}})
    path = tmp_path / "a" / "structure.json"
    text = path.read_text()
    assert read_about(tmp_path / "a") == {"kind": "k", "1": {"flattest": 0.1}}
    for old, new in (("0.1", "0.2"), ("flattest", "flattesp"), ('"bytes": ', '"bytes": 1')):
        path.write_text(text.replace(old, new))
        with pytest.raises(StoreError, match="not what was written"):
            read_about(tmp_path / "a")
    path.write_text(json.dumps(json.loads(text)))  # the same, otherwise written
    assert read_about(tmp_path / "a")["kind"] == "k"
    change(tmp_path / "a", checksum=None)  # as earlier versions wrote it
    assert read_archive(tmp_path / "a", {"x": np.zeros(2)})["x"].sum() == 2


def test_any_damage_is_a_store_error(written):
    path, chance = written / "structure.json", random.Random(0)
    whole = json.loads(path.read_text()) | {"checksum": None}
    text = json.dumps(whole).encode()
    for _ in range(100):
        data = bytearray(text)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        with contextlib.suppress(StoreError, StructureError):
            read_archive(written, TREE)
    path.write_bytes(b'{"format": 1, "about": ' + b"[" * 100_000)
    with pytest.raises(StoreError, match="is not readable"):
        read_archive(written, TREE)


def test_links_and_pipes_are_not_read(written, tmp_path):
    secret, path = tmp_path / "secret", written / "structure.json"
    path.rename(secret)
    path.symlink_to(secret)
    with pytest.raises(StoreError, match="it is a link"):
        read_archive(written, TREE)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(StoreError, match="no regular file"):
        read_archive(written, TREE)
    path.unlink()
    secret.rename(path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "own").write_text("kept")
    for name in ("archive.part", "archive.old", "linked"):
        (tmp_path / name).symlink_to(elsewhere)
    write_archive(written, {"a": jnp.ones(2)}, {})
    write_archive(tmp_path / "linked", {"a": jnp.ones(2)}, {})  # in the link's place
    assert sorted(p.name for p in elsewhere.iterdir()) == ["own"]
    assert not (tmp_path / "linked").is_symlink()


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ({"a": jnp.ones(3), "b": jnp.ones(1)}, r"lacks \['b'\]"),
        ({}, r"has \['a'\]"),
        ({"a": jnp.ones(4)}, r"leaf a: it is float32\[3\] and should be float32\[4\]"),
        ({"a": jnp.ones(3, jnp.int32)}, r"leaf a: it is float32\[3\] and should be int32\[3\]"),
        ({"a": jnp.ones((3, 1))}, r"leaf a"),
    ],
)
def test_another_tree_is_an_error_that_names_the_leaf(tmp_path, like, said):
    write_archive(tmp_path / "archive", {"a": jnp.ones(3)}, {})
    with pytest.raises(StructureError, match=said):
        read_archive(tmp_path / "archive", like)


def test_files_beside_the_tree_are_linked_or_copied(tmp_path, monkeypatch):
    (tmp_path / "one").write_bytes(b"1")
    for name in ("linked", "copied"):
        if name == "copied":
            monkeypatch.setattr("os.link", _refuse)
        size = write_archive(tmp_path / name, {"x": np.ones(2)}, {}, [tmp_path / "one"])
        assert (tmp_path / name / "one").read_bytes() == b"1"
        assert size > (tmp_path / name / "arrays.safetensors").stat().st_size
    (tmp_path / "one").write_bytes(b"2")  # written anew, not renamed: a link shows it, a copy not
    assert [(tmp_path / name / "one").read_bytes() for name in ("linked", "copied")] == [b"2", b"1"]


def _refuse(source, target):
    raise OSError(95, "Operation not supported")
