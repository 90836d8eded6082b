"""What is claimed of one core grown into another, given the scores."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.mix_and_match.cores import (
    AGENT,
    FORGETS,
    LEANS,
    MIXED,
    REMEMBERS,
    TUNED,
    TWICE,
    claims_of,
    learners,
)
from ontogeny.worlds.grids.hidden_goal import hidden_goal

SLOW, SOON = np.linspace(0, 2, 10), np.linspace(0.5, 1, 10)


@pytest.mark.parametrize("ahead", [0.1, -0.1])
def test_the_source_s_shape_is_slower_first_and_higher_at_the_end(ahead):
    made = learners(hidden_goal(), AGENT, 10)
    grown = {MIXED: SLOW, TUNED: SLOW, TWICE: SLOW - ahead}
    curves = {arm: SOON for arm in made} | grown | {FORGETS: SOON - 0.1}
    score = {arm: np.stack([curve, curve + 0.1], axis=1) for arm, curve in curves.items()}
    claims = claims_of(score, "", Measuring())
    slower, lower = (one for one in claims if TWICE in one.measured)
    assert all(one.holds for one in claims if one not in (slower, lower))
    assert slower.holds == lower.holds == (ahead > 0)


def test_each_arm_has_the_layers_that_it_says():
    made = learners(hidden_goal(), AGENT, 10)
    networks = {
        arm: jax.eval_shape(learner.init, jax.random.key(0), {}).network
        for arm, learner in made.items()
    }
    cores = {arm: type(networks[arm].core).__name__ for arm in (FORGETS, REMEMBERS)}
    assert cores == {FORGETS: "DenseCore", REMEMBERS: "LSTM"}
    for arm, kinds in {
        MIXED: "DenseCore LSTM",
        TWICE: "LSTM LSTM",
        LEANS: "DenseCore LSTM",
    }.items():
        assert [type(one.core).__name__ for one in networks[arm]] == kinds.split()
        assert networks[arm][0].torso is networks[arm][0].policy is networks[arm][0].value is None
