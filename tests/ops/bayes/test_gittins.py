from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.bandits import bernoulli_machine
from ontogeny.ops.bayes.gittins import gittins_index, gittins_table
from ontogeny.ops.bayes.machines import best_actions, expected_rewards, plan

BELIEFS = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3))
TABLE = {
    0.5: (0.5590, 0.3758, 0.7060, 0.5359, 0.5258),
    0.7: (0.6046, 0.4118, 0.7358, 0.5650, 0.5472),
    0.9: (0.7029, 0.5001, 0.8001, 0.6346, 0.6010),
    0.95: (0.7614, 0.5601, 0.8381, 0.6810, 0.6392),
    0.99: (0.8699, 0.7005, 0.9102, 0.7844, 0.7308),
}


def calibrated(a, b, discount, depth):
    """Return the index by plain bisection on the charge, no band and no grid."""
    low, high = 0.0, 1.0
    while high - low > 1e-7:
        charge = (low + high) / 2
        value = np.maximum(charge, (a + np.arange(depth + 1)) / (a + b + depth))
        for n in reversed(range(depth)):
            mean = (a + np.arange(n + 1)) / (a + b + n)
            going_on = (1 - discount) * mean + discount * (
                mean * value[1:] + (1 - mean) * value[:-1]
            )
            value = np.maximum(charge, going_on)
        low, high = (charge, high) if going_on[0] > charge else (low, charge)
    return low


@pytest.mark.parametrize("discount", TABLE)
def test_the_published_indices(discount):
    beliefs = BELIEFS if discount < 0.98 else BELIEFS[:1]
    found = [gittins_index(a, b, discount, 1e-5) for a, b in beliefs]
    np.testing.assert_allclose(found, TABLE[discount][: len(beliefs)], atol=6e-5)


def test_a_small_table_holds_the_published_indices_at_a_long_horizon():
    table = gittins_table(0.99, size=3, charges=1000, look_ahead=1300)
    found = [table[a - 1, b - 1] for a, b in BELIEFS]
    np.testing.assert_allclose(found, TABLE[0.99], atol=6e-5)


@pytest.fixture(scope="module")
def table():
    return gittins_table(0.9)


def test_the_large_table_is_right_to_four_digits(table):
    assert table.shape == (200, 200)
    for (a, b), index in zip(BELIEFS, TABLE[0.9], strict=True):
        assert table[a - 1, b - 1] == pytest.approx(index, abs=1e-4)
    for a, b in ((1, 200), (200, 1), (200, 200), (100, 3), (7, 33), (50, 50), (150, 200)):
        assert table[a - 1, b - 1] == pytest.approx(calibrated(a, b, 0.9, 132), abs=1e-4)


def test_the_large_table_is_in_order(table):
    a, b = np.indices(table.shape) + 1
    assert (table > a / (a + b) - 1e-4).all()
    assert (np.diff(table, axis=0) > -1e-4).all()  # a success never lowers it
    assert (np.diff(table, axis=1) < 1e-4).all()  # a failure never raises it


def test_beliefs_need_not_be_whole():
    assert gittins_index(0.5, 1.5, 0.8) == pytest.approx(calibrated(0.5, 1.5, 0.8, 62), abs=1e-5)


def test_the_index_policy_is_the_bayes_optimum():
    """What comes after 16 pulls is worth at most 2 × 0.5^16 = 3e-5."""
    arms, horizon, discount = ((1, 1), (2, 3)), 16, 0.5
    machine = bernoulli_machine(arms, horizon)
    own = gittins_table(discount, size=20)
    s = machine.statistics
    index = np.stack(
        [own[s[:, 2 * k] + a - 1, s[:, 2 * k + 1] + b - 1] for k, (a, b) in enumerate(arms)], axis=1
    )
    weights = discount ** np.arange(horizon)
    earned = expected_rewards(machine, best_actions(index)) @ weights
    assert earned == pytest.approx(plan(machine, discount=discount)[0, 0].max(), abs=1e-4)


def test_what_has_no_index_is_refused():
    with pytest.raises(ConfigError, match="discount"):
        gittins_index(1, 1, 1.0)
    with pytest.raises(ConfigError, match="no belief"):
        gittins_index(0, 1, 0.9)
