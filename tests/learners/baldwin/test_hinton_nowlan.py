"""Hinton and Nowlan's learner, held against the exact facts of their model."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.baldwin.needle import chance_to_succeed, chance_unspoilt
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.evolve import evolve
from ontogeny.learners.baldwin.hinton_nowlan import (
    OPEN,
    RIGHT,
    WRONG,
    Genome,
    alleles,
    guesses,
    hinton_nowlan,
)
from ontogeny.recipes.hinton_nowlan import HintonNowlan
from ontogeny.testing import check_learner

KEYS = jax.random.split(jax.random.key(0), 20_000)


def live(genes, **settings):
    learner, hypers = hinton_nowlan(**settings), {"alleles": jnp.asarray(genes)}

    def one(key):
        state, _ = learner.step(key, learner.init(key, hypers), hypers)
        return state, learner.score(key, state, hypers)

    return jax.jit(jax.vmap(one))(KEYS[:2000])


def test_the_exact_facts_of_the_model():
    assert chance_unspoilt() == pytest.approx(0.003171, abs=5e-7)
    assert chance_to_succeed() == pytest.approx(5.58e-4, abs=5e-7)
    # One place and one trial, by hand: right 1/4, and open 1/2 of which the guess is right 1/2.
    assert chance_to_succeed(1, 1) == pytest.approx(0.5)


@pytest.mark.parametrize("n_open", [0, 1, 5])
def test_guesses_are_geometric(n_open):
    needed = np.asarray(jax.jit(jax.vmap(lambda key: guesses(key, jnp.int32(n_open))))(KEYS))
    p = 2.0**-n_open
    assert needed.min() == 1
    assert np.mean(needed == 1) == pytest.approx(p, abs=0.015)
    assert needed.mean() == pytest.approx(1 / p, rel=0.03)


def test_one_wrong_place_is_never_right_however_long_it_learns():
    state, score = live([WRONG] + [RIGHT] * 19)
    assert not np.any(state.solved)
    assert np.all(score == 1)


def test_fitness_counts_the_guesses_that_are_left():
    _, score = live([RIGHT] * 20)
    np.testing.assert_allclose(score, 1 + 19 * 999 / 1000)
    _, score = live([RIGHT] * 18 + [OPEN] * 2)
    assert float(score.mean()) == pytest.approx(1 + 19 * 996 / 1000, abs=0.005)  # 4 on average


def test_without_learning_an_open_place_is_never_right():
    assert np.all(live([RIGHT] * 19 + [OPEN], inheritance="darwin")[1] == 1)
    assert np.all(live([RIGHT] * 20, inheritance="darwin")[1] > 19)


def test_lamarck_writes_into_the_genes_what_was_found_and_only_that():
    learner = hinton_nowlan("lamarck", trials=2)
    hypers = {"alleles": jnp.array([RIGHT, OPEN])}

    def one(key):
        state, _ = learner.step(key, learner.init(key, hypers), hypers)
        return state.solved, learner.bequeath(state, hypers)["alleles"]

    solved, left = jax.jit(jax.vmap(one))(KEYS[:400])
    assert np.mean(solved) == pytest.approx(0.75, abs=0.06)  # two guesses of one place
    assert np.all(left[solved] == RIGHT)
    assert np.all(left[~solved] == jnp.array([RIGHT, OPEN]))
    assert hinton_nowlan("baldwin").bequeath is None


def test_it_is_a_learner_and_genomes_begin_as_they_should():
    check_learner(hinton_nowlan("lamarck"), alleles())
    drawn = np.asarray(jax.jit(jax.vmap(alleles().sample))(KEYS[:5000])["alleles"])
    shares = [np.mean(drawn == allele) for allele in (WRONG, RIGHT, OPEN)]
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.5], atol=0.01)
    with pytest.raises(ConfigError):
        hinton_nowlan(trials=0)


def test_learning_guides_evolution():
    """Smaller than the original, so that it is quick: 10 places, 200 genomes, 100 guesses."""
    ends = {}
    for mode in ("baldwin", "lamarck"):
        recipe = HintonNowlan(population=200, rounds=25, inheritance=mode, loci=10, trials=100)
        space = recipe.space()
        _, rounds = jax.jit(
            lambda recipe=recipe, space=space: evolve(
                recipe.learner(), space, recipe.strategy.build(space), 0, 200, recipe.rounds, 1
            )
        )()
        ends[mode] = {name: float(rows[-1].mean()) for name, rows in rounds.metrics.items()}
    assert ends["baldwin"]["wrong"] == 0
    assert ends["baldwin"]["right"] > 0.6
    assert ends["lamarck"]["right"] > 0.95


def test_the_recipe_breeds_as_the_original_and_its_product_knows_its_chance():
    recipe = HintonNowlan()
    assert isinstance(recipe.strategy, Baldwin)
    assert (recipe.strategy.parents, recipe.strategy.crossover) == ("roulette", "one-point")
    assert recipe.strategy.deviation == 0
    assert Genome(np.array([1, 2, 2]), 3)() == pytest.approx(1 - 0.75**3)
    assert Genome(np.array([0, 1, 1]), 3)() == 0
