from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.gaussian_bandits import GaussianArms, gaussian_values


def test_two_pulls_by_hand():
    """One pull moves an arm's mean by N(0, 1/2); then the better of the two is pulled."""
    found = gaussian_values(GaussianArms(), 2)
    assert found["optimal"] == pytest.approx(math.sqrt(0.5) * norm.pdf(0), abs=1e-4)
    assert found["oracle"] == pytest.approx(2 / math.sqrt(math.pi))
    assert found["random"] == 0.0


def test_one_pull_takes_the_higher_mean():
    found = gaussian_values(GaussianArms((0.3, -0.2), (1.0, 4.0)), 1)
    assert found["optimal"] == pytest.approx(0.3, abs=1e-4)
    assert found["thompson"] == pytest.approx(-0.2 + 0.5 * norm.cdf(0.5 / math.sqrt(5)), abs=1e-4)


def test_two_pulls_with_a_known_arm_by_hand():
    """Arm 1 is known to pay 0.2. Try arm 0 (mean 0, variance 2, noise 1), then take the better."""
    moves = math.sqrt(2 - 1 / (1 / 2 + 1))
    z = 0.2 / moves
    tried = 0.0 + 0.2 + moves * norm.pdf(z) - 0.2 * norm.sf(z)
    found = gaussian_values(GaussianArms((0.0, 0.2), (2.0, 0.0)), 2)
    assert found["optimal"] == pytest.approx(max(tried, 0.4), abs=1e-4)
    assert found["greedy"] == pytest.approx(0.4, abs=1e-4)


@pytest.fixture(scope="module")
def values():
    return gaussian_values(GaussianArms(), 20, 100)


def test_the_grid_is_fine_enough(values):
    finer = gaussian_values(GaussianArms(), 20, 200)
    assert values == pytest.approx(finer, abs=2e-3)
    assert values["thompson"] < values["greedy"] < values["optimal"] < values["oracle"]


@pytest.mark.parametrize("name", ["greedy", "thompson"])
def test_policies_against_simulation(values, name):
    rng = np.random.default_rng(3)
    n = 40_000
    mu = rng.normal(size=(n, 2))
    pulls, sums, earned = np.zeros((n, 2)), np.zeros((n, 2)), np.zeros(n)
    for t in range(20):
        mean, variance = sums / (1 + pulls), 1 / (1 + pulls)
        wish = mean if name == "greedy" else mean + np.sqrt(variance) * rng.normal(size=(n, 2))
        arm = np.argmax(wish, axis=1) if t else rng.integers(0, 2, n)
        row = np.arange(n)
        reward = mu[row, arm] + rng.normal(size=n)
        pulls[row, arm] += 1
        sums[row, arm] += reward
        earned += mu[row, arm]
    error = earned.std() / math.sqrt(n)
    assert abs(earned.mean() - values[name]) < 4 * error


def test_what_cannot_be_solved_is_refused():
    for arms in (GaussianArms(noise=0.0), GaussianArms(variances=(0.0, 0.0))):
        with pytest.raises(ConfigError):
            gaussian_values(arms, 3)
    with pytest.raises(ConfigError):
        gaussian_values(GaussianArms(), 0)
