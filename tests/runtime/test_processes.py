"""Members in processes: what they come to, and what is left of it when processes are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import hosts
from ontogeny.core.errors import (
    ConfigError,
    DeadPopulation,
    OntogenyError,
    StoreError,
    StructureError,
)
from ontogeny.core.host import HostLearner
from ontogeny.core.population import Move
from ontogeny.core.space import Log, Space
from ontogeny.evolution.strategy import Strategy
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.runtime.board import Board
from ontogeny.runtime.checkpoints import list_checkpoints, read_newest
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.observer import Observer
from ontogeny.runtime.processes import Processes
from ontogeny.runtime.store import Store
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.runtime.workforce import environment
from ontogeny.testing import check_executor
from ontogeny.views.lineage import parent_rounds, parents, trace

SPACE_LOW = np.float32(1e-3)
SPACE = Space({"rate": Log(1e-3, 1.0)})
POP, ROUNDS, STEPS = 6, 12, 4


def overtaking(space: Space) -> Strategy[int]:
    """Who is below the median takes the best one's place, at 0.8 times its rate. It compiles in a
    moment, and counts its moves.
    """

    def init(key, population):
        return jnp.int32(0)

    def move(key, moves, population, ready):
        score = jnp.where(jnp.isfinite(population.score), population.score, -jnp.inf)
        best = jnp.argmax(score)
        low = ready & ((score < jnp.median(score)) | ~jnp.isfinite(score))
        low &= jnp.isfinite(score[best])
        parent = jnp.where(low, best, jnp.arange(population.size))
        rate = population.hypers["rate"]
        hypers = space.clip({"rate": jnp.where(low, 0.8 * rate[best], rate)})
        return moves + jnp.sum(low), Move(parent, jnp.ones_like(ready), hypers)

    return Strategy(init, move)


def make(learner: HostLearner = hosts.DESCENT, **fields) -> Job:
    whole = {"seed": 0, "population": POP, "rounds": ROUNDS, "steps": STEPS, **fields}
    return Job(learner, SPACE, overtaking(SPACE), **whole)


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "run") as opened:
        yield opened


class Disturbed:
    """Two processes, of which one at random is killed in some of the rounds."""

    def __init__(self, chance: float, **settings):
        self.executor = Processes(2, restarts=1000, **settings)
        self.random, self.chance, self.kills = random.Random(0), chance, 0

    def prepare(self, job, folder=None):
        self.program = self.executor.prepare(job, folder)
        return self.program

    def strike(self) -> None:
        if self.random.random() < self.chance:
            victim = self.random.choice(self.program.crew.workers).pid
            time.sleep(self.random.random() * 0.01)
            os.kill(victim, signal.SIGKILL)
            self.kills += 1


class EachRound(Observer):
    def __init__(self, act):
        self.act = act

    def lived(self, round_, moved, dead):
        self.act(round_)


def recorded(store: Store) -> dict[str, np.ndarray]:
    return {name: store.metric(name) for name in store.metric_names() if name != "seconds"}


def check_kept(before: np.ndarray, after: np.ndarray) -> None:
    """What was recorded before is recorded still."""
    rounds, slots = before.shape
    there = np.isfinite(before)
    np.testing.assert_array_equal(after[:rounds, :slots][there], before[there])


def check_whole(store: Store, rounds: int = ROUNDS) -> None:
    """Everything is recorded, and every line goes back to a first member, never ahead of time."""
    score = store.metric("score")
    assert score.shape == (rounds, POP)
    assert np.isfinite(score).all()
    heirs = store.heirs()
    assert heirs
    parent, before = parents(heirs, rounds, POP), parent_rounds(heirs, rounds, POP)
    for slot in range(POP):
        assert trace(parent, slot, None, before)[0][0] == 0
    loss = store.metric("loss")
    assert np.isfinite(loss).all()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A synchronous growth that nothing befell."""
    with Store.create(tmp_path_factory.mktemp("undisturbed") / "run") as opened:
        assert grow(make(), Processes(2, synchronous=True), opened) == "finished"
        yield opened


