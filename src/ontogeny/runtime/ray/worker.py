"""What lives in a worker of a Ray cluster: one actor, which lives the rounds that it is told to, as
a worker process does (`worker`), or a cohort's side by side (`cohort`).

A state is written to the run's folder, and a large one is left in Ray's object store besides, from
where an heir's worker takes it. If it can't be had there any more, its file has it.
"""

from __future__ import annotations

import os
import pickle
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny import __version__
from ontogeny.core.errors import ConfigError, OntogenyError
from ontogeny.core.ray_cluster import ray_module
from ontogeny.runtime.apart.living import Living
from ontogeny.runtime.apart.messages import Done, Order, Raised, Ready, Setup
from ontogeny.runtime.apart.states import Packed
from ontogeny.runtime.apart.worker import learner_of, lived, living_of

OBJECT_BYTES = 100_000  # smaller objects pass through the driver in Ray: those are read as files
SEE_SECONDS = 10.0  # that a file of another machine may take to be seen


class Met(NamedTuple):
    """A worker, as it has begun."""

    ontogeny: str  # version
    python: str  # version
    pid: int
    node: str  # the id of its machine
    machine: str  # its name
    sees: bool  # whether it sees the run's folder


class RayWorker:
    """The actor. Its methods are called one after another."""

    def __init__(self) -> None:
        self._ray = ray_module("ray")
        self._states: dict[int, tuple[str, Any]] = {}
        self._epoch = 0
        self._sign, self._word = Path(), ""
        self._setup: Setup
        self._living: Living
        self._cohorts: Any = None  # what lives them, where there are any
        self._room: float | None = None
        self._patience = 0.0

    def meet(self, sign: Path, word: str) -> Met:
        """Return who this is. The file `sign` says the `word` where the run's folder is seen."""
        self._sign, self._word = sign, word
        limit = time.monotonic() + SEE_SECONDS
        while not (sees := self._wanted()) and time.monotonic() < limit:
            time.sleep(0.1)
        about = self._ray.get_runtime_context().get_node_id(), platform.node()
        return Met(__version__, platform.python_version(), os.getpid(), *about, sees)

    def prepare(self, setup: Setup, room: float | None, patience: float) -> Ready | Raised:
        """Compile what was set up. The object store has `room` for so many bytes (None: it is not
        used); what is in it is waited for with so much `patience`, in seconds.
        """
        self._setup, self._room, self._patience = setup, room, patience
        try:
            if not setup.host:
                from ontogeny.runtime.machine import keep_compiled

                keep_compiled()
            if setup.cohort > 1:
                from ontogeny.runtime.apart.cohort import CohortLiving

                self._cohorts = CohortLiving(learner_of(setup), setup)
                return Ready(self._cohorts.temporary)
            self._living = living_of(setup)
            return Ready(self._living.temporary)
        except ModuleNotFoundError as error:
            lacks = ConfigError(
                f"it lacks what the learner is made of ({error})",
                where=f"the machine {platform.node()}",
                hint="install it on every machine of the cluster, under one name",
            )
            return Raised.by(lacks, "starting a worker")
        except Exception as error:  # whatever the learner raises is the user's to know
            return Raised.by(error, "starting a worker")

    def live(self, told: bytes, handed: Sequence[Any] = ()) -> Any:
        """Live the rounds of pickled orders. `handed` may have, for each, the reference of the
        state to begin from. Return, pickled, what `fulfil` does and who is large; and where it is
        told that states may be left in the object store, the state of each that is. (Ray passes
        bytes on as they are, takes long to pickle by itself, and for each more that is returned.)
        """
        orders: list[Order]
        orders, leave = pickle.loads(told)
        said, states = self.fulfil(orders, handed or [None] * len(orders))
        answer = pickle.dumps((said, [state is not None for state in states]))
        return (answer, *states) if leave else answer

    def fulfil(
        self, orders: Sequence[Order], handed: Sequence[Any]
    ) -> tuple[list[Done] | Raised, list[Packed | None]]:
        """Live the rounds that were ordered, of one cohort; return what each came to, and its state
        if that is to be left in the object store.
        """
        if self._cohorts is None and self._living.spoiled:  # another worker takes its place,
            os._exit(1)  # and lives this order
        try:
            if orders[0].epoch != self._epoch:
                self._epoch = orders[0].epoch
                self._states.clear()
                if self._cohorts is not None:
                    self._cohorts.forget()
            came = self._lived(orders, [self._taken(reference) for reference in handed])
            if not self._wanted():  # the driver is gone, or another one grows this run
                raise OntogenyError(
                    "another growth has begun in this folder", where=str(self._sign)
                )
            kept = [
                self._kept(order, state) for order, (_, state) in zip(orders, came, strict=True)
            ]
            return [done for done, _ in came], kept
        except Exception as error:  # whatever the learner raises is the user's to know
            return Raised.by(error, place_of(orders)), [None] * len(orders)

    def _lived(
        self, orders: Sequence[Order], taken: list[Packed | None]
    ) -> list[tuple[Done, Packed]]:
        if self._cohorts is not None:
            return self._cohorts.live(orders, taken)
        ((order,), (state,)) = orders, taken
        return [lived(self._setup, self._living, self._states, order, state)]

    def _kept(self, order: Order, state: Packed) -> Packed | None:
        """Write a state; return it if it is to be left in the object store."""
        size = sum(array.nbytes for array in state.arrays.values())
        if self._room is not None and size > self._room:
            raise too_large(size, self._room, platform.node())
        state.write(self._setup.folder / order.target)
        return state if self._room is not None and size >= OBJECT_BYTES else None

    def _taken(self, reference: Any) -> Packed | None:
        """Return the state that a reference leads to; None when it does not any more."""
        if reference is None:
            return None
        try:
            return self._ray.get(reference, timeout=self._patience)
        except self._ray.exceptions.RayError:
            return None

    def _wanted(self) -> bool:
        try:
            return self._sign.read_text() == self._word
        except OSError:
            return False


def place_of(orders: Sequence[Order]) -> str:
    """Return what the rounds of a cohort are called in errors."""
    slots, numbers = [order.slot for order in orders], {order.number for order in orders}
    many = f"slots {min(slots)} to {max(slots)}" if len(slots) > 1 else f"slot {slots[0]}"
    return f"{many}, round {min(numbers)}"


def too_large(size: float, room: float, machine: str) -> ConfigError:
    """Return the error for a member of more bytes than an object store has room for."""
    return ConfigError(
        f"a member's state is {size / 1e6:,.1f} MB, and the object store has {room / 1e6:,.1f} MB",
        where=f"the machine {machine}",
        hint="give Ray a larger one (ray start --object-store-memory BYTES; store_bytes for a "
        "cluster that is begun here)",
    )
