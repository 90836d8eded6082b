"""The two-parameter example: the paper's start, a step, and the tie that luck breaks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.measuring import seeds_from
from ontogeny.claims.pbt.toy import multiply, stay
from ontogeny.claims.trials import trials
from ontogeny.core.space import Linear, Space
from ontogeny.evolution.evolve import evolve
from ontogeny.evolution.explore import keep
from ontogeny.evolution.pbt import PBT, pbt
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.selection import truncation
from ontogeny.recipes.toy import Toy, quality

SEEDS = seeds_from(0, 3)


def test_it_starts_as_the_paper_does():
    job = Toy().job()
    assert (job.population, job.rounds * job.steps) == (2, 200)
    assert np.array_equal(job.hypers["h"], [[1, 0], [0, 1]])
    assert np.allclose(job.learner.init(jax.random.key(0), {}), [0.9, 0.9])
    assert Toy().strategy == PBT(explore="jitter", deviation=0.1)


def test_one_step_climbs_the_surrogate_and_not_the_score():
    learner, start = Toy().learner(), jnp.array([0.9, 0.9])
    after, metrics = learner.step(jax.random.key(0), start, {"h": jnp.array([1.0, 0.0])})
    assert np.allclose(after, [0.9 * (1 - 0.02), 0.9])
    assert metrics["surrogate"] == pytest.approx(1.2 - 0.81)
    assert learner.score(jax.random.key(0), start, {}) == pytest.approx(1.2 - 2 * 0.81)


def test_more_members_take_turns_at_seeing_an_axis():
    assert np.array_equal(Toy(population=3).first_hypers()["h"], [[1, 0], [0, 1], [1, 0]])


def test_the_strategy_options_of_the_command_line_apply():
    recipe = Toy(strategy=RandomSearch())
    job = recipe.job()
    grown, _ = jax.jit(
        lambda: evolve(job.learner, job.space, job.strategy, 0, 2, 50, 4, job.hypers)
    )()
    assert np.max(grown.score) == pytest.approx(0.39, abs=1e-3)


class Even(Toy):
    """The toy with a score that rounding can't tell apart: both axes are worth exactly the same."""

    def learner(self):
        learner = super().learner()

        def score(key, theta, hypers):
            return jnp.round(learner.score(key, theta, hypers), 4)

        return learner._replace(score=score)


def test_third_trap_without_luck_nobody_breaks_the_tie():
    """Where equal scores are not told apart at random, exploitation never begins."""

    def strictly_better(key, score, recent):
        return jnp.where(score < jnp.max(score), jnp.argmax(score), jnp.arange(2))

    recipe = Even()
    strategies = {
        name: pbt(recipe.space(), select, keep(), copy="weights")
        for name, select in (("strict", strictly_better), ("at random", truncation(0.5)))
    }
    rounds = dict(trials(recipe, strategies, SEEDS))
    assert np.allclose(rounds["strict"].score[:, -1], 0.39, atol=1e-3)
    assert np.all(rounds["strict"].move.parent == np.arange(2))
    assert np.all(rounds["at random"].score[:, -1] > 1.17)


def test_the_explorations_of_the_table():
    space, h = Space({"h": Linear(0, 2, shape=(100,))}), {"h": jnp.tile(jnp.array([0.0, 1.0]), 50)}
    moved = np.asarray(multiply()(jax.random.key(0), space, h)["h"])
    assert np.all(moved[::2] == 0)
    assert set(np.round(np.float64(moved[1::2]), 4)) == {0.8, 1.2}
    score = jnp.arange(3.0)
    assert np.array_equal(stay()(jax.random.key(0), score, score[:, None]), [0, 1, 2])


def test_the_product_is_the_point():
    point = Toy().product(jnp.array([0.5, -0.25]))
    assert point() == quality(jnp.array([0.5, -0.25])) == pytest.approx(1.2 - 0.3125)


def test_the_recipe_survives_its_json():
    recipe = Toy(rounds=7, strategy=PBT(explore="jitter", deviation=0.2))
    assert Toy.from_json(recipe.to_json()) == recipe
