"""The newest readable checkpoint is used, and a damaged one is passed over with a word."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ontogeny.core.errors import StoreError, StructureError
from ontogeny.runtime.checkpoints import (
    list_checkpoints,
    prune_checkpoints,
    read_newest,
    write_checkpoint,
)
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
    assert [folder.name for folder in prune_checkpoints(run)] == ["round-000000"]
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


def test_nothing_to_go_on_from(tmp_path, job):
    with pytest.raises(StoreError, match="none was written yet"):
        read_newest(tmp_path, job(), last=9)


def test_another_population_does_not_fit(run, job):
    with pytest.raises(StructureError, match=r"\[8.*\[4"):
        read_newest(run, job(population=4), last=9)
