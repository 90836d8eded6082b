"""What the memories of pictures store, and the rules of the claims about them."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.memory.pictures import NUMBERS, claims_of
from ontogeny.claims.memory.pictures_memories import (
    ALONE,
    ENERGIES,
    FULL,
    MOST,
    NAMES,
    kept,
    memory_of,
)
from ontogeny.learners.memory.memory import n_numbers

ASKED = NUMBERS[0]
N, SHAPE = FULL["n"], (FULL["size"],) * 2


def test_a_memory_stores_at_most_what_is_allowed():
    most = {name: MOST.get(name, ASKED[-1]) for name in NAMES} | {ALONE: N}
    stored = {n: n_numbers(memory_of(n, most[n], N, False), N, SHAPE) for n in NAMES}
    assert all(0.9 * most[name] <= stored[name] <= most[name] for name in NAMES)
    assert all(stored[name] == most[name] for name in ENERGIES)


def test_whole_pictures_are_kept_while_there_is_room():
    stored = [n_numbers(kept(n), N, SHAPE) for n in ASKED]
    assert stored == [1024, 2304, 4096, 4096, 4096]


def test_claims_are_judged_by_every_seed():
    seeds = np.array([0.99, 1.01])
    falling = np.array([16.0, 8, 4, 2, 1])[:, None] * seeds
    rows = {"EBMM, conv": falling, "slots": 2 * falling, "mann": 2 * falling}
    rows[ALONE] = falling[:1]

    def held(dense=falling, **others):
        given = rows | {"EBMM, dense": dense} | others
        return [c.holds for c in claims_of("characters", given, ASKED, Measuring())][:3]

    assert held() == [True, True, False]  # below, falling, and not on a par: twice as good
    assert held(slots=1.2 * falling) == [True, True, True]
    assert held(mann=falling) == [False, True, False]
    assert held(np.ones((5, 1)) * seeds) == [True, False, False]
