"""Actions of several parts, against the same distribution over whole actions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.ops.distributions.factored import FactoredCategorical, joint_actions


@pytest.mark.parametrize("sizes", [(2, 3), (3, 3)])
def test_it_is_the_product_of_its_parts(sizes):
    actions = joint_actions(sizes)

    @jax.jit
    def ask(logits, other):
        policy, second = FactoredCategorical(logits, sizes), FactoredCategorical(other, sizes)
        joint = policy.joint()
        return (
            jax.vmap(policy.log_probability)(actions),
            joint.log_probabilities(),
            policy.entropy(),
            joint.entropy(),
            policy.kl(second),
            joint.kl(second.joint()),
            policy.mode(),
            joint.mode(),
            jax.vmap(policy.sample)(jax.random.split(jax.random.key(1), 500)),
        )

    logits = jax.random.normal(jax.random.key(0), (2, sum(sizes)))
    log_p, all_log_p, entropy, all_entropy, kl, all_kl, mode, all_mode, drawn = ask(*logits)
    np.testing.assert_allclose(log_p, all_log_p, rtol=1e-5)
    np.testing.assert_allclose(entropy, all_entropy, rtol=1e-5)
    np.testing.assert_allclose(kl, all_kl, rtol=1e-5)
    np.testing.assert_array_equal(mode, actions[all_mode])
    seen = np.array([np.all(drawn == action, axis=1).mean() for action in actions])
    np.testing.assert_allclose(seen, np.exp(log_p), atol=5 * np.sqrt(0.25 / 500))


def test_the_joint_of_two_parts_by_hand():
    policy = FactoredCategorical(jnp.log(jnp.array([0.25, 0.75, 0.5, 0.3, 0.2])), (2, 3))
    expected = np.outer([0.25, 0.75], [0.5, 0.3, 0.2]).reshape(-1)
    np.testing.assert_allclose(np.exp(policy.joint().log_probabilities()), expected, rtol=1e-5)
    np.testing.assert_array_equal(joint_actions((2, 3))[4], [1, 1])


def test_logits_and_parts_that_do_not_fit_are_refused():
    with pytest.raises(StructureError, match="as many logits as the sizes' sum"):
        FactoredCategorical(jnp.zeros(4), (2, 3))
    with pytest.raises(StructureError, match="the same parts"):
        FactoredCategorical(jnp.zeros(5), (2, 3)).kl(FactoredCategorical(jnp.zeros(5), (3, 2)))
