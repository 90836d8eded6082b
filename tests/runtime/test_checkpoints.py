"""The newest readable checkpoint is used, and a damaged one is passed over with a word."""

from __future__ import annotations

import json
import shutil

import jax
import numpy as np
import pytest

from ontogeny.core.errors import StoreError, StructureError
from ontogeny.runtime.checkpoints import (
    list_checkpoints,
    prune_checkpoints,
    read_newest,
    remove_unrecorded,
    write_checkpoint,
)
from ontogeny.runtime.stacked import read_stacked
from ontogeny.runtime.storage.store import Store


@pytest.fixture(scope="module")
def snapshots(job, compiled):
    return {lived.number: lived.snapshot() for lived in compiled.prepare(job(rounds=3)).rounds()}


@pytest.fixture
def store(tmp_path, snapshots):
    with Store.create(tmp_path / "run") as store:
        for number, grown in snapshots.items():
            folder, size = write_checkpoint(store.folder, number, grown)
            with store.transaction():
                store.add_artifact(number, "checkpoint", folder, size)
        yield store


@pytest.fixture
def run(store):
    return store.folder


def test_round_trip_is_exact(run, snapshots, job):
    number, grown, wrong = read_newest(run, job(), last=9)
    assert (number, wrong) == (2, [])
    jax.tree.map(np.testing.assert_array_equal, grown.as_arrays(), snapshots[2].as_arrays())


def test_rounds_that_the_store_does_not_know_are_passed_over(run, job):
    assert read_newest(run, job(), last=1)[0] == 1


def test_the_last_two_are_kept(run, store):
    assert [folder.name for folder in prune_checkpoints(store)] == ["round-000000"]
    assert [a.round for a in store.artifacts("checkpoint")] == [1, 2]
    assert prune_checkpoints(store) == []
    assert [number for number, _ in list_checkpoints(run)] == [1, 2]


@pytest.mark.parametrize("damage", ["cut", "flip", "no structure", "other structure"])
def test_a_damaged_one_is_passed_over(run, job, damage):
    newest = run / "checkpoints" / "round-000002"
    arrays, structure = newest / "arrays.safetensors", newest / "structure.json"
    data = arrays.read_bytes()
    match damage:
        case "cut":
            arrays.write_bytes(data[:-7])
        case "flip":
            arrays.write_bytes(data[:-7] + bytes([data[-7] ^ 1]) + data[-6:])
        case "no structure":
            structure.unlink()
        case "other structure":
            structure.write_text(structure.read_text()[:100])
    number, _, wrong = read_newest(run, job(), last=9)
    assert number == 1
    assert len(wrong) == 1
    assert "round-000002" in wrong[0]


def test_whatever_is_wrong_with_one_it_is_passed_over(run, job):
    """As an earlier version wrote it, without a checksum over what is said."""
    structure = run / "checkpoints" / "round-000002" / "structure.json"
    whole = json.loads(structure.read_text()) | {"checksum": None}
    first = next(iter(whole["leaves"]))
    for about in ({}, {"round": "2"}, {"round": 2, "files": 7}, {"round": 2, "files": [], "x": 1}):
        structure.write_text(json.dumps(whole | {"about": about}))
        assert read_newest(run, job(), last=9)[0] == 1
    for leaf in ({"dtype": "O"}, {"dtype": 3}, {"dtype": "int64"}, None, {"shape": [-1]}):
        leaves = whole["leaves"] | {first: leaf}
        structure.write_text(json.dumps(whole | {"leaves": leaves}))
        number, _, wrong = read_newest(run, job(), last=9)
        assert (number, len(wrong)) == (1, 1)


def test_one_that_is_recorded_and_gone_is_forgotten_in_time(run, store):
    shutil.rmtree(run / "checkpoints" / "round-000000")
    prune_checkpoints(store)
    assert [a.round for a in store.artifacts("checkpoint")] == [1, 2]


def test_what_the_store_does_not_list_is_removed(run, store):
    """Or two that a killed process left would push out those that are recorded."""
    folder = run / "checkpoints"
    for name in ("round-000007.part", "round-7", "round-000009"):
        (folder / name).mkdir()
    (folder / "round-000001").rename(folder / "round-000001.old")  # between two renames
    (run / "members").mkdir()
    for name in ("members/slot-0000-round-000001.safetensors.4194303.part", "report.html.1.part"):
        (run / name).write_text("half")
    (run / "notes.old").write_text("a user's")
    with store.transaction():
        store.remove_artifact("checkpoint", folder / "round-000000")
    remove_unrecorded(store)
    assert [number for number, _ in list_checkpoints(run)] == [1, 2]
    assert sorted(path.name for path in folder.iterdir())[-1] == "round-7"
    assert len(list(folder.iterdir())) == 3
    assert {"notes.old", "report.html.1.part"} < {path.name for path in run.iterdir()}  # 1 lives
    assert not list((run / "members").iterdir())


def test_linked_folders_are_left_alone(run, store, job, tmp_path):
    outside = tmp_path / "outside"
    (run / "checkpoints").rename(outside)
    (run / "checkpoints").symlink_to(outside)
    for call in (
        lambda: read_newest(run, job(), last=9),
        lambda: prune_checkpoints(store),
        lambda: remove_unrecorded(store),
        lambda: write_checkpoint(run, 3, read_stacked(job(), outside / "round-000002")),
    ):
        with pytest.raises(StoreError, match="it is a link"):
            call()
    assert len(list(outside.iterdir())) == 3
    with pytest.raises(StoreError, match="moved or removed"):
        write_checkpoint(run / "gone", 3, read_stacked(job(), outside / "round-000002"))


def test_nothing_to_go_on_from(tmp_path, job):
    with pytest.raises(StoreError, match="none was written yet"):
        read_newest(tmp_path, job(), last=9)


def test_another_population_does_not_fit(run, job):
    with pytest.raises(StructureError, match=r"\[8.*\[4"):
        read_newest(run, job(population=4), last=9)
