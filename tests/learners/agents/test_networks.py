"""What a policy's network says along a trajectory is what it says step by step, whatever its torso,
core and actions.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.heads import head_for
from ontogeny.learners.agents.network import policy_network
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.factored import FactoredCategorical
from ontogeny.ops.distributions.tanh_normal import TanhNormal
from ontogeny.worlds.grids.rooms import four_rooms
from ontogeny.worlds.multi_task import multi_task
from ontogeny.worlds.spaces import Box, Discrete, Factored
from ontogeny.worlds.world import World

LENGTH = 4
BEGINNINGS = (1, 3)
BEGINS = np.isin(np.arange(LENGTH), BEGINNINGS)


def world(shape=(3,), **parts) -> World:
    def nothing(*_):
        raise AssertionError("nobody acts in it")

    return World("still", shape, 2, nothing, nothing, **parts)


@pytest.mark.parametrize("core", ["none", "gru", "lstm"])
def test_along_a_trajectory_is_step_by_step_with_a_new_memory_where_an_episode_begins(core):
    network = policy_network(world(), ActorCriticConfig(core=core, core_units=4, hidden=(5,)))
    assert network.has_memory == (core != "none")

    seen = np.random.default_rng(0).normal(size=(LENGTH, 3)).astype(np.float32)

    @jax.jit
    def both(arrays, seen):
        # a memory of something, so that not to reset would show
        _, memory = network.step(arrays, jnp.ones(3), network.begin(arrays))
        whole, last = network.along(arrays, seen, jnp.asarray(BEGINS), memory)
        logits, values = [], []
        for t in range(LENGTH):
            memory = network.begin(arrays) if t in BEGINNINGS else memory
            said, memory = network.step(arrays, seen[t], memory)
            logits.append(said.distribution.logits)
            values.append(said.value)
        by_step = jnp.stack(logits), jnp.stack(values), memory
        return (whole.distribution.logits, whole.value, last), by_step

    whole, by_step = both(drawn(network.init), seen)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(by_step), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize(
    ("space", "kind", "n"),
    [
        (Discrete(4), Categorical, 4),
        (Factored((2, 3)), FactoredCategorical, 5),
        (Box((-1.0, 0.0), (1.0, 2.0)), TanhNormal, 4),
    ],
)
def test_every_space_has_its_head(space, kind, n):
    head = head_for(space)
    assert head.n_in == n
    assert isinstance(head.distribution(jnp.zeros(n)), kind)


@pytest.mark.parametrize(
    ("torso", "shape", "tokens"),
    [
        ("conv", (5, 5, 2), None),
        ("impala-small", (20, 20, 2), None),
        ("impala-large", (6, 6, 2), None),
        ("tokens", (4, 4, 2), (3, 5)),
    ],
)
def test_every_torso_fits_its_world(torso, shape, tokens):
    config = ActorCriticConfig(torso=torso, hidden=(7,), filters=4)
    network = policy_network(world(shape, tokens=tokens), config)

    def said():
        arrays = network.init(jax.random.key(0))
        return network.step(arrays, jnp.zeros(shape), ())[0]

    assert jax.eval_shape(said).distribution.logits.shape == (2,)


def test_tokens_are_needed_for_a_torso_of_tokens():
    with pytest.raises(ConfigError, match="the world says no `tokens`"):
        policy_network(world((4, 4, 2)), ActorCriticConfig(torso="tokens"))


def test_the_task_goes_by_the_torso():
    both = multi_task([four_rooms(), four_rooms()._replace(name="again")])
    network = policy_network(both, ActorCriticConfig(torso="conv", hidden=(8,), filters=4))
    seen = jnp.zeros(both.observation_shape)

    @jax.jit
    def values(arrays):
        tasks = jnp.stack([seen.at[..., 3].set(1), seen.at[..., 4].set(1)])
        weights = jnp.abs(arrays.value.weight[-2:, 0]).min()
        return jax.vmap(lambda o: network.step(arrays, o, ())[0].value)(tasks), weights

    (one, other), weight = values(drawn(network.init))
    assert weight > 0
    assert one != other