def test_keeps_the_contract_of_executors():
    check_executor(Processes(2, synchronous=True))


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


def test_a_synchronous_growth_can_be_repeated(store, undisturbed):
    assert grow(make(), Processes(1, synchronous=True), store) == "finished"
    for name, values in recorded(undisturbed).items():
        np.testing.assert_array_equal(recorded(store)[name], values, err_msg=name)
    assert store.heirs() == undisturbed.heirs()


def test_workers_that_are_killed_change_no_bit_of_a_synchronous_growth(store, undisturbed):
    executor = Disturbed(0.7, synchronous=True)
    strike = EachRound(lambda round_: executor.strike())
    assert grow(make(), executor, store, observers=[strike]) == "finished"
    assert executor.kills >= 5
    told = [event for event in store.events() if event.kind == "restarted"]
    assert 1 <= len(told) <= executor.kills  # one killed twice before it was missed is one
    assert "SIGKILL" in told[0].detail
    for name, values in recorded(undisturbed).items():
        np.testing.assert_array_equal(recorded(store)[name], values, err_msg=name)


def test_workers_that_are_killed_lose_nothing_of_an_asynchronous_growth(store):
    executor = Disturbed(0.2)
    strike = EachRound(lambda round_: executor.strike())
    assert grow(make(), executor, store, observers=[strike]) == "finished"
    assert executor.kills >= 5
    check_whole(store)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


DRIVER = """
import sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from test_processes import hosts, make, Processes, Store, grow
folder = Path(sys.argv[1])
store = Store(folder, write=True) if (folder / "run.sqlite").exists() else Store.create(folder)
grow(make(hosts.SLOW), Processes(2), store, checkpoint_seconds=0.3)
"""


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_driver_that_is_killed_loses_nothing_that_was_recorded(tmp_path):
    folder, here = tmp_path / "run", Path(__file__)
    command = [sys.executable, "-c", DRIVER, str(folder), str(here.parent), str(here.parents[1])]
    own_cache = {**os.environ, "ONTOGENY_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=own_cache)
    limit, goal = time.monotonic() + 100, random.Random(1).randrange(5, 20)
    done = 0
    while done < goal and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.01)
        if (folder / "run.sqlite").exists():
            with Store(folder) as store:
                done = int(np.isfinite(store.metric("score")).sum())
    left = [*children(process.pid), *(c for p in children(process.pid) for c in children(p))]
    assert len(left) == 3  # the nursery and two workers
    process.send_signal(signal.SIGKILL)
    assert process.communicate()[1] == b""
    while any(map(lives, left)) and time.monotonic() < limit:
        time.sleep(0.01)
    assert not any(map(lives, left))
    with Store(folder, write=True) as store:
        before, heirs = recorded(store), store.heirs()
        assert grow(make(hosts.SLOW), Processes(2), store) == "finished"
        check_whole(store)
        for name, values in before.items():
            check_kept(values, recorded(store)[name])
        assert set(heirs) <= set(store.heirs())
        assert [e.kind for e in store.events()] == ["resumed", "finished"]


def test_ctrl_c_finishes_the_rounds_under_way_and_nothing_is_lost(store):
    count = 0

    def interrupt(round_):
        nonlocal count
        count += 1
        if count == 20:
            os.kill(os.getpid(), signal.SIGINT)

    assert grow(make(), Processes(2), store, observers=[EachRound(interrupt)]) == "interrupted"
    assert 20 < count < POP * ROUNDS
    assert np.isfinite(store.metric("score")).sum() == count
    _, board, _ = read_newest(store.folder, make(), ROUNDS)
    assert not board.under_way.any()
    before = recorded(store)["score"]
    assert grow(make(), Processes(2), store) == "finished"
    check_kept(before, store.metric("score"))
    check_whole(store)


