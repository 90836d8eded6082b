"""Mixtures against their definition: exact probabilities, and gradients that part by
responsibility.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import Categorical, MaskedCategorical
from ontogeny.ops.distributions.factored import FactoredCategorical
from ontogeny.ops.distributions.mixture import Mixture
from ontogeny.ops.distributions.tanh_normal import TanhNormal

LOGITS = jnp.asarray(np.log([[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]]), jnp.float32)
ALLOWED = jnp.array([True, True, False])
P = np.array([[2 / 3, 1 / 3, 0.0], [0.2, 0.2, 0.6]])


def mixed(alpha, logits=LOGITS):
    parts = MaskedCategorical(logits[0], ALLOWED), Categorical(logits[1])
    return Mixture(jnp.stack([1 - alpha, alpha]), parts)


@jax.jit
def ask(alpha):
    mixture = mixed(alpha)
    each = jnp.arange(3)
    drawn = jax.vmap(mixture.sample)(jax.random.split(jax.random.key(0), 400))
    return (
        jax.vmap(mixture.log_probability)(each),
        jax.vmap(mixture.responsibilities)(each),
        mixture.entropy(),
        mixture.mode(),
        drawn,
    )


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_probabilities_and_responsibilities(alpha):
    log_p, shares, entropy, mode, drawn = jax.device_get(ask(np.float32(alpha)))
    p = (1 - alpha) * P[0] + alpha * P[1]
    np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_p).sum(), 1.0, rtol=1e-6)
    assert np.all(np.isneginf(log_p[p == 0]))
    taken = p > 0
    by_hand = np.stack([(1 - alpha) * P[0], alpha * P[1]], axis=1)[taken] / p[taken, None]
    np.testing.assert_allclose(np.array(shares)[taken], by_hand, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(entropy, -np.sum(p[taken] * np.log(p[taken])), rtol=1e-5)
    assert mode == np.argmax(p)
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 400, p, atol=0.1)


def test_its_gradient_parts_by_responsibility_and_a_part_without_weight_has_none():
    def log_p(logits, alpha):
        return mixed(alpha, logits).log_probability(jnp.int32(0))

    gradient = jax.jit(jax.grad(log_p))
    share = 0.7 * P[0, 0] / (0.7 * P[0, 0] + 0.3 * P[1, 0])
    by_hand = np.stack([share * (np.eye(3)[0] - P[0]), (1 - share) * (np.eye(3)[0] - P[1])])
    np.testing.assert_allclose(gradient(LOGITS, jnp.float32(0.3)), by_hand, atol=1e-6)
    alone = gradient(LOGITS, jnp.float32(1.0))
    np.testing.assert_array_equal(alone[0], 0.0)
    np.testing.assert_allclose(alone[1], np.eye(3)[0] - P[1], atol=1e-6)


def test_it_never_diverges_from_a_part_by_more_than_the_weighted_divergence_of_the_others():
    """KL(mixture || second) <= (1 - alpha) KL(first || second): the entropy is concave."""

    def both(key, alpha):
        first, second = (Categorical(x) for x in 2 * jax.random.normal(key, (2, 5)))
        mixture = Mixture(jnp.stack([1 - alpha, alpha]), (first, second))
        return mixture.kl(second), (1 - alpha) * first.kl(second)

    keys = jax.random.split(jax.random.key(0), 50)
    lower, upper = jax.jit(jax.vmap(both))(keys, jnp.linspace(0.01, 0.99, 50))
    assert (np.asarray(lower) <= np.asarray(upper) + 1e-6).all()
    assert (np.asarray(lower) >= -1e-6).all()


def test_parts_of_several_choices_mix_over_their_joint_actions():
    @jax.jit
    def look(action):
        parts = tuple(FactoredCategorical(x, (2, 3)) for x in (jnp.arange(5.0), jnp.ones(5)))
        mixture = Mixture(jnp.array([0.5, 0.5]), parts)
        table = mixture.joint().log_probabilities()
        return table, mixture.log_probability(action), mixture.mode()

    table, said, mode = jax.device_get(look(jnp.array([1, 2])))
    np.testing.assert_allclose(np.exp(table).sum(), 1.0, rtol=1e-5)
    np.testing.assert_allclose(said, table[5], rtol=1e-5)
    np.testing.assert_array_equal(mode, [1, 2])


def test_continuous_parts_have_exact_densities_but_no_entropy():
    zero, one = jnp.array([0.0]), jnp.array([1.0])
    parts = tuple(
        TanhNormal(mean, zero, jnp.array([-1.0]), one) for mean in (jnp.array([-1.0]), one)
    )
    mixture = Mixture(jnp.array([0.25, 0.75]), parts)

    @jax.jit
    def look(action):
        asked = (*parts, mixture)
        return [jnp.exp(each.log_probability(action)) for each in asked], mixture.mode()

    p, mode = look(jnp.array([0.4]))
    np.testing.assert_allclose(p[2], 0.25 * p[0] + 0.75 * p[1], rtol=1e-5)
    assert mode[0] > 0
    with pytest.raises(StructureError, match="no closed form"):
        mixture.entropy()
