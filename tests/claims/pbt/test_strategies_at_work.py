"""Strategies at work: on the noisy quadratic, and inside the program that two devices share."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.measuring import seeds_from
from ontogeny.claims.pbt.strategies import ARMS, alone, best, lived, lower
from ontogeny.evolution.evolve import evolve
from ontogeny.evolution.pb2 import PB2
from ontogeny.recipes.quadratic import Quadratic


@pytest.fixture(scope="module")
def rounds():
    """Return the rounds of every strategy with eight members, [seed, round, pop]."""
    return lived(Quadratic(population=8), ARMS, seeds_from(0, 3))


def test_schedules_beat_fixed_rates_and_the_bandit_is_best_of_few(rounds):
    loss = {name: np.mean(best(one)) for name, one in rounds.items()}
    assert loss["PB2"] < loss["PBT"] < loss["MF-PBT"] < loss["random search"]
    assert loss["random search"] < loss["successive halving"]  # newcomers have had less time


def test_who_inherits_in_each(rounds):
    moved = {
        name: np.mean(np.asarray(one.move.parent)[:, 1:] != np.arange(8))
        for name, one in rounds.items()
    }
    born = {name: np.mean(~np.asarray(one.move.inherit)[:, 1:]) for name, one in rounds.items()}
    assert moved["random search"] == moved["successive halving"] == 0
    assert moved["PBT"] == moved["PB2"] == 0.25
    assert 0.1 < moved["MF-PBT"] < 0.3  # two homes: one that evolves every round, one every tenth
    assert born["successive halving"] > 0.2
    assert sum(born.values()) == born["successive halving"]


def test_pb2_runs_in_the_program_that_two_devices_share():
    """LAPACK's solvers have hung there."""
    recipe = Quadratic(population=4, rounds=4, steps=2, strategy=PB2(window=8))
    assert jax.device_count() == 2
    shared = list(recipe.executor.prepare(recipe.job()).rounds())
    job = recipe.job()
    alone = jax.jit(lambda s: evolve(job.learner, job.space, job.strategy, s, 4, 4, 2)[1])
    expected = alone(jnp.uint32(0))
    for number, one in enumerate(shared):
        assert np.array_equal(one.move.parent, expected.move.parent[number])
        rates = expected.hypers["learning_rate"][number]
        np.testing.assert_allclose(one.hypers["learning_rate"], rates, rtol=1e-4)


def test_the_claims_rule_by_hand():
    loss = {"MF-PBT": np.linspace(0.1, 0.2, 9), "PBT": np.linspace(0.1, 0.2, 9) + 0.1}
    claim = lower("it is lower", "paper", "MF-PBT", loss, "here", 0)
    assert claim.holds
    assert "lower by 0.1 [0.1, 0.1]" in claim.measured
    assert not lower("it is lower", "paper", "PBT", loss, "here", 0).holds


def test_a_schedule_alone_is_the_winners_ancestry_lived_again(monkeypatch):
    """Slot 1 wins at the end and came from slot 0 after the first round: rates 0.1, then 0.4."""
    from ontogeny.claims.pbt import strategies as pbt_strategies
    from ontogeny.core.population import Move
    from ontogeny.evolution.evolve import Round

    parent = np.array([[[0, 1], [0, 0]]])
    rates = np.array([[[0.1, 0.2], [0.3, 0.4]]], np.float32)
    score = np.array([[[5.0, 1.0], [2.0, 3.0]]], np.float32)
    asked = {}

    def replays(recipe, schedules, seeds):
        asked.update(schedules)
        return Round(Move(parent, parent == 0, {}), {}, score[None], {})

    monkeypatch.setattr(pbt_strategies, "replays", replays)
    given = Round(Move(parent, parent >= 0, {}), {"learning_rate": rates}, score, {})
    assert alone(Quadratic(), given, seeds_from(0, 1)) == pytest.approx(-2.5)
    np.testing.assert_allclose(asked["learning_rate"], [[[0.1, 0.4]]], rtol=1e-6)
