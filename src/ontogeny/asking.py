"""Ask and tell: a strategy for who owns the loop, or the cluster, that lives the rounds.

    search = og.ask_tell(space, "pbt", population=8, rounds=20)
    while search.free:
        asked = search.ask()                 # a slot, its hypers, and whose state it goes on with
        ...                                  # live a round, anywhere
        search.tell(asked.slot, score)

It decides as a run in processes does: the board, the strategies and their keys are the same. So
told the same scores in the same order, it makes the same moves to the bit (and those of the one
compiled program of `Vectorised` to rounding).
"""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from ontogeny.core.array_file import read_array_file, write_array_file
from ontogeny.core.config import LARGEST, whole
from ontogeny.core.errors import ConfigError, DeadPopulation, StoreError
from ontogeny.core.files import absolute, decoding
from ontogeny.core.host import own_choices
from ontogeny.core.space import Space
from ontogeny.core.trees import named_leaves
from ontogeny.evolution.strategy import Strategy, StrategyConfig
from ontogeny.recipes.given import not_a
from ontogeny.recipes.strategies import strategy_class
from ontogeny.runtime.apart.board import NAME, Board
from ontogeny.runtime.apart.board_program import compiled_move
from ontogeny.runtime.apart.living import plain
from ontogeny.runtime.executor import Job, planned
from ontogeny.runtime.identity import differences, strategy_identity
from ontogeny.runtime.machine import prepare

WHERE = "og.ask_tell"
KIND = "ask and tell"


class Asked(NamedTuple):
    """What is to be lived next."""

    slot: int
    round: int  # the slot's own, from 0
    hypers: Any  # Python's numbers, nested as the space is; a choice as it was written
    parent: int | None  # the slot whose state it goes on with, mostly its own; None: it begins anew
    parent_round: int | None  # the round after which that slot had that state


class Best(NamedTuple):
    """The member with the highest score that was told last."""

    slot: int
    score: float
    hypers: Any


def ask_tell(
    space: Space,
    strategy: Strategy[Any] | StrategyConfig | str = "pbt",
    population: int = 16,
    rounds: int | None = None,
    *,
    seed: int = 0,
    steps: int = 1,
    synchronous: bool = False,
) -> Search:
    """Return a search that says what to live next, and is told how good that was.

    A strategy is given by its name, its settings, or as functions of this space. A slot may be
    asked for as soon as its last score is told; if `synchronous`, when those of all are, and then
    all move together. Without `rounds`, slots go on as long as they are asked for. `steps` are what
    a round counts for strategies that count in steps.

    >>> search = og.ask_tell(og.Space({"rate": og.Log(1e-4, 1.0)}), "pbt", 4, synchronous=True)
    >>> for _ in range(4):
    ...     asked = search.ask()
    ...     search.tell(asked.slot, score=asked.slot)  # bigger is better
    >>> asked = search.ask()
    >>> asked.slot, asked.round, asked.parent  # the worst goes on with the state of the best
    (0, 1, 3)
    """
    given: Any = space
    if not isinstance(given, Space):
        raise not_a("a space", given, 'og.Space({"rate": og.Log(1e-4, 1.0)})', WHERE)
    config: Any = strategy_class(strategy)() if isinstance(strategy, str) else strategy
    if not isinstance(config, Strategy | StrategyConfig):
        raise not_a("a strategy", strategy, '"pbt", or og.pbt(space)', WHERE)
    functions = config if isinstance(config, Strategy) else config.build(space)
    settings = config if isinstance(config, StrategyConfig) else None
    most = 1 if rounds is None else rounds
    job = Job(None, space, functions, seed, population, most, steps, settings=settings)
    job = job._replace(**planned(job, f"{WHERE}, "))
    return Search(job, bool(synchronous), math.inf if rounds is None else job.rounds)


