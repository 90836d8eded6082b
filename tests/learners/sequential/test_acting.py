"""Episodes of an agent with memory: what it sees, does and is due, and that gradients flow."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.sequential.acting import agent_in, best_arm, length_of, play
from ontogeny.learners.sequential.visits import Visits, belief_policy, played, visits
from ontogeny.nn.cores import CoreConfig
from ontogeny.ops.bayes.bandits import random_policy
from ontogeny.ops.bayes.machines import expected_rewards
from ontogeny.worlds.solved.bandits import bernoulli_bandit, gaussian_bandit
from ontogeny.worlds.solved.bayesian_mdps import two_doors

CORE = CoreConfig("gru", 8)
BANDIT = bernoulli_bandit(((1, 1), (1, 1)), 6)
N = 512


@pytest.fixture(scope="module")
def agent():
    agent = agent_in(CORE, BANDIT)
    return agent, jax.jit(agent.init)(jax.random.key(0))


@pytest.fixture(scope="module")
def episodes(agent):
    """Return some episodes of each way to act."""

    @jax.jit
    @jax.vmap
    def each(key):
        return {
            actor: play(*agent, BANDIT, key, actor=actor)
            for actor in ("sampled", "greedy", "expert")
        }

    return jax.device_get(each(jax.random.split(jax.random.key(1), N)))


def test_an_episode_has_what_is_due_at_every_step(episodes):
    one = episodes["sampled"]
    assert one.logits.shape == one.rewards.shape == one.expert.shape == (N, 6, 2)
    assert one.features.shape == (N, 6, 8)
    assert one.action.shape == one.paid.shape == (N, 6)
    assert one.task.shape == (N, 2)
    # In a bandit the expected rewards are the means, at every step.
    np.testing.assert_allclose(one.rewards, np.repeat(one.task[:, None], 6, axis=1), rtol=1e-6)
    assert set(np.unique(one.paid)) == {0.0, 1.0}
    chosen = np.take_along_axis(one.rewards, one.action[..., None], 2)
    expected = jax.jit(jax.vmap(lambda episode: episode.expected))(one)
    np.testing.assert_array_equal(expected, chosen[..., 0])


def test_statistics_count_what_was_done_before(episodes):
    """Before pull t there are t pulls in the counts, and they are those of the actions."""
    one = episodes["sampled"]
    assert np.array_equal(one.statistics.sum(axis=-1), np.tile(np.arange(6), (N, 1)))
    pulls = np.asarray(one.statistics).reshape(N, 6, 2, 2).sum(axis=-1)
    expected = np.cumsum(np.eye(2, dtype=int)[np.asarray(one.action)], axis=1)[:, :-1]
    assert np.array_equal(pulls[:, 1:], expected)


def test_who_acts(episodes):
    best = np.argmax(episodes["expert"].task, axis=1)[:, None]
    assert np.all(episodes["expert"].action == best)
    assert np.array_equal(episodes["greedy"].action, np.argmax(episodes["greedy"].logits, axis=-1))
    # The head begins near zero, so a sampled action is a toss: within 5 standard errors.
    share = float(episodes["sampled"].action.mean())
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(6 * N)


def test_the_history_is_all_that_the_agent_reads(agent, episodes):
    """The logits are those of the agent that reads the same observations by itself."""
    core, arrays = agent
    one = jax.tree.map(lambda x: np.asarray(x[0]), episodes["sampled"])
    memory = core.begin(arrays)
    step = jax.jit(core.step)
    for t in range(6):
        seen = np.zeros(3) if t == 0 else np.append(np.eye(2)[one.action[t - 1]], one.paid[t - 1])
        memory, logits, features = step(arrays, memory, jnp.asarray(seen, jnp.float32))
        np.testing.assert_allclose(logits, one.logits[t], atol=1e-6)
        np.testing.assert_allclose(features, one.features[t], atol=1e-6)


def test_the_gradient_flows_through_the_memory(agent):
    """The last logits move with the recurrent weights, and with nothing but the arrays."""
    core, arrays = agent

    def last(arrays):
        return play(core, arrays, BANDIT, jax.random.key(2)).logits[-1, 0]

    gradient = jax.jit(jax.grad(last))(arrays)
    assert float(jnp.abs(gradient.core.recurrent.weight).max()) > 0


def test_an_expert_of_ones_own():
    """In the corridor an expert may go by the time; its advice is what is handed back."""
    solved = two_doors(3, 4)
    agent = agent_in(CORE, solved)

    def expert(state, time):
        del state
        return jax.nn.one_hot(time % 2, 2)

    @jax.jit
    def played(key):
        return play(agent, agent.init(key), solved, key, actor="expert", expert=expert)

    one = played(jax.random.key(1))
    assert one.action.tolist() == [0, 1, 0, 1]
    assert np.array_equal(one.expert, np.eye(2)[[0, 1, 0, 1]])


def test_the_best_arm_is_the_true_ones():
    solved = bernoulli_bandit((0.9, 0.2), 3)
    state, _ = solved.world.reset(jax.random.key(0))
    assert best_arm(solved)(state, jnp.int32(0)).tolist() == [1, 0]


def test_what_cannot_be_played_is_refused():
    endless = BANDIT._replace(world=BANDIT.world._replace(time_limit=None))
    with pytest.raises(ConfigError, match="time limit"):
        length_of(endless)
    with pytest.raises(ConfigError, match="look"):
        agent_in(CoreConfig("transformer", 8, 1, 2, context=5), BANDIT)
    with pytest.raises(ConfigError, match="no belief machine"):
        visits(gaussian_bandit(4), CORE, None, jax.random.key(0), 1)


def test_a_new_agent_is_worth_what_random_play_is(agent):
    """Its averaged policy, evaluated exactly, is near even, and so is its value."""
    networks = jax.tree.map(lambda x: x[None], agent[1])
    (found,) = visits(BANDIT, CORE, networks, jax.random.key(3), 2048)
    machine = BANDIT.machine()
    pulls = machine.statistics[found.state].sum(axis=-1)
    assert np.array_equal(pulls, np.tile(np.arange(6), (2048, 1)))
    value = expected_rewards(machine, belief_policy(machine, found)).sum()
    assert value == pytest.approx(expected_rewards(machine, random_policy(machine)).sum(), abs=0.03)
    mean = played(BANDIT, CORE, networks, jax.random.key(3), 2048)
    # E max of two uniforms is 2/3; the mean of either 1/2.
    np.testing.assert_allclose(mean.best[0], 2 / 3, atol=5 * np.sqrt(1 / 18 / 2048))
    np.testing.assert_allclose(mean.earned[0], 1 / 2, atol=5 * np.sqrt(1 / 12 / 2048))


def test_a_belief_policy_by_hand():
    """Two episodes of one pull that differ, and a state nobody came to."""
    machine = bernoulli_bandit(((1, 1), 0.5), 2).machine()
    state = np.array([[0, 1], [0, 0]])
    probability = np.array([[[0.2, 0.8], [1.0, 0.0]], [[0.6, 0.4], [0.5, 0.5]]])
    table = belief_policy(machine, Visits(state, probability))
    np.testing.assert_allclose(table[0, 0], [0.4, 0.6])
    np.testing.assert_allclose(table[1, 1], [1.0, 0.0])
    np.testing.assert_allclose(table[1, 2], [0.5, 0.5])
