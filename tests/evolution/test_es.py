"""The evolution strategy: its contract, and that its mean goes up."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Integer, Linear, Log, Space
from ontogeny.evolution.es import ES, es
from ontogeny.evolution.evolve import evolve
from ontogeny.testing import check_strategy

SPACE = Space(
    {
        "weights": Linear(-5.0, 5.0, prior=(-0.1, 0.1), shape=(2,)),
        "rate": Log(1e-3, 10.0, prior=(0.1, 0.1)),
        "season": Integer(0, 2**31 - 1, prior=(0, 0)),
    }
)


def test_it_is_a_strategy():
    check_strategy(es(SPACE), SPACE, rounds=1)


def test_the_mean_climbs_on_every_scale():
    def quality(hypers):
        return -jnp.sum((hypers["weights"] - 1) ** 2) - jnp.log(hypers["rate"]) ** 2

    learner = Learner(
        lambda key, hypers: jnp.float32(0),
        lambda key, state, hypers: (state, {}),
        lambda key, state, hypers: quality(hypers),
    )
    strategy = es(SPACE, deviation=0.1, learning_rate=0.1)
    _, rounds = jax.jit(lambda: evolve(learner, SPACE, strategy, 0, 16, 60, 1))()
    weights, rate = np.asarray(rounds.hypers["weights"]), np.asarray(rounds.hypers["rate"])
    assert np.all(np.abs(weights[0]) < 0.11)
    np.testing.assert_allclose(weights[-1].mean(axis=0), 1.0, atol=0.25)
    assert abs(np.log(rate[-1]).mean()) < 0.3  # from 0.1 to 1
    assert abs(weights[-1].std() - 0.1) < 0.04
    season = np.asarray(rounds.hypers["season"])
    assert np.all(season == season[:, :1])
    assert np.all(np.diff(season[:, 0]) == np.append(season[1, 0], np.ones(58)))


@pytest.mark.parametrize("settings", [{"deviation": 0.0}, {"learning_rate": -1.0}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        ES(**settings).build(SPACE)


def test_a_platform_that_is_not_there_is_said_before_evosax_computes(monkeypatch):
    def no_devices():
        raise AssertionError  # as JAX does

    monkeypatch.setattr(jax, "device_count", no_devices)
    with pytest.raises(ConfigError, match="JAX finds no device of the kind"):
        es(SPACE)
