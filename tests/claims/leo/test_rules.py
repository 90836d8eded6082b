"""The rules of the claims about LEO, and how its arms are trained and tested."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.claims.leo import ablations as leo_ablations
from ontogeny.claims.leo import published as leo_published
from ontogeny.claims.leo.arms import (
    FULL,
    RIVALS,
    Outcome,
    ahead,
    difference,
    seen,
    shortened,
    study,
    untrained,
)
from ontogeny.claims.leo.figures import accuracies_of, learning_of
from ontogeny.claims.measuring import Measuring
from ontogeny.views.figure import Figure

QUICK, TINY = Measuring("quick"), Measuring("tiny")


@pytest.fixture(scope="module")
def few():
    """Return a few classes of characters, as every tiny look has them."""
    return seen("characters", TINY)


@pytest.fixture(scope="module")
def found(few, one_device):
    """Return LEO and others, by the programs that the tests of every part compile."""
    arms = {name: RIVALS[name] for name in ("LEO", "conditional generator")}
    return study(arms, few, TINY) | untrained(few, TINY)


def test_arms_are_tested_on_the_same_episodes_and_learn_only_by_training(found, few):
    assert {o.accuracy.shape for o in found.values()} == {(2, 8), (1, 8)}
    assert found["LEO"].validation.shape == (5, 2)
    assert found["nearest centroid"].by_seed[0] > 40  # of five drawn characters
    again = untrained(few, TINY)
    np.testing.assert_array_equal(again["linear probe"].accuracy, found["linear probe"].accuracy)


def outcome(*percent):
    rows = np.repeat(np.array(percent)[:, None] / 100, 4, axis=1)
    return Outcome(rows, np.zeros((0, 1)), np.zeros(0, int), None)


@pytest.mark.parametrize(
    ("one", "other", "least", "holds"),
    [
        ((80, 81), (75, 77), 0.0, True),
        ((80, 81), (75, 77), 4.5, False),
        ((80, 70), (75, 75), 0.0, False),
    ],
)
def test_an_order_holds_when_the_whole_interval_lies_above(one, other, least, holds):
    one, other = outcome(*one), outcome(*other)
    claim = ahead("a > b", "paper", one, other, least, Measuring())
    assert claim.holds is holds
    apart = difference(one, other, 0)
    assert str(apart) in claim.measured
    assert apart.value == pytest.approx(np.mean(one.by_seed - other.by_seed))


def test_fine_tuning_is_little_only_within_both_ends():
    plain = outcome(80, 80)
    assert leo_ablations.fine_tuning("", outcome(80.5, 79.8), plain, Measuring()).holds
    assert not leo_ablations.fine_tuning("", outcome(82, 82), plain, Measuring()).holds
    assert not leo_ablations.fine_tuning("", outcome(78, 78), plain, Measuring()).holds


def test_renaming_is_checked_on_real_predictions(found, few):
    claim = leo_ablations.permutation(shortened(FULL, TINY), few, found["LEO"], TINY)
    assert claim.measured == "0 of 80 predictions change"
    assert claim.holds


def test_the_figures_of_the_claims_are_drawn(found):
    drawn = accuracies_of("a", "characters", found)
    assert isinstance(drawn, Figure)
    figure = drawn.draw(drawn)
    assert sum(len(trace.x) for trace in figure.data) == 2 * 2 + 2
    learning = learning_of("b", "characters", found)
    assert len(learning.draw(learning).data) == 2 * 2


def test_published_accuracies_are_held_against_the_papers():
    near, below = np.array([59.0, 60.9]), np.array([59.0, 60.7])
    claim = leo_published.claim_of("miniImageNet", 1, near, QUICK)
    assert claim.claim == "miniImageNet, 5 ways, 1-shot: the paper's accuracy"
    assert claim.paper == "61.76 %"
    assert claim.holds  # the interval of two reaches the better one
    assert "2 seeds, 200 updates; under-powered" in claim.measured
    assert not leo_published.claim_of("miniImageNet", 1, below, QUICK).holds