def test_a_damaged_file_is_passed_over_for_the_checkpoint(store):
    grow(make(rounds=5), Processes(2), store)
    for path in (store.folder / "members").glob("slot-0002*"):
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.unlink()  # its other name, in the checkpoint, stays whole
        path.write_bytes(data)
    assert grow(make(), Processes(2), store) == "finished"
    check_whole(store)
    assert any("slot-0002" in e.detail and e.kind == "resumed" for e in store.events())


def test_without_board_and_checkpoint_it_grows_again_from_the_first_round(store):
    grow(make(rounds=3), Processes(2), store)
    for path in (store.folder / "members").iterdir():
        path.unlink()
    for _, folder in list_checkpoints(store.folder):
        for path in folder.glob("slot-*"):
            path.unlink()
    with pytest.raises(StoreError, match="no checkpoint to go on from"):
        grow(make(), Processes(2), store)


def test_a_finished_growth_grows_on(store, undisturbed):
    grow(make(rounds=5), Processes(2, synchronous=True), store)
    grow(make(), Processes(2, synchronous=True), store)
    np.testing.assert_array_equal(store.metric("score"), undisturbed.metric("score"))


def test_a_dead_member_is_replaced_and_recorded(store):
    assert grow(make(hosts.MORTAL), Processes(2), store) == "finished"
    dead = {(e.round, e.slot) for e in store.events() if e.kind == "dead"}
    assert dead
    moved = {(heir.round - 1, heir.slot) for heir in store.heirs()}
    for round_, slot in dead - moved:  # nobody alive had published: it stays dead for a round
        assert (round_ + 1, slot) in dead
    assert np.isfinite(store.metric("score")[-1]).all()


def test_a_population_that_is_all_dead_says_so(store):
    def init(key, hypers):
        return {"x": np.full(5, np.nan), "seen": [0, "steps"]}

    with pytest.raises(DeadPopulation, match="all 6 members"):
        grow(make(hosts.DESCENT._replace(init=init)), Processes(2), store)


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
        (hosts.DESCENT._replace(score=lambda k, s, h: "good"), StructureError, "not one number"),
        (hosts.DESCENT._replace(step=lambda k, s, h: s), StructureError, "returned dict"),
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


@pytest.mark.parametrize(
    "field", [{"workers": 0}, {"restarts": -1}, {"threads": 0}, {"platform": "abacus"}], ids=str
)
def test_settings_are_checked(field):
    ((name, value),) = field.items()
    with pytest.raises(ConfigError, match=f"{name} is {value!r}"):
        Processes(**field)


def test_a_workers_threads_and_platform_are_those_that_it_was_given(store):
    def step(key, state, hypers):
        state, metrics = hosts.step(key, state, hypers)
        cores = os.environ["NPROC"], os.environ["OMP_NUM_THREADS"]
        return state, metrics | {"told": float("".join(cores))}

    job = make(hosts.DESCENT._replace(step=step), population=2, rounds=1)
    grow(job, Processes(1, threads=3), store)
    np.testing.assert_array_equal(store.metric("told"), [[33.0, 33.0]])
    one, gpu = environment(1, "cpu"), environment(1, "gpu")
    assert (one["JAX_PLATFORMS"], one["OMP_NUM_THREADS"]) == ("cpu", "1")
    assert "multi_thread_eigen=false" in one["XLA_FLAGS"]
    assert "multi_thread_eigen" not in environment(2, "cpu")["XLA_FLAGS"]
    assert (gpu["JAX_PLATFORMS"], gpu["XLA_PYTHON_CLIENT_PREALLOCATE"]) == ("gpu", "false")


def test_by_default_there_are_as_many_workers_as_the_cores_have_room_for(monkeypatch):
    monkeypatch.setattr("ontogeny.runtime.machine.cores", lambda: 3)
    for threads, count in ((1, 3), (4, 1)):
        program = Processes(threads=threads).prepare(make())
        assert len(program.crew.workers) == count
        program.close()


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
