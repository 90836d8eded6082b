"""Who is a parent, and what comes from whom."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.evolution.breeding import best, one_point, roulette, uniform

KEY = jax.random.key(0)
MOTHER = {"a": jnp.zeros(4), "b": jnp.float32(0), "c": jnp.zeros((2, 2), jnp.int32)}
FATHER = jax.tree.map(jnp.ones_like, MOTHER)


def shares(draw, score, count=8000):
    return np.bincount(draw(KEY, jnp.asarray(score), count), minlength=len(score)) / count


def test_chances_follow_the_score_above_the_floor():
    np.testing.assert_allclose(
        shares(roulette(), [1.0, 3.0, 0.0, 4.0]), [0.125, 0.375, 0, 0.5], atol=0.02
    )
    found = shares(roulette(-1.0), [-1.0, 0.0, -5.0, -jnp.inf, 2.0])
    np.testing.assert_allclose(found, [0, 0.25, 0, 0, 0.75], atol=0.02)


def test_when_nobody_is_above_the_floor_all_who_live_have_the_same_chance():
    np.testing.assert_allclose(shares(roulette(), [-1.0, -jnp.inf, -3.0]), [0.5, 0, 0.5], atol=0.02)
    np.testing.assert_allclose(shares(roulette(), [-jnp.inf] * 4), [0.25] * 4, atol=0.02)


def test_the_best_fraction_of_the_living_have_the_same_chance():
    score = [5.0, 1.0, 4.0, -jnp.inf, 3.0]
    np.testing.assert_allclose(shares(best(0.5), score), [0.5, 0, 0.5, 0, 0], atol=0.02)
    np.testing.assert_allclose(shares(best(0.01), score), [1, 0, 0, 0, 0])
    with pytest.raises(ConfigError):
        best(0.0)


def flat(child):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(child)])


def test_one_point_takes_what_comes_first_from_the_mother_and_never_all():
    cross = jax.jit(jax.vmap(lambda key: one_point()(key, MOTHER, FATHER)))
    children = jax.device_get(cross(jax.random.split(KEY, 500)))
    rows = np.stack([flat(jax.tree.map(lambda x, i=i: x[i], children)) for i in range(500)])
    assert np.all(np.diff(rows, axis=1) >= 0)  # zeros, then ones
    cuts = np.bincount((rows == 0).sum(axis=1), minlength=10)
    assert cuts[0] == cuts[9] == 0
    assert np.all(cuts[1:9] > 30)  # 62 each
    assert jax.tree.map(lambda x: x.dtype, children) == jax.tree.map(lambda x: x.dtype, MOTHER)
    assert np.all(flat(one_point(0.0)(KEY, MOTHER, FATHER)) == 0)


def test_uniform_tosses_for_every_gene():
    cross = jax.jit(jax.vmap(lambda key: uniform(0.25)(key, MOTHER, FATHER)))
    children = jax.device_get(cross(jax.random.split(KEY, 2000)))
    for leaf in jax.tree.leaves(children):
        np.testing.assert_allclose(leaf.mean(axis=0), 0.25, atol=0.05)
