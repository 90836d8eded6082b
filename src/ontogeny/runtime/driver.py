"""The driver: takes rounds from an executor, and records them. All side effects of a growth are
here.

Each round is one transaction of the store; of an asynchronous executor, each member's round. A
checkpoint is written before the transaction that mentions it, so whatever moment the process is
killed at, the newest checkpoint that the store knows of is whole; a resumed run forgets the few
rounds recorded after it, and lives them again to the same bits. An executor that keeps a board
records it in the same transaction, and then a resumed run forgets nothing.
"""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

import jax
import numpy as np

from ontogeny.core import trees
from ontogeny.core.errors import DeadPopulation, OntogenyError
from ontogeny.core.files import inside
from ontogeny.core.metrics import SMALL, hyper_columns
from ontogeny.runtime import hosts
from ontogeny.runtime.apart.board import MEMBERS
from ontogeny.runtime.checkpoints import (
    prune_checkpoints,
    read_newest,
    remove_unrecorded,
    whole_board,
    write_checkpoint,
)
from ontogeny.runtime.executor import RAISED, UNREAD, Executor, Job, Lived, Snapshot
from ontogeny.runtime.interruption import Stopped, asked_to_stop, at_once
from ontogeny.runtime.limits import ENOUGH, Enough, Limits
from ontogeny.runtime.machine import describe
from ontogeny.runtime.observer import Audience, Observer, Setting
from ontogeny.runtime.stopping import Asked, Stop
from ontogeny.runtime.storage.store import Heir, Store


def grow(
    job: Job,
    executor: Executor,
    store: Store,
    *,
    observers: Sequence[Observer] = (),
    units: dict[str, float] | None = None,
    checkpoint_seconds: float = 30.0,
    signals: list[int] | None = None,
    limits: Limits | None = None,
) -> str:
    """Grow the job from where the store stands, to its last round; return "finished" or
    "interrupted": by a signal, which is put into `signals`, by who asked it to (`stopping`), or
    because it is enough by its `limits`.

    A checkpoint is written when `checkpoint_seconds` have passed since the last (0: every round),
    and at the end. Raises `DeadPopulation` when every member has gone non-finite, `StoreError` when
    a round can't be recorded, or what was recorded is damaged.
    """
    begun = time.perf_counter()
    store.check()
    remove_unrecorded(store)
    first, snapshot, lived_before = _restore(job, store)
    remove_unrecorded(store)  # those passed over, and forgotten
    laps = _Laps(job.population, lived_before)
    enough = Enough(limits or Limits())
    setting = Setting(
        *(job, store.folder, first, units or {}, describe()),
        hires=getattr(executor, "hires", False),  # most have nobody to hire
        enough=lambda: enough.why,
        ahead=max(0, lived_before - first * job.population),
    )
    audience = Audience(observers)
    status, came = "failed", list[int]() if signals is None else signals
    asked = Asked(store.folder, lambda: audience.tell("stopping"))
    stop = Stop(lambda: signal.Signals(came[0]).name if came else "", asked, enough)
    try:
        audience.tell("compiling", setting)
        if snapshot is not None and hosts.count() == 1:
            enough.see(np.asarray(snapshot.population.score))
            if enough():
                status = "interrupted"
                return status
        with asked_to_stop(lambda: audience.tell("stopping"), came), ExitStack() as taken:
            with at_once():
                program = taken.enter_context(closing(executor.prepare(job, store.folder)))
                stops = hosts.with_others(stop, came)
                rounds = program.rounds(first, snapshot, stops)
            seconds = time.perf_counter() - begun
            with store.transaction():
                if first == 0:
                    store.put(begun=time.time(), machine=setting.machine, compile_seconds=seconds)
                store.put(status="growing", memory=program.footprint()._asdict())
            audience.tell("compiled", seconds)
            saved = time.perf_counter()
            if came or asked():  # meanwhile, and no round is under way
                stop()  # which says why
                rounds = iter(())
            for lived in rounds:
                lap = laps.take(lived)
                enough.see(lived.score)
                resting = lived.settled and (stops() or laps.done == job.rounds)
                due = resting or time.perf_counter() - saved >= checkpoint_seconds
                number = max(laps.done - 1, 0) if due else None
                moved, dead = _record(store, job, lived, lap, number)
                saved = time.perf_counter() if due else saved
                for note in lived.notes:
                    if note.kind == UNREAD:
                        warnings.warn(note.detail, stacklevel=4)  # of `og.grow`
                audience.tell("lived", lived, moved, dead)
                _note(store, audience)
                if np.isneginf(lived.score).all():
                    raise _all_dead(job, store, lived)
                if resting and laps.done < job.rounds:
                    break  # at its end, the executor ends by itself
            status = "finished" if laps.done >= job.rounds else "interrupted"
        return status
    except Stopped:
        status = "interrupted"
        stop()  # which says why
        return status
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except BaseException:
        status = "failed"
        raise
    finally:
        asked.take()
        why = (stop.why or enough.why) if status == "interrupted" else ""
        _end(store, status, ENOUGH if enough.why and why else status, why)
        audience.tell("ended", status)
        _note(store, audience)


class _Laps:
    """Counts a population's rounds: one is over when as many members' rounds are as there are
    members, whoever's they were.
    """

    def __init__(self, population: int, members: int):
        self.population, self.members, self.seconds = population, members, 0.0

    @property
    def done(self) -> int:
        """Rounds of the population that are over."""
        return self.members // self.population

    def take(self, lived: Lived) -> tuple[int, float] | None:
        """Count what was lived; return the round that it ends and how long that took, if any."""
        before = self.done
        self.members += int(np.sum(lived.ready))
        self.seconds += lived.seconds
        if self.done == before:
            return None
        seconds, self.seconds = self.seconds, 0.0
        return self.done - 1, seconds


