"""The newest readable checkpoint is used, and a damaged one is passed over with a word."""

from __future__ import annotations

import json

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
from ontogeny.runtime.vectorised import Vectorised


@pytest.fixture(scope="module")
def snapshots(job):
    return {
        lived.number: lived.snapshot() for lived in Vectorised().prepare(job(rounds=3)).rounds()
    }


@pytest.fixture
def run(tmp_path, snapshots):
    for number, grown in snapshots.items():
        write_checkpoint(tmp_path, number, grown)
    return tmp_path


def test_round_trip_is_exact(run, snapshots, job):
    number, grown, wrong = read_newest(run, job(), last=9)
    assert (number, wrong) == (2, [])
    jax.tree.map(np.testing.assert_array_equal, grown.as_arrays(), snapshots[2].as_arrays())


def test_rounds_that_the_store_does_not_know_are_passed_over(run, job):
    assert read_newest(run, job(), last=1)[0] == 1


def test_the_last_two_are_kept(run):
    assert [folder.name for folder in prune_checkpoints(run, [0, 1, 2])] == ["round-000000"]
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


def test_what_the_store_does_not_list_is_removed(run, tmp_path):
    """Or two that a killed process left would push out those that are recorded."""
    folder = run / "checkpoints"
    for name in ("round-000007.part", "round-7", "round-000009"):
        (folder / name).mkdir()
    (folder / "round-000001").rename(folder / "round-000001.old")  # between two renames
    (run / "members").mkdir()
    for name in ("members/slot-0000-round-000001.safetensors.4194303.part", "report.html.1.part"):
        (run / name).write_text("half")
    (run / "notes.old").write_text("a user's")
    remove_unrecorded(run, [1, 2])
    assert [number for number, _ in list_checkpoints(run)] == [1, 2]
    left = sorted(path.name for path in run.rglob("*") if path.parent in (run, folder))
    assert left[-3:] == ["round-000001", "round-000002", "round-7"]
    assert left[:-3] == ["checkpoints", "members", "notes.old", "report.html.1.part"]  # 1 lives
    assert not list((run / "members").iterdir())


def test_linked_folders_are_left_alone(run, job, tmp_path):
    outside = tmp_path / "outside"
    (run / "checkpoints").rename(outside)
    (run / "checkpoints").symlink_to(outside)
    for call in (
        lambda: read_newest(run, job(), last=9),
        lambda: prune_checkpoints(run, [0, 1, 2]),
        lambda: remove_unrecorded(run, []),
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
