"""The rules by which the claims about taught agents hold, on made-up trainings."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.distillation import deep
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import Trained

ROUNDS, SEEDS = 8, 4


def went(end: float, entropy: float = 1.0) -> Trained:
    """Return the training of students whose score rises evenly to `end`."""
    score = np.linspace(0, end, ROUNDS)[:, None] + np.zeros(SEEDS)
    same = {"entropy": entropy, "teaching_loss": 1.5, "teaching_kl/student": 0.5}
    metrics = {name: np.full((ROUNDS, SEEDS), value) for name, value in same.items()}
    metrics["episode_length"] = 10 * score
    return Trained(None, score, np.arange(ROUNDS), np.arange(ROUNDS), metrics)


def test_each_claim_holds_where_what_it_says_is_so():
    ends = {
        deep.ALONE: 7.0,
        deep.TAUGHT: 10.0,
        deep.BESIDE: 14.0,
        deep.SEEKS: 7.0,
        deep.PAID: 3.5,
        deep.SOFTLY: 8.0,
    }
    students = {arm: went(end, 0.05 if arm == deep.PAID else 1.0) for arm, end in ends.items()}
    lessons = deep.Lessons({1.0: 10.0, deep.SOFT: 5.0}, students, 100.0)
    claims = deep.claims_of(lessons, "made up", Measuring())
    sooner = [claim for claim in claims if "90%" in claim.claim]
    # 9 of 14 are reached in the sixth round; of 7 and 3.5 never
    assert "on-policy+task 600 (4 of 4 seeds)" in sooner[0].measured
    assert "alone never within 800" in sooner[0].measured
    said = [claim.holds for claim in claims]
    assert said == [True, True, False, True, True, False, True]
    drawn = deep.curves(lessons)
    assert drawn.data["score"].shape == (6, ROUNDS, SEEDS)


def test_a_quick_look_claims_less():
    students = {arm: went(end) for arm, end in ((deep.ALONE, 5.0), (deep.BESIDE, 4.0))}
    claims = deep.claims_of(deep.Lessons({}, students, 100.0), "made up", Measuring("quick"))
    assert [claim.holds for claim in claims] == [False]
