"""Growths, and photographs scored, on a Ray cluster of several machines that are none: a script,
since Ray leaves threads behind. It starts one cluster, does what it is asked for there, and says
how each came out as JSON.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest

import hosts
from growing_apart import (
    COMPILED,
    POP,
    ROUNDS,
    SPACE,
    EachRound,
    check_kept,
    check_whole,
    make,
    recorded,
)
from hermits import Hermitage
from ontogeny.core.errors import ConfigError, OntogenyError
from ontogeny.core.learner import Learner
from ontogeny.core.ray_cluster import joined
from ontogeny.evolution.random_search import random_search
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.photos import scoring
from ontogeny.runtime.photos.judging import Judge
from ontogeny.runtime.photos.ray_scoring import on_ray
from ontogeny.runtime.photos.source import photo_source
from ontogeny.runtime.ray import crew as ray_crew
from ontogeny.runtime.ray import worker as ray_worker
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.storage.store import Store
from ontogeny.testing import check_executor
from tiny_scorer import TinyBackbone, TinyScorer, write_photos

STORE_BYTES = 80_000_000


class Watched:
    """An executor whose program may be looked at."""

    def __init__(self, **settings):
        self.executor = RayWorkers(address="auto", **settings)

    def prepare(self, job, folder=None):
        self.program = self.executor.prepare(job, folder)
        return self.program

    @property
    def crew(self):
        return self.program.crew


class Lab:
    """The cluster: a head, which the driver is on, and another machine, of one CPU each."""

    def __init__(self, place: Path):
        from ray.cluster_utils import Cluster

        self.place = place
        small = {"object_store_memory": STORE_BYTES, "include_dashboard": False}
        soon = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500}
        soon |= {"health_check_timeout_ms": 2000, "prestart_worker_first_driver": False}
        head = {"num_cpus": 1, "_system_config": soon, **small}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.machines = [self.add()]
        os.environ["RAY_ADDRESS"] = self.cluster.address

    def add(self):
        return self.cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)

    def mended(self) -> None:
        """Have both machines again, whatever befell them."""
        if not self.machines:
            self.machines.append(self.add())
        wait_for(lambda: len(joined().machines()) == 2)

    def store(self, name: str) -> Store:
        return Store.create(self.place / name)


def the_contract_of_executors(lab: Lab) -> None:
    check_executor(RayWorkers(workers=1, synchronous=True))


def a_machine_that_dies_and_one_that_joins_change_no_bit(lab: Lab) -> None:
    where, most = Watched(synchronous=True), []

    def befall(lived):
        most.append(len(where.crew._states))
        if lived.number == 3:
            lab.cluster.remove_node(lab.machines.pop(), allow_graceful=False)
        if lived.number == 6:
            wait_for(lambda: len(where.crew.cluster.machines()) == 1)
            assert len(where.crew._up) == 1
            lab.machines.append(lab.add())
            wait_for(lambda: not where.crew._messages() and len(where.crew._up) == 2)

    with lab.store("befallen") as here, lab.store("undisturbed") as there:
        assert grow(make(hosts.HEAVY), where, here, observers=[EachRound(befall)]) == "finished"
        assert grow(make(hosts.HEAVY), Hermitage(synchronous=True), there) == "finished"
        for name, values in recorded(there).items():
            np.testing.assert_array_equal(recorded(here)[name], values, err_msg=name)
        assert here.heirs() == there.heirs()
        told = [(event.kind, event.detail) for event in here.events()]
        assert any(kind == "restarted" for kind, _ in told), told
        assert any(kind == "joined" and "there are 2" in detail for kind, detail in told), told
    assert max(most) >= POP  # states are in the object store, and let go of
    assert max(most) <= 2 * POP
    assert not list((lab.place / "befallen" / "members").glob("growing"))


def cohorts_outlive_a_machine_too(lab: Lab) -> None:
    """Three slots side by side in each worker; their states were compiled, and hold keys."""
    where = Watched(synchronous=True, members_per_worker=3)

    def befall(lived):
        if lived.number == 3:
            lab.cluster.remove_node(lab.machines.pop(), allow_graceful=False)
            wait_for(lambda: len(where.crew.cluster.machines()) == 1)

    with lab.store("cohorts") as here, lab.store("cohorts apart") as there:
        assert grow(make(COMPILED), where, here, observers=[EachRound(befall)]) == "finished"
        alone = Hermitage(synchronous=True, cohort=3)
        assert grow(make(COMPILED), alone, there) == "finished"
        for name, values in recorded(there).items():
            np.testing.assert_array_equal(recorded(here)[name], values, err_msg=name)
        assert here.heirs() == there.heirs()
        assert "restarted" in [event.kind for event in here.events()]


def a_machine_that_dies_while_members_are_at_their_own_pace(lab: Lab) -> None:
    where, rounds = Watched(), []

    def befall(lived):
        rounds.append(lived)
        if len(rounds) == 20:
            lab.cluster.remove_node(lab.machines.pop(), allow_graceful=False)

    with lab.store("apart") as store:
        assert (
            grow(make(hosts.SLOW_HEAVY), where, store, observers=[EachRound(befall)]) == "finished"
        )
        check_whole(store)
        assert len(rounds) == POP * ROUNDS  # none twice
        assert "restarted" in [event.kind for event in store.events()]


DRIVER = """
import sys
from pathlib import Path
from growing_apart import make
from hosts import SLOW_HEAVY
from ontogeny.runtime.driver import grow
from ontogeny.runtime.ray.workers import RayWorkers
from ontogeny.runtime.storage.store import Store
store = Store.create(Path(sys.argv[1]))
grow(make(SLOW_HEAVY), RayWorkers(workers=1), store, checkpoint_seconds=0.3)
"""


def a_driver_and_a_worker_that_are_killed_lose_nothing(lab: Lab) -> None:
    folder = lab.place / "run"
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(folder)])

    def done() -> int:
        assert process.poll() is None
        if not (folder / "run.sqlite").exists():
            return 0
        with Store(folder) as store:
            return int(np.isfinite(store.metric("score")).sum())

    wait_for(lambda: done() >= 8)
    process.send_signal(signal.SIGKILL)
    process.wait()
    where, rounds = Watched(), []

    def strike(lived):
        rounds.append(lived)
        if len(rounds) == 15:
            os.kill(where.crew._up[0].met.pid, signal.SIGKILL)

    with Store(folder, write=True) as store:
        before, heirs = recorded(store), store.heirs()
        watch = [EachRound(strike)]
        assert grow(make(hosts.SLOW_HEAVY), where, store, observers=watch) == "finished"
        check_whole(store)
        for name, values in before.items():
            check_kept(values, recorded(store)[name])
        assert set(heirs) <= set(store.heirs())
        (restarted,) = (e.detail for e in store.events() if e.kind == "restarted")
        assert "is lost (Worker unexpectedly exits" in restarted, restarted
        kinds = [event.kind for event in store.events() if event.kind != "joined"]
        assert kinds == ["resumed", "restarted", "finished"]


class DiesOnce(TinyScorer):
    """A scorer whose first worker dies of its first photographs."""

    def __init__(self, place: Path):
        self.place = place

    def of_features(self, features):
        try:
            os.close(os.open(self.place / "died", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return super().of_features(features)
        os._exit(1)


def photographs_are_scored_once_whatever_dies(lab: Lab) -> None:
    """By two workers, one of which dies, and a driver that stops: as one process scores them."""
    place = lab.place / "scored"
    scoring.PARTITION = 8
    photos = write_photos(place / "photos", 40)
    (photos / "second" / "zz.jpg").write_bytes((photos / "first" / "0000.jpg").read_bytes())
    (photos / "first" / "empty.jpg").write_bytes(b"")

    def score(out: str, **how):
        judge, source = Judge(TinyScorer(), TinyBackbone()), photo_source(photos)
        return scoring.score_photos(source, judge, place / out, skip_same=True, **how)

    score("here.parquet", workers=0)
    on_two = on_ray(DiesOnce(place), None, 2, TinyBackbone)
    asked = []
    stopped = lambda: asked.append(0) or len(asked) > 3  # noqa: E731
    first = score("ray.parquet", scoring=on_two, stopped=stopped)
    assert first.stopped
    assert (place / "died").exists()
    again = score("ray.parquet", scoring=on_two)
    assert again.kept == first.counts.photos == 24, again.kept
    assert (again.counts.scored, again.counts.unread, again.counts.same) == (40, 1, 1)
    one, other = (pq.read_table(place / f"{name}.parquet").to_pydict() for name in ("here", "ray"))
    for column in one:  # copies are left out before the network here, and after it there
        lists = [[v for v in table[column] if v is not None] for table in (one, other)]
        assert len(lists[0]) == len(lists[1]), column
        if column in ("score", "percentile", "spread", "look"):
            np.testing.assert_allclose(*lists, atol=1e-5, err_msg=column)
        else:
            assert one[column] == other[column], column


def what_moves_cost_is_measured_at_a_tiny_size(lab: Lab) -> None:
    """The benchmark, its workers of a few hundredths of a CPU."""
    from benchmarks import ray_moves

    ray_moves.MEGABYTES, ray_moves.CPUS = (0.2,), 0.05
    ray_moves.ABREAST, ray_moves.CASES = {}, {"linear": (8, 3)}
    ray_moves.sustained = lambda *words: (ray_moves.simulate(*words), 1.0)
    figures = ray_moves.measure(quick=True).to_json()["figures"]
    found = {row["name"]: row["median"] for row in figures}
    assert {"round with a move, 0.2 MB", "actor call", "driver, 8 simulated members, linear"} < {
        *found
    }
    assert all(map(math.isfinite, found.values())), found


def what_cannot_be_grown_is_refused_before(lab: Lab) -> None:
    heavy = Learner(
        lambda key, hypers: jnp.zeros(STORE_BYTES // 2),
        lambda key, state, hypers: (state * hypers["rate"], {}),
        lambda key, state, hypers: state[0],
    )
    too_heavy = Job(heavy, SPACE, random_search(SPACE), 0, 2, 1, 1)
    refuse(make(), RayWorkers(num_gpus=1), ConfigError, "1 workers of 1 CPUs and 1 GPUs don't fit")
    refuse(make(), RayWorkers(workers=3), ConfigError, "2 do")
    refuse(too_heavy, RayWorkers(), ConfigError, "a member's state is 160.0 MB, and the object")
    ray_worker.SEE_SECONDS = 0.1
    met = ray_worker.RayWorker().meet(lab.place / "nowhere" / "growing", "a word")
    with pytest.raises(ConfigError, match="doesn't see the run's folder /nowhere"):
        ray_crew.check_met(met, "/nowhere")
    said = r"slot \d, round [01]: worker 0 .* is lost .*, 1 times in a row"  # its last answer too
    refuse(make(hosts.DYING), RayWorkers(workers=1, restarts=0), OntogenyError, said)


def refuse(job: Job, executor: RayWorkers, kind: type[OntogenyError], said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(kind, match=said), closing(executor.prepare(job)) as program:
        list(program.rounds())
    assert time.monotonic() - begun < 60


def wait_for(true) -> None:
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


CHECKS = (
    the_contract_of_executors,
    a_machine_that_dies_and_one_that_joins_change_no_bit,
    cohorts_outlive_a_machine_too,
    a_machine_that_dies_while_members_are_at_their_own_pace,
    a_driver_and_a_worker_that_are_killed_lose_nothing,
    photographs_are_scored_once_whatever_dies,
    what_moves_cost_is_measured_at_a_tiny_size,
    what_cannot_be_grown_is_refused_before,
)

if __name__ == "__main__":
    lab = Lab(Path(sys.argv[1]))
    said = {}
    for check in CHECKS:
        begun = time.monotonic()
        try:
            lab.mended()
            check(lab)
            said[check.__name__] = ""
        except BaseException:
            said[check.__name__] = traceback.format_exc()
        print(f"{check.__name__}: {time.monotonic() - begun:.1f} s")
    import ray

    ray.shutdown()
    lab.cluster.shutdown()
    Path(sys.argv[2]).write_text(json.dumps(said))
