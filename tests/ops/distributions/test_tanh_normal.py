"""Squashed normals against distrax, and against integrals on a fine grid."""

from __future__ import annotations

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.tanh_normal import TanhNormal

LOW, HIGH = np.float32([-2, 0]), np.float32([2, 1])
POLICY = TanhNormal(*map(jnp.float32, ([0.3, -0.7], [-0.5, 0.2], LOW, HIGH)))
OTHER = TanhNormal(*map(jnp.float32, ([0.0, 0.1], [0.1, -0.3], LOW, HIGH)))


def test_densities_and_divergence_are_those_of_distrax():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import distrax

    def squashed(policy):
        normal = distrax.MultivariateNormalDiag(policy.mean, jnp.exp(policy.log_deviation))
        scale = distrax.ScalarAffine((HIGH + LOW) / 2, (HIGH - LOW) / 2)
        squash = distrax.Block(distrax.Chain([scale, distrax.Tanh()]), 1)
        return distrax.Transformed(normal, squash)

    @jax.jit
    def look(actions):
        theirs, other = squashed(POLICY), squashed(OTHER)
        own = jax.vmap(POLICY.log_probability)(actions), POLICY.kl(OTHER), POLICY.kl(POLICY)
        return own, (theirs.log_prob(actions), theirs.kl_divergence(other))

    places = np.float32([[0.5, 0.5], [0.1, 0.9], [0.99, 0.02]])
    (log_p, kl, none), (their_log_p, their_kl) = look(np.asarray(LOW + (HIGH - LOW) * places))
    np.testing.assert_allclose(log_p, their_log_p, rtol=1e-4)
    np.testing.assert_allclose(kl, their_kl, rtol=1e-5)
    np.testing.assert_allclose(none, 0.0, atol=1e-7)


def test_the_density_integrates_to_one_and_its_entropy_is_the_integral():
    place = (np.arange(4000) + 0.5) / 4000

    def one(number):
        policy = TanhNormal(*(leaf[number][None] for leaf in POLICY))
        width = policy.high - policy.low
        log_p = jax.vmap(policy.log_probability)(policy.low + width * jnp.float32(place)[:, None])
        density = jnp.exp(log_p) * width / place.size
        return jnp.sum(density), -jnp.sum(density * log_p)

    mass, entropy = jax.jit(jax.vmap(one))(jnp.arange(2))
    np.testing.assert_allclose(mass, 1.0, rtol=1e-3)
    np.testing.assert_allclose(POLICY.entropy(), entropy.sum(), rtol=2e-3)


def test_samples_keep_to_the_bounds_and_a_bound_has_a_finite_density_and_gradient():
    wide = POLICY._replace(log_deviation=jnp.full(2, 3.0))

    @jax.jit
    def ask(policy):
        drawn = jax.vmap(policy.sample)(jax.random.split(jax.random.key(0), 300))
        ends = jnp.stack([LOW, HIGH])
        at_ends, gradient = jax.vmap(
            jax.value_and_grad(lambda p, a: p.log_probability(a)), in_axes=(None, 0)
        )(policy, ends)
        return drawn, at_ends, gradient.mean

    drawn, at_ends, gradient = ask(wide)
    assert bool(jnp.all((drawn >= LOW) & (drawn <= HIGH)))
    assert np.isfinite(at_ends).all()
    assert np.isfinite(gradient).all()
    np.testing.assert_allclose(
        wide.mode(), LOW + (HIGH - LOW) * (np.tanh(wide.mean) + 1) / 2, rtol=1e-5
    )


def test_another_space_is_refused():
    with pytest.raises(StructureError, match="over the same box"):
        POLICY.kl(Categorical(jnp.zeros(2)))
