"""Members that die or fail, and what processes can not grow: each is said with its reason."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import hosts
from growing_apart import ROUNDS, make
from ontogeny.core.errors import (
    ConfigError,
    DeadPopulation,
    OntogenyError,
    StoreError,
    StructureError,
)
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime.apart.board import Board
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.checkpoints import read_newest
from ontogeny.runtime.driver import grow
from ontogeny.runtime.vectorised import Vectorised


def test_a_dead_member_is_replaced_and_recorded(store):
    assert grow(make(hosts.MORTAL), Processes(2), store) == "finished"
    dead = {(e.round, e.slot) for e in store.events() if e.kind == "dead"}
    assert dead
    moved = {(heir.round - 1, heir.slot) for heir in store.heirs()}
    for round_, slot in dead - moved:  # nobody alive had published: it stays dead for a round
        assert (round_ + 1, slot) in dead
    assert np.isfinite(store.metric("score")[-1]).all()


def test_a_population_that_is_all_dead_says_so(store):
    with pytest.raises(DeadPopulation, match="all 6 members"):
        grow(make(hosts.STILL_BORN), Processes(2), store)


@pytest.mark.parametrize(
    ("learner", "kind", "said"),
    [
        (hosts.RAISING, OntogenyError, r"(?s)slot \d, round 1: ZeroDivisionError: the dog.*hosts"),
        (hosts.GREEDY, OntogenyError, r"slot \d, round 1: MemoryError"),
        (
            hosts.DYING,
            OntogenyError,
            r"slot \d, round 1: the worker was killed by SIGKILL, 3 times",
        ),
        (hosts.UNWRITABLE, StructureError, r"state.thing: a builtins.set .*\n.*pickle=True"),
        (hosts.WITH_WORDS, StructureError, "not one number"),
        (hosts.WITHOUT_METRICS, StructureError, "returned dict"),
    ],
    ids=["raises", "out of memory", "is killed", "unwritable", "no score", "no metrics"],
)
def test_a_member_that_fails_ends_the_growth_with_the_reason(store, learner, kind, said):
    with pytest.raises(kind, match=said):
        grow(make(learner), Processes(1, restarts=2), store)
    assert store.run()["status"] == "failed"


def test_what_can_not_be_pickled_is_refused():
    lock = threading.Lock()

    def init(key, hypers):
        with lock:
            return {}

    with pytest.raises(ConfigError, match="can't be pickled"):
        Processes(1).prepare(make(hosts.DESCENT._replace(init=init)))


def test_states_that_are_no_arrays_need_a_word(store):
    assert grow(make(hosts.POINTS), Processes(2), store) == "finished"
    _, board, _ = read_newest(store.folder, make(hosts.POINTS), ROUNDS)
    assert isinstance(board.member(0), hosts.Point)
    _, careful, _ = read_newest(store.folder, make(hosts.POINTS._replace(pickle=False)), ROUNDS)
    with pytest.raises(StoreError, match=r"a pickle.*\n.*pickle=True"):
        careful.member(0)


def test_plain_python_is_refused_by_the_vectorised_executor(tmp_path):
    with pytest.raises(ConfigError, match=r"(?s)plain Python.*og.Processes\(\)"):
        Vectorised().prepare(make())
    with pytest.raises(ConfigError, match=r"(?s)no arrays.*run.member\(slot\)"):
        Board.begin(make(), tmp_path).as_arrays()


def test_members_apart_are_no_population_of_one_program(tmp_path):
    job = Quadratic(population=2).job()
    board = Board.begin(job, tmp_path)
    board.start(0, 0, 0, True, board.population.hypers)
    board.publish(0, 0, 1.0, None, job.steps)
    with pytest.raises(ConfigError, match=r"(?s)lived 0 to 1 rounds.*og.Processes\(\)"):
        board.as_arrays()


def test_a_synchronous_growth_does_not_go_on_from_members_apart(tmp_path):
    program = Processes(2).prepare(make(), tmp_path)
    for lived in program.rounds():
        middle = lived.snapshot()
        break
    together = Processes(2, synchronous=True).prepare(make())
    with pytest.raises(ConfigError, match="lived 0 to 1 rounds"):
        together.rounds(0, middle)
    together.close()
    program.close()
