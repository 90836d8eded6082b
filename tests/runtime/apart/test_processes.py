"""Members in processes: what they come to, together and apart, and where they live."""

from __future__ import annotations

import numpy as np
import pytest

import hosts
from growing_apart import POP, ROUNDS, SPACE_LOW, EachRound, check_whole, make, recorded
from ontogeny.core.errors import ConfigError
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.apart.workforce import environment
from ontogeny.runtime.checkpoints import list_checkpoints, read_newest
from ontogeny.runtime.driver import grow


def test_an_asynchronous_growth_is_whole_and_leaves_no_file_behind(store):
    rounds = []
    watch = [EachRound(rounds.append)]
    status = grow(make(), Processes(2), store, observers=watch, checkpoint_seconds=0)
    assert status == "finished"
    check_whole(store)
    assert len(rounds) == POP * ROUNDS
    assert [number for number, _ in list_checkpoints(store.folder)] == [ROUNDS - 2, ROUNDS - 1]
    assert len(list((store.folder / "checkpoints").iterdir())) == 2
    assert all(round_.ready.sum() == 1 for round_ in rounds)
    by_slot = [[r.number for r in rounds if r.ready[slot]] for slot in range(POP)]
    assert by_slot == [list(range(ROUNDS))] * POP
    assert np.isfinite(store.metric("seconds")).all()  # one a round of the population
    assert len(store.metric("seconds")) == ROUNDS
    kept = sorted(path.name for path in (store.folder / "members").iterdir())
    assert kept == [f"slot-{slot:04d}-round-{ROUNDS - 1:06d}.safetensors" for slot in range(POP)]
    _, board, _ = read_newest(store.folder, make(), ROUNDS)
    best = int(np.argmax(board.population.score))
    state = board.member(best)
    assert state["seen"][1] == "steps"
    assert hosts.score(0, state, {}) == pytest.approx(store.metric("score")[-1, best], rel=1e-6)


def test_what_an_heir_begins_with_is_what_its_parent_left(store):
    """Its hypers are the parent's, perturbed, and its first loss is near the parent's score."""
    grow(make(), Processes(2), store)
    rate, score, loss = (store.metric(n) for n in ("hypers.rate", "score", "loss"))
    for heir in store.heirs():
        came = heir.parent_round
        ratio = rate[heir.round, heir.slot] / rate[came, heir.parent]
        assert np.isclose(ratio, 0.8, rtol=1e-5) or rate[heir.round, heir.slot] == SPACE_LOW
        assert loss[heir.round, heir.slot] < -3 * score[came, heir.parent] + 5


def test_a_synchronous_growth_can_be_repeated_and_grown_on(store, undisturbed):
    """Whatever the number of workers, and wherever it was finished before."""
    for rounds in (5, ROUNDS):
        assert grow(make(rounds=rounds), Processes(1, synchronous=True), store) == "finished"
    for name, values in recorded(undisturbed).items():
        np.testing.assert_array_equal(recorded(store)[name], values, err_msg=name)
    assert store.heirs() == undisturbed.heirs()


@pytest.mark.parametrize(
    "field", [{"workers": 0}, {"restarts": -1}, {"threads": 0}, {"platform": "abacus"}], ids=str
)
def test_settings_are_checked(field):
    ((name, value),) = field.items()
    with pytest.raises(ConfigError, match=f"{name} is {value!r}"):
        Processes(**field)


def test_a_workers_threads_and_platform_are_those_that_it_was_given(store):
    job = make(hosts.TELLING_CORES, population=2, rounds=1)
    grow(job, Processes(1, threads=3), store)
    np.testing.assert_array_equal(store.metric("told"), [[33.0, 33.0]])
    one, gpu = environment(1, "cpu"), environment(1, "gpu")
    assert (one["JAX_PLATFORMS"], one["OMP_NUM_THREADS"]) == ("cpu", "1")
    assert one["NPROC"] == "1"  # else XLA splits loops over all cores, at half the pace
    assert "multi_thread_eigen=false" in one["XLA_FLAGS"]
    assert "multi_thread_eigen" not in environment(2, "cpu")["XLA_FLAGS"]
    assert (gpu["JAX_PLATFORMS"], gpu["XLA_PYTHON_CLIENT_PREALLOCATE"]) == ("gpu", "false")


def test_by_default_there_are_as_many_workers_as_the_cores_have_room_for(monkeypatch):
    monkeypatch.setattr("ontogeny.runtime.machine.cores", lambda: 3)
    for threads, count in ((1, 3), (4, 1)):
        program = Processes(threads=threads).prepare(make())
        assert len(program.crew.workers) == count
        program.close()
