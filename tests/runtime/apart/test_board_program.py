"""The board decides alike whoever lives the rounds: a crew is all that an executor brings."""

from __future__ import annotations

import numpy as np
import pytest

import hosts
from growing_apart import OVERTAKING, SPACE
from hermits import Hermit, Hermitage
from ontogeny.core.errors import DeadPopulation, OntogenyError
from ontogeny.core.space import Log, Space
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime.apart.board_program import ALONE, BoardProgram
from ontogeny.runtime.apart.living import HostLiving
from ontogeny.runtime.apart.messages import Order, Setup
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.apart.states import read_packed
from ontogeny.runtime.apart.worker import fulfil
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.storage.store import Store
from ontogeny.testing import check_executor

POP, ROUNDS = 4, 6


def job_of() -> Job:
    return Job(hosts.DESCENT, SPACE, OVERTAKING, 0, POP, ROUNDS, 3)


@pytest.fixture
def make_store(tmp_path):
    opened = []

    def make(name: str) -> Store:
        opened.append(Store.create(tmp_path / name))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def test_it_keeps_the_contract_of_executors():
    where = Hermitage(synchronous=True)
    check_executor(where)
    assert where.crews[0].closed


def test_together_its_rounds_are_those_of_processes_to_the_bit(make_store):
    here, there = make_store("here"), make_store("there")
    assert grow(job_of(), Hermitage(synchronous=True), here) == "finished"
    assert grow(job_of(), Processes(2, synchronous=True), there) == "finished"
    assert here.metric_names() == there.metric_names()
    for name in set(here.metric_names()) - {"seconds"}:
        np.testing.assert_array_equal(here.metric(name), there.metric(name), err_msg=name)
    assert here.heirs() == there.heirs()
    assert here.heirs()


def test_apart_one_may_be_rounds_ahead_and_all_is_recorded(make_store):
    store = make_store("apart")
    assert grow(job_of(), Hermitage(synchronous=False), store) == "finished"
    assert np.isfinite(store.metric("score")).all()
    assert store.metric("score").shape == (ROUNDS, POP)
    sighs = [event for event in store.events() if event.kind == "sighed"]
    assert [(e.slot, e.round) for e in sighs] == [  # the slot ordered last goes on until its end
        (slot, number) for slot in reversed(range(POP)) for number in range(ROUNDS)
    ]


class Flock(Hermit):
    """A crew all of whose members come at once."""

    def results(self, epoch):
        return [done for _ in range(len(self.orders)) for done in super(Flock, self).results(epoch)]


def test_of_a_large_population_few_are_decided_about_together(tmp_path):
    """One in 64 at most, of rounds of one number; and each lives all its rounds."""
    members = 2 * ALONE
    job = Job(hosts.DESCENT, SPACE, OVERTAKING, 0, members, 3, 1)
    crew = Flock()
    program = BoardProgram(job, shipped(job), crew, synchronous=False, folder=tmp_path)
    seen = np.zeros((members, 3), int)
    sizes = []
    for lived in program.rounds():
        crew.notes.clear()
        seen[lived.ready, lived.number] += 1
        sizes.append(int(lived.ready.sum()))
    program.close()
    assert (seen == 1).all()
    assert set(sizes) == {2}


def test_a_crew_that_does_not_get_ready_is_sent_home():
    class Forgetful(Hermit):
        def ready(self):
            raise OntogenyError("where is my pen")

    crew = Forgetful()
    with pytest.raises(OntogenyError, match="my pen"):
        BoardProgram(job_of(), shipped(job_of()), crew, synchronous=True, folder=None)
    assert crew.closed


def _fragile(key, state, hypers):
    if hypers["rate"] > 0.01:
        raise ZeroDivisionError("too steep")
    return hosts.step(key, state, hypers)


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_member_that_raises_dies_where_it_is_asked_to(synchronous, make_store):
    """Its traceback is recorded, it is replaced, and the others grow on."""
    job = job_of()._replace(learner=hosts.DESCENT._replace(step=_fragile))
    with pytest.raises(ZeroDivisionError):
        grow(job, Hermitage(synchronous), make_store("ends"))
    store = make_store("dies")
    assert grow(job, Hermitage(synchronous, die=True), store) == "finished"
    raised = [event for event in store.events() if event.kind == "raised"]
    assert raised
    assert all("ZeroDivisionError: too steep" in event.detail for event in raised)
    dead = [(e.round, e.slot) for e in store.events() if e.kind == "dead"]
    assert [(event.round, event.slot) for event in raised] == dead
    assert np.isfinite(store.metric("score")[-1]).any()
    assert np.isfinite(store.metric("loss")[-1]).any()


def test_when_all_raise_the_error_says_what(make_store):
    learner = hosts.DESCENT._replace(step=lambda key, state, hypers: 1 / 0)
    with pytest.raises(DeadPopulation, match="ZeroDivisionError: division by zero"):
        grow(job_of()._replace(learner=learner), Hermitage(True, die=True), make_store("all"))


def test_hypers_that_nobody_reads_are_told_of_once(make_store):
    space = Space({name: Log(1e-3, 1.0) for name in ("rate", "rte", "sigma")})
    job = Job(hosts.DESCENT, space, random_search(space), 0, 2, 2, 1)
    store = make_store("run")
    with pytest.warns(UserWarning, match="no function of the learner has read 'rte' in") as caught:
        assert grow(job, Hermitage(synchronous=False), store) == "finished"
    assert len(caught) == 1
    (event,) = (event for event in store.events() if event.kind == "unread")
    assert "'rte'" in event.detail


@pytest.mark.parametrize("plain", [True, False])
def test_a_learner_that_takes_dictionaries_alone_has_them(plain, tmp_path):
    def init(key, hypers):
        if plain and type(hypers) is not dict:
            raise TypeError("this is no dictionary")
        return hypers

    learner = hosts.HostLearner(init, lambda k, s, h: (s, {}), lambda k, s, h: h["rate"])
    hypers = {"rate": np.float32(1), "rte": np.float32(2)}
    setup = Setup(shipped(job_of()), True, 0, 1, hypers, tmp_path, {})
    living = HostLiving(learner, setup)
    done = fulfil(setup, living, {}, Order(0, 0, 0, 0, hypers, "", "state"))
    assert (done.score, done.unread) == (1.0, None if plain else ())  # who keeps it whole reads it
    assert living.unpack(read_packed(tmp_path / "state"), "") == hypers