class Search:
    """A population whose rounds are lived elsewhere. Threads may share it."""

    def __init__(self, job: Job, synchronous: bool, rounds: float):
        """Draw the first members' hypers, and compile the strategy's move."""
        prepare(1)
        self._job, self._synchronous, self._rounds = job, synchronous, rounds
        self._board = Board.begin(job, Path())
        self._told = {
            "seed": job.seed,
            "population": job.population,
            "steps": job.steps,
            "synchronous": synchronous,
            "space": job.space.describe(),
            "strategy": strategy_identity(job),
        }
        self._decide = compiled_move(job, self._board, synchronous)
        self._free = list(range(job.population))  # whose last score is told, in that order
        self._due: list[int] = []  # that have moved with all, and are to be asked for
        self._lock = threading.Lock()

    @property
    def free(self) -> bool:
        """Whether somebody may be asked for."""
        pop = self._job.population
        return bool(self._due) or len(self._free) >= (pop if self._synchronous else 1)

    @property
    def under_way(self) -> tuple[Asked, ...]:
        """Those who were asked for, and of whom no score was told: what is to be lived again by who
        goes on with a search that was saved.
        """
        out = np.flatnonzero(self._board.under_way).tolist()
        return tuple(self._asked(slot) for slot in out if slot not in self._due)

    @property
    def needed(self) -> frozenset[tuple[int, int]]:
        """The states (slot, round) that somebody may still be told to go on with; others may be
        thrown away.
        """
        found = [NAME.fullmatch(name) for name in self._board.needed()]
        return frozenset((int(m[1]), int(m[2])) for m in found if m)

    @property
    def best(self) -> Best:
        """The best of the last scores. Raises `ConfigError` when none was told."""
        seen = self._board.population
        slot = int(np.argmax(seen.score))
        if not np.isfinite(seen.score[slot]):
            raise ConfigError("no finite score was told yet", where="search.best")
        return Best(slot, float(seen.score[slot]), self._hypers(seen.hypers, slot))

    def ask(self) -> Asked:
        """Return what is to be lived next. Raises `ConfigError` when all are under way,
        `DeadPopulation` when the last score of each was -inf.
        """
        with self._lock:
            if not self.free:
                out = ", ".join(str(asked.slot) for asked in self.under_way)
                said = f"no score was told of slot {out}" if out else "all have lived their rounds"
                raise ConfigError(
                    f"nobody is free: {said}",
                    where="search.ask",
                    hint="search.free says whether to ask",
                )
            self._check_alive()
            if self._due:
                return self._asked(self._due.pop(0))
            lived = self._board.rounds()
            if self._synchronous:
                slots, self._free = sorted(self._free), []
            else:
                slots = [self._free.pop(0)]
            number = int(lived[slots[0]])
            if (number + 1) * self._job.steps >= 2**31:
                raise ConfigError("a slot can't count more steps", where="search.ask")
            self._move(slots, number)
            self._due = slots[1:]
            return self._asked(slots[0])

    def tell(self, slot: int, score: float) -> None:
        """Say how good the slot's round was: bigger is better; -inf for a member that died, which
        is replaced. Raises `ConfigError` for what is no such number, and for a slot that was not
        asked for.
        """
        where = "search.tell"
        with self._lock:
            board, most = self._board, self._job.population - 1
            slot = whole(slot, "slot", where)
            if not 0 <= slot <= most:
                raise ConfigError(f"there is no slot {slot}", where=where, hint=f"use 0 to {most}")
            if not board.under_way[slot] or slot in self._due:
                known = int(board.rounds()[slot])
                said = f"the score of its round {known - 1} is told already" if known else ""
                raise ConfigError(
                    f"slot {slot} was not asked for{f': {said}' if said else ''}",
                    where=where,
                    hint="tell each score once, of the slot that search.ask() returned",
                )
            number = _score(score, where)
            board.publish(slot, int(board.rounds()[slot]), number, None, self._job.steps)
            if board.rounds()[slot] < self._rounds:
                self._free.append(slot)

    def save(self, path: Path | str) -> Path:
        """Write all that is known as one file, in place of what is there; return where. It is
        safetensors and JSON. Raises `StoreError` when it can't be written.
        """
        path = absolute(path)
        with self._lock:
            arrays = {name: np.asarray(x) for name, x in named_leaves(self._board.tree())}
            about = {
                "kind": KIND,
                "board": self._board.about(),
                "free": self._free,
                "due": self._due,
                "told": self._told,
            }
            write_array_file(path, arrays, about)
        return path

    def load(self, path: Path | str) -> None:
        """Go on from what `save` wrote, perhaps for more rounds: the same asks follow. Raises
        `StoreError` for a file that is not whole, or of a search with other settings, naming the
        first that differs.
        """
        path = absolute(path)
        arrays, about = read_array_file(path)
        with decoding(str(path)):
            if about["kind"] != KIND:
                raise StoreError(f"it holds {about['kind']!r}, not a search", where=str(path))
            now = json.loads(json.dumps(self._told))
            for name, was, is_ in differences({"id": "", **about["told"]}, now):
                raise StoreError(
                    f"the search there has {name} {was!r}, not {is_!r}",
                    where=str(path),
                    hint="load it into a search that is made as that one was",
                )
            tree = self._board.tree()
            names = [name for name, _ in named_leaves(tree)]
            loaded = jax.tree.unflatten(jax.tree.structure(tree), [arrays[n] for n in names])
            board = Board.of(self._job, loaded, about["board"], Path())
            due = [int(n) for n in about["due"]]
            lived = board.rounds()
            free = [int(n) for n in about["free"]]  # those that had come to their last, at the end
            free += [n for n in range(self._job.population) if not board.under_way[n] | (n in free)]
            free = [n for n in free if lived[n] < self._rounds]
        with self._lock:
            self._board, self._free, self._due = board, free, due

    def _move(self, slots: list[int], number: int) -> None:
        """Have the strategy decide about the slots, which begin their round of this number."""
        board = self._board
        if number == 0 and not self._synchronous:  # as an executor begins
            board.start(slots[0], 0, slots[0], True, board.population.hypers)
            return
        ready = np.zeros(self._job.population, bool)
        ready[slots] = number > 0
        asked = self._decide(
            np.uint32(number), np.uint32(slots[0]), ready, board.population, board.strategy_state
        )
        board.strategy_state, move = jax.device_get(asked)
        for slot in slots:
            board.start(slot, number, int(move.parent[slot]), bool(move.inherit[slot]), move.hypers)

    def _asked(self, slot: int) -> Asked:
        board = self._board
        source = NAME.fullmatch(board.sources[slot])
        came = (int(source[1]), int(source[2])) if source else (None, None)
        return Asked(slot, int(board.rounds()[slot]), self._hypers(board.lived_with, slot), *came)

    def _hypers(self, hypers: Any, slot: int) -> Any:
        one = plain(jax.tree.map(lambda leaf: leaf[slot], hypers))
        return own_choices(one, self._job.space.choices())

    def _check_alive(self) -> None:
        seen = self._board.population
        if (seen.steps > 0).all() and np.isneginf(seen.score).all():
            raise DeadPopulation(
                f"the last score of all {self._job.population} slots is -inf",
                where="search.ask",
                hint="nobody is left to inherit from: narrow the space, and begin anew",
            )


def _score(score: Any, where: str) -> float:
    """Return a score as a number. Raises `ConfigError` for what is none."""
    hint = 'tell one finite number; float("-inf") of a member that died'
    try:
        number = math.nan if isinstance(score, str | bytes | bool) else float(score)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number) or number == math.inf or LARGEST < abs(number) < math.inf:
        raise ConfigError(f"the score is {score!r:.60}", where=where, hint=hint)
    return number
