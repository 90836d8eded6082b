"""The driver's side of its workers: start them, give them orders, and replace those that die.

A worker has a queue of orders and takes them in turn. When its connection ends, another takes its
place and is given the same orders again; the first of them is where it died. Dying there again and
again is a fault of the member, and ends the growth.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from ontogeny.core.errors import OntogenyError
from ontogeny.runtime.apart.messages import Done, Order, Raised, Ready, Setup
from ontogeny.runtime.apart.nursery import ANSWER, REQUEST
from ontogeny.runtime.executor import Note

CODE = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from ontogeny.runtime.apart.nursery import main; "
    "main(int(sys.argv[1]), json.loads(sys.argv[3]))"
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Worker:
    """One process, and what it has been told to do."""

    def __init__(self, number: int):
        self.number = number
        self.orders: deque[Order] = deque()
        self.connection: Connection | None = None
        self.pid = self.parent = 0
        self.deaths = 0  # since it last finished a round


class Workforce:
    """The workers of one program, in processes of this machine: a `Crew`."""

    def __init__(
        self, count: int, modules: Iterable[str], restarts: int, surroundings: Mapping[str, str]
    ):
        """Begin to import the modules, in another process with these environment variables; `hire`
        then starts the workers.
        """
        self.restarts = restarts
        self._surroundings = dict(surroundings)
        self.notes: list[Note] = []
        self.workers = [Worker(number) for number in range(count)]
        self._modules = list(modules)
        self._setup: Setup | None = None
        self._nursery: subprocess.Popen[bytes] | None = None
        self._control: socket.socket
        self._begin_nursery()

    def hire(self, setup: Setup) -> None:
        """Start the workers. They compile what they need meanwhile: see `ready`."""
        self._setup = setup
        for worker in self.workers:
            self._start(worker)

    def ready(self) -> int:
        """Wait until every worker has compiled what it needs; return the bytes that a round of each
        holds. Raises what a worker raised.
        """
        temporary: dict[int, int] = {}
        while len(temporary) < len(self.workers):
            for worker, message in self._messages():
                if isinstance(message, Ready):
                    temporary[worker.number] = message.temporary
        return sum(temporary.values())

    def send(self, orders: Sequence[Order]) -> None:
        """Give each order to the worker of its slot."""
        for order in orders:
            worker = self.workers[order.slot % len(self.workers)]
            worker.orders.append(order)
            self._tell(worker, order)

    def results(self, epoch: int) -> list[Done]:
        """Wait until rounds are done, and return them. Raises `OntogenyError` when a member raised,
        or a worker dies again and again at one place.
        """
        while True:
            done: list[Done] = []
            for _, message in self._messages():
                if isinstance(message, Done) and message.epoch == epoch:
                    done.append(message)
            if done:
                return done

    def forget(self, names: set[str]) -> None:
        """Do nothing: states are files alone."""

    def close(self) -> None:
        """End every process."""
        for worker in self.workers:
            if worker.connection is None:
                continue
            worker.connection.close()
            if self._nursery is not None and worker.parent == self._nursery.pid:
                with contextlib.suppress(ProcessLookupError):  # not waited for: the number is its
                    os.kill(worker.pid, signal.SIGKILL)
        self._end_nursery()

    def _messages(self) -> list[tuple[Worker, Any]]:
        """Wait, and return what came. The workers that have died are replaced."""
        by_connection: dict[Any, Worker] = {w.connection: w for w in self.workers}
        came: list[tuple[Worker, Any]] = []
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]
            said: Any = connection
            try:
                while True:  # everything that it has said
                    message = pickle.loads(said.recv_bytes())
                    if isinstance(message, Raised):
                        raise message.as_error()
                    if isinstance(message, Done):
                        worker.orders.popleft()  # before it can be seen to be dead
                        worker.deaths = 0
                    came.append((worker, message))
                    if not said.poll():
                        break
            except (EOFError, OSError):
                self._replace(worker)
        return came

    def _replace(self, worker: Worker) -> None:
        """Start another process for a worker that has died, and give it the same orders."""
        assert worker.connection is not None
        assert self._setup is not None
        worker.connection.close()
        for left in self._setup.folder.glob(f"*.{worker.pid}.part"):  # what it was writing
            left.unlink(missing_ok=True)
        status = self._ask(b"S", worker.pid)
        code = os.waitstatus_to_exitcode(status) if status >= 0 else None
        how = "ended" if code is None else f"ended with code {code}"
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        first = worker.orders[0] if worker.orders else None
        where = f"in slot {first.slot}, round {first.number}" if first else "between its rounds"
        worker.deaths += 1
        if worker.deaths > self.restarts:
            raise OntogenyError(
                f"the worker {how}, {worker.deaths} times in a row",
                where=where.removeprefix("in "),
                hint="SIGKILL is mostly a machine out of memory: use fewer workers or smaller "
                "members. Anything else: run that member alone, with workers=1, to see why",
            )
        self.notes.append(Note("restarted", f"worker {worker.number} {how}, {where}"))
        self._start(worker)
        for order in worker.orders:
            self._tell(worker, order)

    def _start(self, worker: Worker) -> None:
        here, there = socket.socketpair()
        worker.pid = self._ask(b"F", 0, there)
        worker.parent = self._nursery.pid if self._nursery else 0
        there.close()
        worker.connection = Connection(here.detach())
        self._tell(worker, self._setup)

    def _tell(self, worker: Worker, message: Any) -> None:
        if worker.connection is not None:
            with contextlib.suppress(OSError):  # dead: its successor will be told
                worker.connection.send(message)

    def _ask(self, word: bytes, number: int, descriptor: socket.socket | None = None) -> int:
        """Return what the nursery answers. One that has died is begun anew."""
        for again in (False, True):
            if again:
                self._begin_nursery()
                if word == b"S":
                    return -1  # only its parent could have known
            try:
                request = REQUEST.pack(word, number)
                handed = [descriptor.fileno()] if descriptor else []
                socket.send_fds(self._control, [request], handed)
                if answer := self._control.recv(ANSWER.size):
                    return ANSWER.unpack(answer)[0]
            except OSError:
                pass
        raise OntogenyError("no worker can be started", where="Processes")

    def _begin_nursery(self) -> None:
        self._end_nursery()
        self._control, there = socket.socketpair()
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        arguments = [str(there.fileno()), path, json.dumps(self._modules)]
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", CODE, *arguments],
            pass_fds=[there.fileno()],
            env=self._surroundings,
            start_new_session=True,  # a terminal's signals are the driver's to answer
        )
        there.close()

    def _end_nursery(self) -> None:
        if self._nursery is not None:
            self._control.close()
            self._nursery.kill()
            self._nursery.wait()


def environment(threads: int, platform: str) -> dict[str, str]:
    """Return the environment of workers: this process's, and `settings_of`."""
    return {**os.environ, **settings_of(threads, platform)}


def settings_of(threads: int, platform: str) -> dict[str, str]:
    """Return the variables of workers with so many threads and one CPU device each, on a
    platform.
    """
    flags = os.environ.get("XLA_FLAGS", "").split()
    flags = [flag for flag in flags if "host_platform_device_count" not in flag]
    if threads == 1:
        flags.append("--xla_cpu_multi_thread_eigen=false")
    settings = {
        "JAX_PLATFORMS": platform,
        "JAX_NUM_CPU_DEVICES": "1",
        "XLA_FLAGS": " ".join(flags),
        "NPROC": str(threads),  # what XLA takes for the number of cores: with more, it splits loops
    }
    if platform != "cpu":  # the first worker would else take most of the memory for itself
        settings["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    return {**dict.fromkeys(THREADS, str(threads)), **settings}