def _restore(job: Job, store: Store) -> tuple[int, Snapshot | None, int]:
    """Return the round to begin with, the snapshot to begin from, and how many members' rounds were
    lived before, the store rewound to that point.
    """
    recorded = store.rounds()
    if recorded == 0:
        return 0, None, 0
    wrong: list[str] = []
    if (kept := store.board()) is not None:
        board, said = whole_board(kept, job, inside(store.folder, MEMBERS))
        if board is not None:
            members = int(board.rounds().sum())
            first = members // job.population
            with store.transaction():
                store.add_event(first, "resumed", f"after {members:,} rounds of members")
            return first, board, members
        wrong.append(said)
    number, snapshot = -1, None
    if not store.artifacts("checkpoint"):
        wrong.append("no checkpoint was written yet: grown again from the first round")
    else:
        number, snapshot, passed = read_newest(store.folder, job, recorded - 1)
        wrong += passed
    lived = [0] * job.population if snapshot is None else snapshot.rounds().tolist()
    apart = len(set(lived)) > 1
    with store.transaction():
        store.rewind(number, {slot: n - 1 for slot, n in enumerate(lived)} if apart else None)
        store.add_event(number + 1, "resumed", "; ".join([f"after round {number}", *wrong]))
    return number + 1, snapshot, sum(lived)


def _record(
    store: Store,
    job: Job,
    lived: Lived,
    lap: tuple[int, float] | None,
    checkpoint: int | None,
) -> tuple[int, int]:
    """Write one round, and the checkpoint of that number if any; return how many slots inherited or
    began anew in it, and how many are dead after it.
    """
    number = lived.number
    slots = np.arange(job.population)
    own = slots[lived.ready]
    came = lived.parent_round
    stayed = (lived.move.parent == slots) & lived.move.inherit & (came == number - 1)
    moved = lived.ready & ~stayed
    dead = lived.ready & ~np.isfinite(lived.score)
    raised: set[Any] = {note.slot for note in lived.notes if note.kind == RAISED}
    written = None
    if checkpoint is not None:
        written = write_checkpoint(store.folder, checkpoint, lived.snapshot())
    with store.transaction():
        columns = {"score": lived.score, **lived.metrics, **flatten_hypers(lived.hypers)}
        for name, values in columns.items():
            for start, part in _stretches(own, values):
                store.add_metric(name, number, part, start)
        if lap is not None:
            store.add_metric("seconds", lap[0], [lap[1]], -1)
        store.add_heirs(
            Heir(
                number,
                int(s),
                int(lived.move.parent[s]),
                bool(lived.move.inherit[s]),
                int(came[s]),
            )
            for s in slots[moved]
        )
        for slot in slots[dead]:
            why = "it raised an exception" if slot in raised else "its state or score is not finite"
            store.add_event(number, "dead", why, int(slot))
        for note in lived.notes:
            store.add_event(number, note.kind, note.detail, note.slot)
        if written and checkpoint is not None:
            store.add_artifact(checkpoint, "checkpoint", *written)
        if lived.board is not None:
            store.put_board(lived.board())
    if written:
        prune_checkpoints(store)
    return int(moved.sum()), int(dead.sum())


def flatten_hypers(hypers: Any) -> dict[str, np.ndarray]:
    """Return named columns [pop]: a scalar as it is, a small array element by element, a large one
    summed up.
    """
    columns: dict[str, np.ndarray] = {}
    for path, leaf in trees.named_leaves(jax.device_get(hypers)):
        rows = np.asarray(leaf, float).reshape(len(leaf), -1)
        parts = rows.T if rows.shape[1] <= SMALL else [rows.mean(1), rows.std(1)]
        columns |= zip(hyper_columns(path, np.shape(leaf)[1:]), parts, strict=True)
    return columns


def _stretches(own: np.ndarray, values: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Return (first slot, values) for each run of neighbouring slots."""
    if own.size == 0:
        return []
    cuts = np.flatnonzero(np.diff(own) > 1) + 1
    return [(int(part[0]), np.asarray(values)[part]) for part in np.split(own, cuts)]


def _all_dead(job: Job, store: Store, lived: Lived) -> OntogenyError:
    hypers = ", ".join(
        f"{name.removeprefix('hypers.')} {values.min():.3g} to {values.max():.3g}"
        for name, values in flatten_hypers(lived.hypers).items()
    )
    last = [note.detail.rstrip().splitlines()[-1] for note in lived.notes if note.kind == RAISED]
    return DeadPopulation(
        f"all {job.population} members have a state or score that is not finite "
        f"(hypers: {hypers or 'none'})" + (f"; the last raised {last[-1]}" if last else ""),
        where=f"{store.folder}, round {lived.number}",
        hint="narrow the space (a smaller learning rate, as a rule) and grow it in another folder, "
        "or look for a NaN in the data",
    )


def _note(store: Store, audience: Audience) -> None:
    """Record what observers raised."""
    if audience.wrong:
        with store.transaction():
            for text in audience.wrong:
                store.add_event(max(store.rounds() - 1, 0), "observer", text)
        audience.wrong.clear()


def _end(store: Store, status: str, kind: str, why: str) -> None:
    """Record how the growth ended, and why, as an event of the kind. Best effort when it failed:
    the disk may be full.
    """
    try:
        with store.transaction():
            store.put(status=status, ended=time.time())
            store.add_event(max(store.rounds() - 1, 0), kind, why)
    except OntogenyError:
        if status == "finished":
            raise
