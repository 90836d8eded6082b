"""Who descends from whom: the ancestry that the record of moves tells.

The parents of a run are an array [rounds, pop]: where each slot's member of a round was in the
round before. Its own slot when it stayed, another when it inherited, `BORN` when it began anew. All
else follows from that array. Whoever began anew from the genes of a living parent (Baldwin's
inheritance) descends from it; whoever began in the place of a dead one is born.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.errors import ConfigError
from ontogeny.runtime.store import Heir, Store

BORN = -1  # instead of a parent: the member began anew

Line = list[tuple[int, int]]  # (round, slot), oldest first


def winning_line(store: Store, slot: int | None = None) -> Line:
    """Return the ancestry of a slot's last member: (round, slot) for each round, oldest first.

    The slot is that of the best last score when not given. The line begins in round 0, or in the
    round in which its first ancestor began anew. It is empty when no round is recorded, or, for no
    given slot, when all are dead. Raises `ConfigError` for a slot that does not exist.
    """
    score = store.metric("score")
    rounds = store.rounds()
    if slot is None:
        slot = winner(score) if rounds else None
    elif not 0 <= slot < score.shape[1]:
        raise ConfigError(
            f"slot {slot} is not one of 0 to {score.shape[1] - 1}", where=str(store.folder)
        )
    return (
        []
        if slot is None or not rounds
        else trace(parents(store.heirs(), rounds, score.shape[1], score), slot)
    )


def parents(
    heirs: Iterable[Heir],
    rounds: int,
    pop: int,
    score: Float[np.ndarray, "rounds pop"] | None = None,
) -> Int[np.ndarray, "rounds pop"]:
    """Return the array of parents (see the module's text) from the recorded moves.

    The scores tell who was dead. Without them, nobody descends by genes alone.
    """
    living = np.zeros((rounds, pop), bool) if score is None else np.isfinite(_latest(score))
    parent = np.tile(np.arange(pop), (rounds, 1))
    if rounds:
        parent[0] = BORN
    for heir in heirs:
        if 0 < heir.round < rounds:
            descends = heir.inherit or living[heir.round - 1, heir.parent]
            parent[heir.round, heir.slot] = heir.parent if descends else BORN
    return parent


def trace(parent: Int[np.ndarray, "rounds pop"], slot: int, last: int | None = None) -> Line:
    """Return the ancestry of who is in `slot` in round `last` (the run's last), oldest first."""
    number = len(parent) - 1 if last is None else last
    line = [(number, slot)]
    while (before := int(parent[number, slot])) != BORN:
        number, slot = number - 1, before
        line.append((number, slot))
    return line[::-1]


def founders(parent: Int[np.ndarray, "rounds pop"]) -> Int[np.ndarray, "rounds pop"]:
    """Return, for each round and slot, the slot of round 0 that the member descends from.

    It is `BORN` for a member whose line began anew in a later round.
    """
    founder = np.full_like(parent, BORN)
    for number, row in enumerate(parent):
        founder[number] = (
            np.arange(row.size)
            if number == 0
            else np.where(row == BORN, BORN, founder[number - 1][row])
        )
    return founder


def founders_alive(
    founder: Int[np.ndarray, "rounds pop"], alive: Bool[np.ndarray, "rounds pop"] | None = None
) -> Int[np.ndarray, " rounds"]:
    """Return how many first members have a descendant in each round (`alive`: a living one)."""
    alive = np.ones(founder.shape, bool) if alive is None else alive
    kept = [row[(row != BORN) & mask] for row, mask in zip(founder, alive, strict=True)]
    return np.array([np.unique(row).size for row in kept], dtype=int)


def survivors(parent: Int[np.ndarray, "rounds pop"]) -> Bool[np.ndarray, "rounds pop"]:
    """Return which members have a descendant in the last round."""
    lasting = np.zeros(parent.shape, bool)
    if len(parent):
        lasting[-1] = True
    for number in range(len(parent) - 1, 0, -1):
        kept = parent[number][lasting[number]]
        lasting[number - 1, kept[kept != BORN]] = True
    return lasting


def rounds_since_move(
    parent: Int[np.ndarray, "rounds pop"], lived: Bool[np.ndarray, "rounds pop"]
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
    values: Float[np.ndarray, "rounds pop"], parent: Int[np.ndarray, "rounds pop"]
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Return the x (round) and y of one broken line that joins every member to its ancestor.

    Where a slot inherits, its old line ends and a new one leaves from the parent. Gaps are NaN.
    """
    xs: list[np.ndarray] = []
    ys: list[np.ndarray] = []
    gap = np.array([np.nan])
    for slot in range(parent.shape[1]):
        starts = np.flatnonzero(parent[:, slot] != slot)
        for first, end in pairwise([*starts.tolist(), len(parent)]):
            before = parent[first, slot]
            if before != BORN:
                xs.append(np.array([first - 1.0]))
                ys.append(values[first - 1, before : before + 1])
            xs += [np.arange(first, end, dtype=float), gap]
            ys += [values[first:end, slot], gap]
    return (np.concatenate(xs), np.concatenate(ys)) if xs else (np.zeros(0), np.zeros(0))


def kinship_order(parent: Int[np.ndarray, "rounds pop"]) -> list[int]:
    """Return the slots in an order that puts the last round's close kin side by side."""
    if not len(parent):
        return list(range(parent.shape[1]))
    paths = {slot: tuple(trace(parent, slot)) for slot in range(parent.shape[1])}
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
