"""A worker: one process that lives the rounds it is told to, and writes its members' states.

It takes one order after another. States stay in memory between a slot's rounds, and are read from a
file when the slot inherits, or when the worker is new. A thread listens to the driver, so that a
worker whose driver is gone ends at once, in whatever it is.
"""

from __future__ import annotations

import math
import os
import pickle
import queue
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

from ontogeny.core.errors import OntogenyError
from ontogeny.core.script import Script
from ontogeny.runtime.apart.living import HostLiving, JaxLiving, Living, Round
from ontogeny.runtime.apart.messages import Done, Order, Raised, Ready, Setup
from ontogeny.runtime.apart.states import Packed, read_packed


def work(connection: Connection) -> None:
    """Serve the driver at the other end until it is gone. Does not return."""
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, inbox), daemon=True).start()
    where = "starting a worker"
    try:
        setup: Setup = inbox.get()
        living = living_of(setup)
        connection.send(Ready(living.temporary))
        states: dict[int, tuple[str, Any]] = {}  # by slot: the file that it equals, and the state
        epoch = 0
        while True:
            order: Order = inbox.get()
            where = f"slot {order.slot}, round {order.number}"
            if order.epoch != epoch:
                epoch = order.epoch
                states.clear()
            connection.send(fulfil(setup, living, states, order))
            if living.spoiled:
                break
    except OSError as error:
        if not isinstance(error, BrokenPipeError | ConnectionError):
            _tell(connection, where, error)
    except Exception as error:  # whatever the learner raises is the user's to know
        _tell(connection, where, error)
    finally:
        os._exit(1)


def living_of(setup: Setup) -> Living:
    """Return what lives the rounds of the learner that was set up, compiled."""
    learner = learner_of(setup)
    if isinstance(learner, Script):
        from ontogeny.runtime.scripts.living import ScriptLiving

        return ScriptLiving(learner, setup)
    return (HostLiving if setup.host else JaxLiving)(learner, setup)


def learner_of(setup: Setup) -> Any:
    """Return the learner that was set up, JAX as the driver has it."""
    if not setup.host:
        from ontogeny.core.devices import device_count

        _adopt(setup.settings)
        device_count()
    learner = pickle.loads(setup.learner)()
    _adopt(setup.settings)  # a host learner may have brought JAX with it
    return learner


def fulfil(setup: Setup, living: Living, states: dict[int, tuple[str, Any]], order: Order) -> Done:
    """Live the round that was ordered, and return what it came to, its state written. `states` are
    those that are in memory already, by slot: the file that each equals, and the state.
    """
    done, packed = lived(setup, living, states, order)
    packed.write(setup.folder / order.target)
    return done


def lived(
    setup: Setup,
    living: Living,
    states: dict[int, tuple[str, Any]],
    order: Order,
    handed: Packed | None = None,
) -> tuple[Done, Packed]:
    """Live the round that was ordered; return what it came to, and its state, which is to be
    written. The state to begin from is the one in memory, or was `handed` over, or is read.
    """
    begun = time.perf_counter()
    slot, lived_before, hypers = order.slot, order.lived, order.hypers
    name, state = states.pop(slot, ("", None))
    if order.source and name != order.source:
        state = None  # let go of it before another takes its room
        path = setup.folder / order.source
        state = living.unpack(handed or read_packed(path), str(path))
    raised = ""
    try:
        if not order.source:
            state = living.fresh(slot, lived_before, hypers)
            living.check(setup.folder / order.target, state)
        round_ = living.live(slot, lived_before, state, hypers)
    except Exception as error:  # whatever the learner raises
        if isinstance(error, TypeError | ValueError) and not order.source and living.plainly():
            return lived(setup, living, states, order)  # it may want a plain dictionary
        if not setup.die or isinstance(error, OntogenyError):
            raise
        raised = "".join(traceback.format_exception(error))
        round_ = Round(None, -math.inf, {}, None)  # half a step is no state to inherit
    packed, round_ = living.pack(round_)
    states[slot] = (order.target, round_.state)
    seconds = time.perf_counter() - begun
    _, score, metrics, left = round_
    numbers = order.epoch, slot, order.number, score, metrics
    notes = () if raised else living.notes
    return Done(*numbers, left, seconds, raised, living.unread, notes), packed


def _adopt(settings: dict[str, Any]) -> None:
    """Set JAX up as the driver has it, if it was imported: a host learner need not use it."""
    if jax := sys.modules.get("jax"):
        for name, here in jax.config.values.items():  # modules of JAX bring settings with them
            if settings.get(name, here) != here:
                jax.config.update(name, settings[name])


def _listen(connection: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            inbox.put(pickle.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        os._exit(0)  # the driver is gone


def _tell(connection: Connection, where: str, error: BaseException) -> None:
    try:
        connection.send(Raised.by(error, where))
        threading.Event().wait(10)  # the driver closes the connection, which ends this process
    except OSError:
        pass
