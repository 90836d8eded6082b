"""Who descends from whom: the ancestry that the record of moves tells.

The parents of a run are an array [rounds, pop]: where each slot's member of a round was before. Its
own slot when it stayed, another when it inherited, `BORN` when it began anew. Before is the round
before, except in an asynchronous run, where a parent may be rounds ahead or behind: then a second
array, `before`, names the parent's round. All else follows from these. Whoever began anew from the
genes of a living parent (Baldwin's inheritance) descends from it; whoever began in the place of a
dead one is born.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.errors import StoreError
from ontogeny.runtime.storage.rows import Heir

BORN = -1  # instead of a parent: the member began anew

Line = list[tuple[int, int]]  # (round, slot), oldest first
Grid = Int[np.ndarray, "rounds pop"]


def parents(
    heirs: Iterable[Heir],
    rounds: int,
    pop: int,
    score: Float[np.ndarray, "rounds pop"] | None = None,
) -> Grid:
    """Return the array of parents (see the module's text) from the recorded moves.

    The scores tell who was dead. Without them, nobody descends by genes alone. Raises `StoreError`
    for a move of who, or from whom, is not among them.
    """
    living = np.zeros((rounds, pop), bool) if score is None else np.isfinite(_latest(score))
    parent = np.tile(np.arange(pop), (rounds, 1))
    if rounds:
        parent[0] = BORN
    moved = _moves(heirs, rounds)
    number, slot, came_from, inherit, came = moved.T
    wrong = (came >= rounds) | (np.maximum(slot, came_from) >= pop)
    if wrong.any():
        number, slot, came_from, _, came = moved[np.argmax(wrong)]
        raise StoreError(
            f"it descends from slot {came_from} in round {came}, and "
            f"{rounds:,} rounds of {pop:,} members are recorded",
            where=f"the lineage, round {number}, slot {slot}",
        )
    descends = (inherit > 0) | living[came, came_from]
    parent[number, slot] = np.where(descends, came_from, BORN)
    return parent


def parent_rounds(heirs: Iterable[Heir], rounds: int, pop: int) -> Grid:
    """Return the rounds in which the parents of `parents` lived: the one before, of who stayed."""
    before = _round_before(rounds, pop)
    number, slot, _, _, came = _moves(heirs, rounds).T
    before[number, slot] = came
    return before


def trace(parent: Grid, slot: int, last: int | None = None, before: Grid | None = None) -> Line:
    """Return the ancestry of who is in `slot` in round `last` (the run's last), oldest first."""
    number = len(parent) - 1 if last is None else last
    line = [(number, slot)]
    while (ancestor := int(parent[number, slot])) != BORN:
        number = number - 1 if before is None else int(before[number, slot])
        slot = ancestor
        line.append((number, slot))
    return line[::-1]


def founders(parent: Grid, before: Grid | None = None) -> Grid:
    """Return, for each round and slot, the slot of round 0 that the member descends from.

    It is `BORN` for a member whose line began anew in a later round.
    """
    ancestor = _ancestors(parent, before)
    while (further := ancestor[ancestor]).tolist() != ancestor.tolist():
        ancestor = further  # twice as far back each time: rounds need not be in order
    pop = parent.shape[1]
    return np.where(ancestor < pop, ancestor, BORN).reshape(parent.shape)


def founders_alive(
    founder: Grid, alive: Bool[np.ndarray, "rounds pop"] | None = None
) -> Int[np.ndarray, " rounds"]:
    """Return how many first members have a descendant in each round (`alive`: a living one)."""
    alive = np.ones(founder.shape, bool) if alive is None else alive
    kept = [row[(row != BORN) & mask] for row, mask in zip(founder, alive, strict=True)]
    return np.array([np.unique(row).size for row in kept], dtype=int)


def survivors(parent: Grid, before: Grid | None = None) -> Bool[np.ndarray, "rounds pop"]:
    """Return which members have a descendant in the last round."""
    ancestor = _ancestors(parent, before)
    lasting = np.zeros(parent.size, bool)
    reached = np.arange(parent.size)[-parent.shape[1] :]
    while reached.size:
        lasting[reached] = True
        reached = np.unique(ancestor[reached])
        reached = reached[~lasting[reached]]
    return lasting.reshape(parent.shape)


def rounds_since_move(
    parent: Grid, lived: Bool[np.ndarray, "rounds pop"]
) -> Int[np.ndarray, " pop"]:
    """Return how many rounds each slot has lived since it last inherited or began anew."""
    age = np.zeros(parent.shape[1], int)
    for row, was in zip(parent, lived, strict=True):
        age = np.where(row == np.arange(row.size), age, 0) + was
    return age


def schedule(values: Float[np.ndarray, "rounds pop"], line: Line) -> Float[np.ndarray, " line"]:
    """Return what a metric was along a line."""
    return np.array([values[number, slot] for number, slot in line], dtype=float)


def along_ancestry(
    values: Float[np.ndarray, "rounds pop"], parent: Grid, before: Grid | None = None
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Return the x (round) and y of one broken line that joins every member to its ancestor.

    Where a slot inherits, its old line ends and a new one leaves from the parent. Gaps are NaN.
    """
    xs: list[np.ndarray] = []
    ys: list[np.ndarray] = []
    gap = np.array([np.nan])
    before = _round_before(*parent.shape) if before is None else before
    for slot in range(parent.shape[1]):
        starts = np.flatnonzero(parent[:, slot] != slot)
        for first, end in pairwise([*starts.tolist(), len(parent)]):
            number, ancestor = before[first, slot], parent[first, slot]
            if ancestor != BORN:
                xs.append(np.array([float(number)]))
                ys.append(values[number, ancestor : ancestor + 1])
            xs += [np.arange(first, end, dtype=float), gap]
            ys += [values[first:end, slot], gap]
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.zeros(0), np.zeros(0))


def kinship_order(parent: Grid, before: Grid | None = None) -> list[int]:
    """Return the slots in an order that puts the last round's close kin side by side."""
    if not len(parent):
        return list(range(parent.shape[1]))
    paths = {slot: tuple(trace(parent, slot, None, before)) for slot in range(parent.shape[1])}
    return sorted(paths, key=lambda slot: paths[slot])


def last_scores(score: Float[np.ndarray, "rounds pop"]) -> Float[np.ndarray, " pop"]:
    """Return each slot's last score: -inf for the dead, NaN for who was never scored."""
    return _latest(score)[-1] if len(score) else np.full(score.shape[1], np.nan)


def winner(score: Float[np.ndarray, "rounds pop"]) -> int | None:
    """Return the slot of the best last score; None when nobody is alive."""
    last = last_scores(score)
    alive = np.isfinite(last)
    return int(np.argmax(np.where(alive, last, -np.inf))) if alive.any() else None


def _latest(score: Float[np.ndarray, "rounds pop"]) -> Float[np.ndarray, "rounds pop"]:
    """Return each slot's latest score as of each round, NaN before its first."""
    latest = score.copy()
    for before, row in pairwise(latest):
        np.copyto(row, before, where=np.isnan(row))
    return latest


def last_round(score: Float[np.ndarray, "rounds pop"], slot: int) -> int:
    """Return the last round that a slot has lived; the run's last, when it has lived none."""
    lived = np.flatnonzero(~np.isnan(score[:, slot]))
    return int(lived[-1]) if lived.size else len(score) - 1


def _moves(heirs: Iterable[Heir], rounds: int) -> Int[np.ndarray, "moves 5"]:
    """Return the recorded moves as rows of numbers, those of the first round left out."""
    table = np.fromiter(chain.from_iterable(heirs), np.int64).reshape(-1, len(Heir._fields))
    return table[(table[:, 0] > 0) & (table[:, 0] < rounds)]


def _round_before(rounds: int, pop: int) -> Grid:
    return np.tile(np.arange(rounds)[:, None] - 1, (1, pop))


def _ancestors(parent: Grid, before: Grid | None) -> Int[np.ndarray, " members"]:
    """Return each member's ancestor, members counted round by round; its own where it has none."""
    rounds, pop = parent.shape
    own = np.arange(rounds * pop)
    before = _round_before(rounds, pop) if before is None else before
    born = parent == BORN
    born[:1] = True
    return np.where(born.ravel(), own, (before * pop + parent).ravel())
