"""The rules by which the claims about one teacher hold, on made-up trainings."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.claims.kickstarting import entropy, one_teacher
from ontogeny.claims.kickstarting.one_teacher import (
    BY_HAND,
    CLONED,
    CONSTANT,
    FAST,
    MIDDLE,
    SCRATCH,
    SLOW,
    TUNED,
)
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.weighing import Grown

ROUNDS, SEEDS = 8, 4
ENDS = {
    SCRATCH: 12.0,
    CONSTANT: 10.0,
    FAST: 14.0,
    MIDDLE: 20.0,
    SLOW: 13.0,
    CLONED: 10.0,
    TUNED: 19.0,
}


def rising(end: float) -> np.ndarray:
    """Return scores that rise evenly to `end`, in all seeds alike."""
    return np.linspace(0, end, ROUNDS)[:, None] + np.zeros(SEEDS)


def said(ends: dict[str, float], level: float = 10.0, spent: float = 500.0) -> list[bool]:
    """Return which claims hold where the arms end so."""
    score = {arm: rising(end) for arm, end in ends.items()}
    score[CONSTANT][-2:] = ends[CONSTANT]
    score[CLONED][-2:] = ends[CLONED]
    weight = np.ones((ROUNDS, SEEDS))
    lessons = one_teacher.Lessons(level, spent, score, weight, 6, 100.0)
    return [claim.holds for claim in one_teacher.claims_of(lessons, "made up", Measuring())]


def test_each_claim_holds_where_what_it_says_is_so():
    assert said(ENDS) == [True] * 7


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({SCRATCH: 20.0}, [0, 1, 2, 6]),  # as soon, and as high: nobody pays the teacher back
        ({CONSTANT: 13.0}, [3]),  # beyond the teacher
        ({CLONED: 7.0}, [3]),  # never there
        ({FAST: 9.0}, [4]),
        # 12.35 over the last quarter, and never 1.5 times the teacher's
        ({SCRATCH: 9.0, CONSTANT: 12.4, MIDDLE: 13.3}, [1, 4]),
        ({TUNED: 16.0}, [5]),
    ],
)
def test_each_claim_fails_where_it_is_not(changed: dict[str, float], fails: list[int]):
    assert [index for index, holds in enumerate(said(ENDS | changed)) if not holds] == fails


def test_one_student_pays_no_teacher_that_took_long():
    assert said(ENDS, spent=10_000.0)[2] is False


def test_weights_by_hand_fall_as_their_names_say():
    table = one_teacher.by_hand(20, 2)
    arms = dict(zip(BY_HAND, table[:, ::2].T, strict=True))
    assert not arms[SCRATCH].any()
    assert arms[CONSTANT].tolist() == [1] * 20
    assert [int((arms[arm] > 0).sum()) for arm in (FAST, MIDDLE, SLOW)] == [2, 4, 8]


def test_the_line_of_a_population_is_followed_among_its_own():
    # one by hand, then two populations of two; in the second round slot 1 copies 2, and 3 copies 4
    parent = np.array([[0, 1, 2, 3, 4], [0, 2, 2, 4, 4]])
    score = np.array([[0, 1, 2, 3, 4], [9, 8, 7, 5, 6.0]])
    weight = np.array([[0, 10, 20, 30, 40], [0, 11, 21, 31, 41.0]])
    run = Grown((), score, {"weight": weight}, parent, {}, (2, 2))
    assert run.populations(score)[-1].tolist() == [[8, 7], [5, 6]]
    assert run.lines("weight").T.tolist() == [[20, 11], [40, 41]]


def went(entropies: dict[str, float], scores: dict[str, float]) -> list[bool]:
    """Return which claims about entropy hold where arms end so."""
    every = {arm: (entropies.get(arm, 1.0), scores.get(arm, 10.0)) for arm in ARMS}
    made = entropy.Went(
        {arm: rising(score) for arm, (_, score) in every.items()},
        {arm: rising(left) for arm, (left, _) in every.items()},
        100.0,
    )
    return [claim.holds for claim in entropy.claims_of(made, Measuring())]


ARMS = (entropy.SCRATCH, entropy.STAYS, entropy.FALLS, entropy.WEAKLY, entropy.SOFTLY)


def test_the_claims_about_entropy_hold_and_fail():
    low, poor = {entropy.STAYS: 0.1, entropy.FALLS: 0.3}, {entropy.FALLS: 6.0}
    assert went(low, poor) == [True] * 6
    assert went({}, {}) == [False] * 6
    alike = low | {entropy.STAYS: 0.4}
    assert went(alike, {}) == [False, True, True, False, False, False]  # scores alike
    assert went(low | {entropy.SOFTLY: 0.2}, poor) == [True, False, True, True, True, True]


def test_the_claims_about_memory_hold_and_fail():
    def held(*ends: float) -> list[bool]:
        each = zip(entropy.REMEMBERS.values(), ends, strict=True)
        students = {arm: np.full((ROUNDS, SEEDS), end) for arm, end in each}
        return [claim.holds for claim in entropy.memory_claims(students, 100.0, Measuring())]

    assert held(0.95, 0.0) == [True, True]
    assert held(0.5, 0.5) == [False, False]
