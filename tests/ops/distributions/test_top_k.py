"""The k likeliest outcomes, and the rest as one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.ops.distributions.categorical import Categorical, jensen_shannon
from ontogeny.ops.distributions.top_k import top_k

P = jnp.log(jnp.array([0.1, 0.5, 0.05, 0.25, 0.1]))
Q = jnp.log(jnp.array([0.2, 0.25, 0.25, 0.25, 0.05]))


def test_two_are_kept_and_the_rest_is_one():
    @jax.jit
    def look():
        kept = top_k(Categorical(P), 2)
        pair = kept.distribution(), kept.gathered(Categorical(Q))
        whole = top_k(Categorical(P), 4)
        parts = whole.distribution().kl(whole.gathered(Categorical(Q)))
        slope = jax.grad(lambda q: kept.distribution().kl(kept.gathered(Categorical(q))))(Q)
        return kept, pair, pair[0].kl(pair[1]), parts, slope, jax.vmap(kept.event)(jnp.arange(5))

    kept, (p, q), apart, whole, slope, events = look()
    np.testing.assert_array_equal(kept.outcome, [1, 3])
    np.testing.assert_allclose(jnp.exp(p.logits), [0.5, 0.25, 0.25], rtol=1e-5)
    np.testing.assert_allclose(jnp.exp(q.logits), [0.25, 0.25, 0.5], rtol=1e-5)
    np.testing.assert_allclose(apart, 0.25 * np.log(2), rtol=1e-5)  # .5 ln 2 + .25 ln 1/2
    assert apart < Categorical(P).kl(Categorical(Q))
    np.testing.assert_allclose(whole, Categorical(P).kl(Categorical(Q)), rtol=1e-5)
    np.testing.assert_array_equal(events, [2, 0, 2, 1, 2])
    # q - p of each event, shared out as q is within the rest
    np.testing.assert_allclose(slope, [0.1, -0.25, 0.125, 0, 0.025], atol=1e-6)


def test_where_nothing_is_left_it_stays_finite():
    @jax.jit
    def look(sure, other):
        kept = top_k(Categorical(sure), 1)
        return jax.value_and_grad(lambda q: kept.distribution().kl(kept.gathered(Categorical(q))))(
            other
        )

    value, slope = look(np.float32([0, -200, -200]), np.zeros(3, np.float32))
    np.testing.assert_allclose(value, np.log(3), rtol=1e-5)
    np.testing.assert_allclose(slope, [-2 / 3, 1 / 3, 1 / 3], atol=1e-5)


def test_jensen_shannon_by_hand():
    half, other = jnp.log(jnp.array([0.5, 0.5])), jnp.log(jnp.array([0.25, 0.75]))
    m = np.array([0.375, 0.625])
    by_hand = 0.5 * (0.5 * np.log(0.5 / m)).sum() + 0.5 * (
        0.25 * np.log(0.25 / m[0]) + 0.75 * np.log(0.75 / m[1])
    )
    np.testing.assert_allclose(jensen_shannon(half, other), by_hand, rtol=1e-5)
    np.testing.assert_allclose(jensen_shannon(other, half), by_hand, rtol=1e-5)
    apart = jnp.array([0.0, -300.0]), jnp.array([-300.0, 0.0])
    np.testing.assert_allclose(jensen_shannon(*apart), np.log(2), rtol=1e-6)
    value, slope = jax.value_and_grad(jensen_shannon)(half, half)
    np.testing.assert_allclose([value, *slope], 0, atol=1e-7)
    # divided by a small weight it is KL(p || q)
    kl = Categorical(half).kl(Categorical(other))
    np.testing.assert_allclose(jensen_shannon(half, other, 1e-3) / 1e-3, kl, rtol=1e-2)
