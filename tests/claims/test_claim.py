"""A claim's rule, and how it is measured."""

from __future__ import annotations

import numpy as np

from descent import scored
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Measuring, seeds_from
from ontogeny.claims.trainings import still
from ontogeny.ops.statistics import Interval


def test_a_claim_that_something_is_above_holds_where_every_interval_is():
    above, touching = Interval(1.0, 0.5, 2.0), Interval(1.0, 0.0, 2.0)
    assert Claim.above("a > b", "yes", "1 more", above).holds is True
    assert Claim.above("a > b", "yes", "1 more", above, touching).holds is False


def test_a_look_that_is_not_full_says_that_it_is_under_powered():
    assert [Measuring(scale).choose(3, 2, 1) for scale in ("full", "quick", "tiny")] == [3, 2, 1]
    assert Measuring().weak("of few seeds") == ""
    assert "under-powered" in Measuring("quick").weak()
    assert Measuring("tiny").weak("of few seeds").endswith("of few seeds")


def test_few_stand_for_all_in_a_tiny_look_alone():
    measured = []

    def measure(name):
        measured.append(name)
        return name.upper()

    assert Measuring("quick").of_each("abc", measure, ["b"]) == {"a": "A", "b": "B", "c": "C"}
    assert Measuring("tiny").of_each("abc", measure, ["a", "b"]) == {"a": "A", "b": "B", "c": "B"}
    assert "".join(measured) == "abcab"


def test_nobody_moves_in_a_training_not_even_the_dead():
    move = still().move(None, (), scored([-np.inf, 1.0]), np.ones(2, bool))[1]
    assert (move.parent.tolist(), move.inherit.tolist()) == ([0, 1], [True, True])


def test_seeds_are_spread_and_shared_by_nobody():
    assert len(set(seeds_from(0, 40)) & set(seeds_from(1, 40))) == 0
    assert np.array_equal(seeds_from(3, 40)[:10], seeds_from(3, 10))
