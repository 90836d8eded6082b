"""The claims about the landscape: estimates that are right and one that is not, and decisions."""

from __future__ import annotations

import dataclasses

import jax

from ontogeny.claims.distillation.landscape import claims_of, estimation_error, listed
from ontogeny.claims.distillation.ring import MATCHED, RULE, course, ring, stability
from ontogeny.claims.measuring import Measuring
from ontogeny.learners.teaching.field import Field
from ontogeny.learners.teaching.rules import RULES


def test_estimates_are_the_exact_update_in_the_mean_and_others_are_not():
    rule = RULES["expected-entropy"]
    wrong = dataclasses.replace(rule, following_sampled=lambda step, action: rule.loss(step))
    with jax.enable_x64(True):
        on = listed(0)
        assert estimation_error(rule, on) < 1e-12
        assert estimation_error(wrong, on) > 1e-2


def test_a_field_that_is_none_and_a_wrong_estimate_end_the_claims():
    yes = Field(True, 1e-15, 1e-15, ((0, 0), (0, 1)), 0.0)
    no = Field(False, 0.3, 0.2, ((0, 0), (0, 1)), 0.1)
    how = Measuring()

    def holds(fields, error):
        return [claim.holds for claim in claims_of(fields, dict.fromkeys(fields, error), how)]

    assert holds({"n-distill": yes, "on-policy": no}, 1e-15) == [True, True]
    assert holds({"n-distill": no, "on-policy": no}, 1e-15) == [False, True]
    assert holds({"n-distill": yes, "on-policy": yes}, 1e-3) == [False, False]


def test_the_ring_turns_for_ever_and_is_stopped():
    with jax.enable_x64(True):
        given = ring(7, 0.01)
        turning, still = (course(name, given, 12_000, 0) for name in (RULE, MATCHED))
        assert turning.amplitude > 0.3
        assert turning.update > 0.1
        assert still.update < 1e-10
        assert abs(still.last[-1] - 0.2).max() < 1e-10
        factor, grew = stability(ring(4, 0.01), 2000, 0)
        assert factor < 1
        assert not grew
