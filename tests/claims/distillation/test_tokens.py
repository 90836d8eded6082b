"""The rules that decide the claims about token-level distillation, on numbers that are made up."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.distillation.tokens import (
    ARMS,
    Judged,
    claims_of,
    claims_of_short_text,
    repetition,
)
from ontogeny.claims.measuring import Measuring

HOW = Measuring()


def test_repetition_by_hand():
    assert repetition(jnp.arange(10)) == 0
    # abcabca: of abca bcab cabc abca the last was there before
    np.testing.assert_allclose(repetition(jnp.array([0, 1, 2, 0, 1, 2, 0])), 1 / 4)
    np.testing.assert_allclose(repetition(jnp.zeros(8, int)), 4 / 5)


def judged(**changed):
    """Return what became of each arm's students, as the claims say, but for what is changed."""
    perplexity = {"data": 9.0, "KL on data": 8.0, "reverse KL on own text": 12.0, "mixture": 9.0}
    agreement = {"data": 0.5, "KL on data": 0.6, "reverse KL on own text": 0.8, "mixture": 0.7}
    again = {"data": 0.1, "KL on data": 0.1, "reverse KL on own text": 0.3, "mixture": 0.2}
    told = {"perplexity": perplexity, "own_agreement": agreement, "repetition": again}
    for name, values in changed.items():
        told[name] = told[name] | values
    spread = np.array([-0.01, 0.0, 0.01])
    return {
        arm: Judged(
            told["perplexity"][arm] + spread,
            spread,
            told["own_agreement"][arm] + spread,
            spread,
            told["repetition"][arm] - spread,
        )
        for arm in ARMS
    }


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        ({}, []),
        ({"perplexity": {"data": 8.0}}, [0]),
        ({"own_agreement": {"data": 0.6}}, [1]),
        ({"own_agreement": {"reverse KL on own text": 0.6}}, [2]),
        ({"perplexity": {"reverse KL on own text": 8.0}}, [3, 4]),
        ({"own_agreement": {"mixture": 0.6}}, [4]),
        ({"repetition": {"reverse KL on own text": 0.05}}, [5]),
    ],
)
def test_each_claim_holds_by_its_own_rule(changed, fails):
    claims = claims_of(judged(**changed), 0.34, "some seeds", 0)
    assert [number for number, claim in enumerate(claims) if not claim.holds] == fails
    assert "the corpus 0.340" in claims[5].measured


def test_a_short_text_is_held_against_its_teacher_and_the_students_own():
    worse, better = np.array([16.0, 15.0]), np.array([10.0, 10.5])
    found = claims_of_short_text({"data": worse, "KL on data": better, "mixture": better}, HOW)
    assert [claim.holds for claim in found] == [True, False]
    assert "lower by 5.25 [" in found[0].measured
    assert not claims_of_short_text({"data": better, "KL on data": worse}, HOW)[0].holds
    assert claims_of_short_text({}, HOW) == []
