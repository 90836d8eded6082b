"""Classifiers of digits: real images in three parts that do not mix, and claims by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn_state, with_drawn_start
from ontogeny.claims.measuring import seeds_from
from ontogeny.claims.pbt.digits import replayed
from ontogeny.claims.pbt.schedule import ARMS as WAYS
from ontogeny.claims.pbt.schedule import better
from ontogeny.claims.pbt.size import can_lose, wins
from ontogeny.core.errors import ConfigError
from ontogeny.learners.supervised.classifier import cross_entropy, logits
from ontogeny.nn.dense import Dense
from ontogeny.recipes.digits import DigitClassifier, parted
from ontogeny.testing import check_learner

KEY = jax.random.key(0)
SMALL = DigitClassifier(population=4, rounds=3, steps=10, hidden=(16,))
SEEDS = seeds_from(0, 2)


def test_the_parts_are_1797_real_digits_and_no_image_is_in_two():
    parts = parted()
    assert [len(part.label) for part in parts] == [900, 300, 597]
    rows = np.concatenate([np.asarray(part.pixels).reshape(-1, 64) for part in parts])
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert all(set(np.unique(part.label)) == set(range(10)) for part in parts)


def test_the_learner_keeps_the_contract():
    check_learner(with_drawn_start(SMALL.learner()), SMALL.space())


def test_the_loss_by_hand():
    said = jnp.log(jnp.array([[0.7, 0.2, 0.1], [0.25, 0.25, 0.5]]))
    expected = -(np.log(0.2) + np.log(0.5)) / 2
    assert cross_entropy(said, jnp.array([1, 2])) == pytest.approx(expected, rel=1e-5)


def test_dropout_silences_a_share_and_keeps_the_mean():
    shapes = jax.eval_shape(lambda: (Dense(64, 1000, 1.0, key=KEY), Dense(1000, 1, 1.0, key=KEY)))
    # each hidden unit says 65, their sum 65,000
    layers = jax.tree.map(lambda leaf: np.ones(leaf.shape, leaf.dtype), shapes)
    pixels = jnp.asarray(np.ones((8, 8, 8), np.float32))

    @jax.jit
    def said(layers, key):
        rates = [jnp.float32(rate) for rate in (0.5, 0.0)]
        return logits(layers, pixels), *(logits(layers, pixels, key, rate) for rate in rates)

    whole, half, none = jax.device_get(said(layers, KEY))
    assert np.all(whole == 65_001)
    assert not np.any(half == 65_001)
    np.testing.assert_allclose(half, whole, rtol=0.15)
    assert np.array_equal(none, whole)


def test_a_step_is_sgd_with_momentum():
    recipe = DigitClassifier(hidden=(), batch=7)
    learner, train = recipe.learner(), parted().train

    @jax.jit
    def step_and_gradient(key, hypers):
        state = learner.init(key, {})
        state = state._replace(velocity=jax.tree.map(jnp.ones_like, state.layers))
        chosen = jax.random.randint(jax.random.split(key)[0], (7,), 0, 900)
        pixels, label = jnp.asarray(train.pixels)[chosen], jnp.asarray(train.label)[chosen]
        gradient = jax.grad(lambda w: cross_entropy(logits(w, pixels), label))(state.layers)
        return state, learner.step(key, state, hypers)[0], gradient

    hypers = {"learning_rate": jnp.float32(0.1), "dropout": jnp.float32(0.0)}
    state, after, gradient = jax.device_get(step_and_gradient(KEY, hypers))
    expected = state.layers[0].weight - 0.1 * (0.9 + gradient[0].weight)
    np.testing.assert_allclose(after.layers[0].weight, expected, atol=1e-6)


def test_a_schedule_is_lived_again_by_fresh_members_and_they_learn():
    rates = np.array([[0.1, 0.1, 0.01], [0.2, 0.1, 0.02]], np.float32)
    lived = replayed(SMALL, {"learning_rate": rates, "dropout": 0 * rates}, SEEDS)
    expected = np.broadcast_to(rates[..., None], (2, 3, 4))
    assert np.array_equal(lived.rounds.hypers["learning_rate"], expected)
    assert lived.score.shape == (2, 3, 4)
    assert lived.test.shape == (2, 4)
    assert not np.allclose(lived.test[0], lived.test[1])
    assert np.all(lived.score[:, -1].max(axis=-1) > -np.log(10))  # better than knowing nothing


def test_the_product_says_the_likeliest_digit():
    product = SMALL.product(drawn_state(SMALL.learner()))
    images = parted().test.pixels[:5]
    said = jax.jit(logits)(product.layers, images)
    assert np.array_equal(product(images), np.argmax(said, axis=-1))


@pytest.mark.parametrize("fields", [{"batch": 0}, {"hidden": (0,)}])
def test_a_recipe_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ConfigError, match="batch"):
        DigitClassifier(**fields)


@pytest.mark.parametrize("gain", [0.1, 0.0, -0.1])
def test_the_schedules_claim_holds_only_if_the_interval_is_on_its_side(gain):
    noise = np.linspace(-0.01, 0.01, 20)
    loss = dict(zip(WAYS, [np.full(20, 0.5), 0.5 - gain + noise, np.full(20, 0.4)], strict=True))
    claim = better(WAYS[1], loss, "here", 0)
    assert claim.holds == (gain > 0)
    assert f"in {np.mean(noise < gain):.0%} of the seeds" in claim.measured


def test_the_sizes_claims_by_hand():
    base = {"random search": np.full(20, 0.2)}
    loses = {**base, "PBT": np.where(np.arange(20) < 10, 0.3, 0.15)}
    wins_all = {**base, "PBT": np.full(20, 0.1)}
    assert wins(16, wins_all, "here", 0).holds
    assert not wins(16, {**base, "PBT": np.full(20, 0.2)}, "here", 0).holds
    assert can_lose({8: loses, 16: wins_all}, "here", 0).holds
    assert not can_lose({8: wins_all, 16: loses}, "here", 0).holds
    assert "lost 50% of the seeds with 8, 0% of the seeds with 16" in (
        can_lose({8: loses, 16: wins_all}, "here", 0).measured
    )
