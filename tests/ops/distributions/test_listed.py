"""A few listed actions of a larger space, by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.factored import FactoredCategorical, joint_actions
from ontogeny.ops.distributions.listed import Listed
from ontogeny.ops.distributions.mixture import Mixture

P = np.array([0.5, 0.3, 0.2])
ROWS = ((0, 2), (1, 0), (1, 1))  # of 2 × 3
SMALL = Listed(jnp.asarray(np.log(P), jnp.float32), ROWS, (2, 3))
FACTORS = np.log([0.4, 0.6, 0.2, 0.3, 0.5])
WHOLE = FactoredCategorical(jnp.asarray(FACTORS, jnp.float32), (2, 3))
Q = np.outer([0.4, 0.6], [0.2, 0.3, 0.5])


def test_it_is_a_choice_among_the_listed_and_nothing_else():
    @jax.jit
    def look(keys):
        one = Listed(jnp.zeros(2), (3, 1), (5,))
        return (
            jax.vmap(SMALL.log_probability)(jnp.asarray(joint_actions((2, 3)))),
            SMALL.joint().log_probabilities(),
            SMALL.entropy(),
            SMALL.mode(),
            jax.vmap(SMALL.sample)(keys),
            jax.vmap(one.log_probability)(jnp.array([1, 2])),
        )

    told = jax.device_get(look(jax.random.split(jax.random.key(0), 2000)))
    table, joint, entropy, mode, drawn, of_one = told
    np.testing.assert_allclose(np.exp(table), [0, 0, 0.5, 0.3, 0.2, 0], rtol=1e-6)
    np.testing.assert_allclose(np.exp(joint), np.exp(table), atol=1e-7)
    assert float(entropy) == pytest.approx(-(P * np.log(P)).sum())
    assert mode.tolist() == [0, 2]
    found = [(drawn == np.array(row)).all(axis=1).mean() for row in ROWS]
    np.testing.assert_allclose(found, P, atol=0.04)
    assert of_one.tolist() == [pytest.approx(-np.log(2)), -np.inf]


def test_divergences_are_over_all_actions_or_over_those_that_are_listed():
    q = np.array([Q[row] for row in ROWS])

    @jax.jit
    def look(logits):
        never = Listed(jnp.zeros(1), ((0, 0),), (2, 3))
        two = Listed(jnp.array([0.0, 1.0]), (0, 2), (4,))
        gradient = jax.grad(lambda x: two.kl_within(Categorical(x)))(logits)
        return SMALL.kl(WHOLE), SMALL.kl_within(WHOLE), SMALL.kl(never), gradient

    kl, inside, infinite, gradient = jax.device_get(look(np.float32([1, 0.5, -1, 2])))
    assert float(kl) == pytest.approx((P * np.log(P / q)).sum(), rel=1e-5)
    within = (P * np.log(P / (q / q.sum()))).sum()
    assert float(inside) == pytest.approx(within, rel=1e-5)
    assert infinite == np.inf
    # what is not listed is left alone: the gradient of the masked one there is nothing
    np.testing.assert_allclose(gradient[[1, 3]], 0, atol=1e-7)
    assert abs(gradient[0]) > 0.1


def test_mixed_with_a_policy_of_all_actions_it_sums_to_one():
    @jax.jit
    def look(actions):
        mixed = Mixture(jnp.array([0.25, 0.75]), (SMALL, WHOLE))
        both = Mixture(jnp.array([0.5, 0.5]), (SMALL, SMALL))
        table = jnp.exp(jax.vmap(mixed.log_probability)(actions))
        return table, mixed.entropy(), mixed.mode(), both.mode()

    table, entropy, mode, of_two = look(jnp.asarray(joint_actions((2, 3))))
    p = np.zeros((2, 3))
    for row, share in zip(ROWS, P, strict=True):
        p[row] = share
    np.testing.assert_allclose(table, (0.25 * p + 0.75 * Q).ravel(), rtol=1e-5)
    whole = (0.25 * p + 0.75 * Q).ravel()
    assert float(entropy) == pytest.approx(-(whole * np.log(whole)).sum(), rel=1e-5)
    assert mode.tolist() == [0, 2]
    assert of_two.tolist() == [0, 2]


def test_logits_and_actions_must_be_as_many():
    with pytest.raises(StructureError, match="3 listed actions"):
        Listed(jnp.zeros(2), ROWS, (2, 3))
