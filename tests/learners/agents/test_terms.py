"""Losses that plug in: their hypers, their state, what they add to rewards and to the loss."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Linear, Log
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig, settings
from ontogeny.learners.agents.terms import Term, Tunable, space_of
from ontogeny.worlds.grids.random_grids import grid_world

WORLD = grid_world(size=3)._replace(render=None)
PUSH = Tunable(2.0, Log(1e-2, 1e1))


def agent(**fields):
    return ActorCriticConfig(
        hidden=(4,), environments=4, unroll=3, epochs=1, minibatches=2, **fields
    )


def towards(action: int) -> Term:
    """Return a term that pulls the policy to one action, wherever it is."""

    def loss(outputs, trajectory, notes, hypers):
        del notes
        aim = jnp.full(trajectory.reward.shape, action)
        said = jax.vmap(lambda d, a: d.log_probability(a))(outputs.distribution, aim)
        return -hypers["push"] * jnp.mean(said), {"agreement": jnp.mean(jnp.exp(said))}

    return Term("towards", loss, {"push": PUSH})


def counted() -> Term:
    """Return a term that counts steps from rollout to rollout, and pays the count."""

    def note(state, trajectory, hypers):
        del hypers
        counts = state + 1 + jnp.arange(trajectory.reward.shape[0])
        return counts[-1], counts

    return Term(
        "counted",
        lambda outputs, trajectory, notes, hypers: (
            0.0 * jnp.mean(outputs.value),
            {"last": notes[-1]},
        ),
        init=lambda key, begin: jnp.int32(0),
        note=note,
        reward=lambda rewards, trajectory, notes, hypers: rewards + notes,
    )


RATE = {"learning_rate": np.float32(0.02)}


def program(*terms):
    """Return what lives two steps from the hypers, and gives the state and the last metrics."""
    learner = actor_critic(WORLD, agent(), terms)

    @jax.jit
    def stepped(hypers):
        key = jax.random.key(0)
        state, metrics = jax.lax.scan(
            lambda s, k: learner.step(k, s, hypers),
            learner.init(key, hypers),
            jax.random.split(key, 2),
        )
        return state, jax.tree.map(lambda x: x[-1], metrics)

    return stepped


@pytest.fixture(scope="module")
def plain():
    """Return the state and the metrics without a term."""
    return program()(RATE)


def test_a_term_without_weight_changes_nothing_and_with_one_it_pulls(plain):
    plain, metrics = plain
    pulling = program(towards(2))
    still, said = pulling(RATE | {"push": np.float32(0)})
    for a, b in zip(jax.tree.leaves(plain.network), jax.tree.leaves(still.network), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert said.keys() - metrics.keys() == {"towards_loss", "towards_agreement"}
    pulled, _ = pulling(RATE | {"push": np.float32(2)})
    more = np.asarray(pulled.network.policy.bias) - np.asarray(still.network.policy.bias)
    assert np.argmax(more) == 2


def test_notes_are_taken_once_a_rollout_and_rewards_see_them(plain):
    state, metrics = program(counted())(RATE)
    np.testing.assert_array_equal(state.terms[0], [6, 6, 6, 6])
    assert metrics["counted_last"] == 6
    plain, _ = plain
    assert not np.allclose(plain.network.value.bias, state.network.value.bias)
    np.testing.assert_array_equal(plain.episodes.total, state.episodes.total)  # paid to no score


def test_a_space_grows_by_what_terms_bring_and_their_weight_is_their_own_where_nobody_tunes_it():
    assert settings(agent(), (towards(0),), {})["push"] == PUSH.value
    assert space_of((towards(0), counted())) == {"push": PUSH.dimension}


def test_two_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two terms called 'towards'"):
        actor_critic(WORLD, agent(), (towards(0), towards(1)))
    taken = towards(0)._replace(hypers={"clip": Tunable(0.1, Linear(0, 1))})
    with pytest.raises(ConfigError, match="two hypers called 'clip'"):
        actor_critic(WORLD, agent(), (taken,))
