"""The driver's side of workers in a Ray cluster: a `Crew` of actors.

Cohorts (a slot each, or several that live side by side) are shared out evenly over the workers that
are up. A worker that dies gives its cohorts and its orders to the others, and another is begun
where the cluster has room; one that comes later takes its share. A slot's orders find its state in
its worker's memory, in Ray's object store, or in the run's folder, in this order: where it comes
from changes no bit.

Nothing is waited for without an end: Ray tells of workers and machines that die, and a crew in
which nobody is left, or nobody begins, ends the growth after `wait_seconds`.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ontogeny import __version__
from ontogeny.core.errors import ConfigError, OntogenyError
from ontogeny.core.files import replace_file
from ontogeny.core.ray_cluster import Cluster
from ontogeny.runtime import machine
from ontogeny.runtime.apart.messages import Done, Order, Raised, Ready, Setup
from ontogeny.runtime.executor import Note
from ontogeny.runtime.ray.worker import (
    OBJECT_BYTES,
    Met,
    RayWorker,
    place_of,
    too_large,
)

SIGN = "growing"  # the file in the members' folder by which workers know whose they are
LOOK_SECONDS = 1.0  # between looks at the cluster
BETWEEN = (-1, -1)  # no slot, no round
LATE_SECONDS = 10.0  # that the others are waited for when one is ready

Then: TypeAlias = Callable[["Worker", Any], "list[Done] | None"]


class Worker:
    """One actor, and what it has been told to do."""

    def __init__(self, number: int, handle: Any):
        self.number, self.handle = number, handle
        self.met: Met | None = None
        self.up = self.lost = False
        self.temporary = 0
        self.orders: deque[Sequence[Order]] = deque()  # of a cohort each
        self.cohorts: set[int] = set()
        self.holds: dict[int, tuple[int, str]] = {}  # by slot: the epoch and file in its memory

    @property
    def name(self) -> str:
        """How it is called in notes and errors."""
        return f"worker {self.number}" + (f" on {self.met.machine}" if self.met else "")


class RayCrew:
    """See the module's text."""

    def __init__(
        self,
        cluster: Cluster,
        population: int,
        *,
        count: int | None,
        cpus: float,
        gpus: float,
        restarts: int,
        surroundings: Mapping[str, str],
        wait_seconds: float,
        through_store: bool = True,
        cohort: int = 1,
    ):
        """Share the population out to `count` workers (None: as many as there is room for at any
        time) of so many CPUs and GPUs each, with these environment variables; `cohort` slots live
        side by side in each. States go to heirs through the object store, or by their files alone.

        Raises `ConfigError` when the cluster has no room for them.
        """
        self.cluster, self.count = cluster, count
        self.cohort, self.n_cohorts = cohort, -(-population // cohort)
        self.cpus, self.gpus, self.restarts = cpus, gpus, restarts
        self.wait_seconds, self.through_store = wait_seconds, through_store
        self.notes: list[Note] = []
        self.workers: list[Worker] = []
        self._begun = 0
        self._up: list[Worker] = []
        self._homes: dict[int, Worker] = {}  # by cohort
        self._waiting: list[Sequence[Order]] = []  # while nobody is up
        self._states: dict[str, Any] = {}  # references into the object store, by file
        self._large: dict[int, bool] = {}  # by slot: whether its last state was left there
        self._struck: Counter[tuple[int, int]] = Counter()  # deaths in a slot's round
        self._inbox: queue.SimpleQueue[tuple[Worker, Then, Any]] = queue.SimpleQueue()
        self._setup: Setup
        self._told: Any = None
        self._word = uuid.uuid4().hex
        self._looked = self._nobody_since = time.monotonic()
        self._hired = False
        try:
            self._check_room()
            self._actor = cluster.ray.remote(RayWorker).options(
                num_cpus=cpus,
                num_gpus=gpus,
                scheduling_strategy="SPREAD",
                max_restarts=0,
                runtime_env={"env_vars": dict(surroundings)},
            )
        except BaseException:
            cluster.leave()
            raise

    def hire(self, setup: Setup) -> None:
        """Begin the workers, and tell each what it will live once it is there."""
        for one in self.cluster.machines():
            used = self.through_store and one.fits(self.cpus, self.gpus)
            if used and OBJECT_BYTES <= setup.bytes > one.store_bytes:
                raise too_large(setup.bytes, one.store_bytes, one.name)
        own = machine.own_cache()  # where another machine's programs may be of no use
        settings = {k: v for k, v in setup.settings.items() if v != own}
        self._setup = setup = setup._replace(settings=settings)
        self._unknown = self.through_store and not 0 < setup.bytes < OBJECT_BYTES
        with replace_file(setup.folder / SIGN) as part:
            part.write_text(self._word)
        self._told = self.cluster.ray.put(setup)
        self._fill()

    def ready(self) -> int:
        """Wait until the workers have compiled what they need: until one has, and the others have
        had some more time; they may come later. Return the bytes that a round of each holds,
        summed.
        """
        first = 0.0
        while not all(worker.up for worker in self.workers):
            if self._up and time.monotonic() - (first := first or time.monotonic()) > LATE_SECONDS:
                break
            self._messages()
        self._hired = True
        return sum(worker.temporary for worker in self._up)

    def send(self, orders: Sequence[Order]) -> None:
        """Give the orders of a cohort to its worker."""
        worker = self._home(orders[0].slot // self.cohort)
        if worker is None:
            self._waiting.append(orders)
        else:
            self._tell(worker, orders)

    def results(self, epoch: int) -> list[Done]:
        """Wait until rounds are done, and return them. Raises `OntogenyError` when a member raised,
        workers die again and again at one place, or nobody is left.
        """
        while True:
            if done := [done for done in self._messages() if done.epoch == epoch]:
                return done

    def forget(self, names: set[str]) -> None:
        """Let these states go from the object store."""
        for name in names:
            self._states.pop(name, None)

    def close(self) -> None:
        """End the workers, and the cluster if it was begun for them."""
        for worker in self.workers:
            worker.lost = True
            with contextlib.suppress(Exception):  # it is gone already
                self.cluster.ray.kill(worker.handle)
        self.workers, self._up = [], []
        self._states.clear()
        if self._told is not None:
            sign = self._setup.folder / SIGN
            with contextlib.suppress(OSError):
                if sign.read_text() == self._word:
                    sign.unlink()
        self._told = None
        self.cluster.leave()

    def _check_room(self) -> None:
        machines = self.cluster.machines()
        room = sum(machine.fits(self.cpus, self.gpus) for machine in machines)
        wanted = self.count or 1
        if room < wanted:
            has = ", ".join(f"{m.name}: {m.cpus:g} CPUs, {m.gpus:g} GPUs" for m in machines[:8])
            raise ConfigError(
                f"{wanted} workers of {self.cpus:g} CPUs and {self.gpus:g} GPUs don't fit in the "
                f"cluster ({has}{', …' if len(machines) > 8 else ''}), {room} do",
                where="RayWorkers",
                hint="ask for fewer, or for less each; leave workers out to have as many as there "
                "is room for, and more as the cluster grows",
            )

    def _fill(self) -> None:
        """Begin as many workers as are wanted and have room."""
        room = sum(m.fits(self.cpus, self.gpus) for m in self.cluster.machines())
        wanted = min(room, self.n_cohorts, self.count or room)
        while len(self.workers) < wanted:
            worker = Worker(self._begun, self._actor.remote())
            self._begun += 1
            self.workers.append(worker)
            sign = self._setup.folder / SIGN
            self._ask(worker, worker.handle.meet.remote(sign, self._word), self._meet)

    def _meet(self, worker: Worker, met: Met) -> None:
        """Tell a worker that has begun what it will live."""
        worker.met = met
        check_met(met, str(self._setup.folder))
        rooms = {one.number: one.store_bytes for one in self.cluster.machines()}
        room = float(rooms.get(met.node, 0)) if self.through_store else None
        told = worker.handle.prepare.remote(self._told, room, self.wait_seconds)
        self._ask(worker, told, self._welcome)

    def _welcome(self, worker: Worker, said: Ready | Raised) -> None:
        """Have a worker that is ready take its share."""
        if isinstance(said, Raised):
            raise said.as_error()
        worker.temporary, worker.up = said.temporary, True
        self._struck.pop(BETWEEN, None)
        self._up.append(worker)
        if self._hired:
            self.notes.append(Note("joined", f"{worker.name}: there are {len(self._up)}"))
        waiting, self._waiting = self._waiting, []
        for orders in waiting:
            self.send(orders)

    def _home(self, cohort: int) -> Worker | None:
        """Return the worker that a cohort's next round is lived by."""
        if not self._up:
            return None
        home = self._homes.get(cohort)
        if home is not None and len(home.cohorts) <= -(-self.n_cohorts // len(self._up)):
            return home
        if home is not None:
            home.cohorts.discard(cohort)
        home = self._homes[cohort] = min(self._up, key=lambda worker: len(worker.cohorts))
        home.cohorts.add(cohort)
        return home

    def _tell(self, worker: Worker, orders: Sequence[Order]) -> None:
        worker.orders.append(orders)
        handed = [self._reference(worker, order) for order in orders]
        leave = any(self._large.get(order.slot, self._unknown) for order in orders)
        told = [pickle.dumps((orders, leave)), *([handed] if any(handed) else [])]
        if leave:
            answer, *left = worker.handle.live.options(num_returns=1 + len(orders)).remote(*told)
        else:
            answer, left = worker.handle.live.remote(*told), []
        for order in orders:
            worker.holds[order.slot] = order.epoch, order.target

        def take(worker: Worker, said: bytes) -> list[Done]:
            done, are_large = pickle.loads(said)
            if isinstance(done, Raised):
                raise done.as_error()
            for order, is_large in zip(orders, are_large, strict=True):
                self._large[order.slot] = is_large
            for order, is_large, state in zip(orders, are_large, left, strict=False):
                if is_large:
                    self._states[order.target] = state
            worker.orders.popleft()
            self._struck.pop((orders[0].slot, orders[0].number), None)
            return done

        self._ask(worker, answer, take)

    def _reference(self, worker: Worker, order: Order) -> Any:
        """Return the reference of the state that an order begins from, unless the worker has that
        in its memory: a cohort's in any of its rows.
        """
        there = [worker.holds.get(order.slot)] if self.cohort == 1 else worker.holds.values()
        return None if (order.epoch, order.source) in there else self._states.get(order.source)

    def _ask(self, worker: Worker, reference: Any, then: Then) -> None:
        """Have an answer put into the inbox, with what is to be done with it."""
        future = reference.future()
        future.add_done_callback(lambda found: self._inbox.put((worker, then, found)))

    def _messages(self) -> list[Done]:
        """Wait a while, do what the answers that came ask for, and return the rounds among them."""
        done: list[Done] = []
        with contextlib.suppress(queue.Empty):
            came = self._inbox.get(timeout=LOOK_SECONDS)
            while True:
                done += self._take(*came) or []
                came = self._inbox.get_nowait()
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        return done

    def _take(self, worker: Worker, then: Then, found: Any) -> list[Done] | None:
        if worker.lost:
            return None
        errors, error = self.cluster.ray.exceptions, found.exception()
        if error is None:
            return then(worker, found.result())
        if isinstance(error, errors.RayTaskError):  # what we did not foresee
            raise OntogenyError(f"{error}", where=worker.name) from error
        self._lose(worker, error)
        return None

    def _lose(self, worker: Worker, error: Exception) -> None:
        """Share out again what a worker had that has died."""
        worker.lost = True
        self.workers.remove(worker)
        if worker in self._up:
            self._up.remove(worker)
        with contextlib.suppress(Exception):
            self.cluster.ray.kill(worker.handle)  # it may be cut off, and live
        said = " ".join(str(error).split())
        if worker.met is None and "creation task" in said:
            raise ConfigError(
                f"no worker can be begun there: {said:.600}",
                where="RayWorkers",
                hint=f"install ontogeny {__version__} and what the learner needs on every machine "
                "of the cluster, in the Python that Ray runs in",
            )
        alive = {one.number for one in self.cluster.machines()}
        gone = worker.met is not None and worker.met.node not in alive
        first = worker.orders[0] if worker.orders else None
        where = place_of(first) if first else "between its rounds"
        how = "is gone with its machine" if gone else f"is lost ({_reason(said)})"
        if not gone:
            place = (first[0].slot, first[0].number) if first else BETWEEN
            self._struck[place] += 1
            if self._struck[place] > self.restarts:
                raise OntogenyError(
                    f"{worker.name} {how}, {self._struck[place]} times in a row",
                    where=where,
                    hint="SIGKILL is mostly a machine out of memory: use fewer workers or smaller "
                    "members. Anything else: run that member alone, with workers=1, to see why",
                )
        self.notes.append(Note("restarted", f"{worker.name} {how}, {where}"))
        for cohort in worker.cohorts:
            self._homes.pop(cohort, None)
        for orders in worker.orders:
            if worker.met is not None:  # what it was writing
                for order in orders:
                    part = self._setup.folder / f"{order.target}.{worker.met.pid}.part"
                    part.unlink(missing_ok=True)
            self.send(orders)
        self._fill()

    def _look(self) -> None:
        """Begin workers where there is room by now. Raises when nobody has been up for long."""
        self._looked = time.monotonic()
        self._fill()
        if self._up or any(worker.met for worker in self.workers):  # compiling takes its time
            self._nobody_since = self._looked
        elif self._looked - self._nobody_since > self.wait_seconds:
            has = self.cluster.ray.available_resources()
            raise OntogenyError(
                f"no worker has begun in {self.wait_seconds:g} s: each asks for {self.cpus:g} CPUs "
                f"and {self.gpus:g} GPUs, and of the cluster's are free {has.get('CPU', 0):g} and "
                f"{has.get('GPU', 0):g}",
                where="RayWorkers",
                hint="see ray status; what was recorded is intact: grow on when there is room",
            )


def check_met(met: Met, folder: str) -> None:
    """Raise `ConfigError` unless a worker has this Ontogeny and Python, and sees the folder."""
    import platform

    for what, there, here in (
        ("Ontogeny", met.ontogeny, __version__),
        ("Python", met.python, platform.python_version()),
    ):
        if there != here:
            raise ConfigError(
                f"it has {what} {there}, and the driver {here}",
                where=f"the machine {met.machine}",
                hint="have one environment on all machines of the cluster, and here",
            )
    if not met.sees:
        raise ConfigError(
            f"it doesn't see the run's folder {folder}",
            where=f"the machine {met.machine}",
            hint="states are files: grow in a folder that all machines share under one name",
        )


def _reason(said: str) -> str:
    """Return the part of what Ray says of a death that says why."""
    for before in ("Worker exit detail:", "is unavailable:", "The actor is dead because"):
        said = said.partition(before)[2] or said
    return said.strip().partition(". ")[0][:160]
