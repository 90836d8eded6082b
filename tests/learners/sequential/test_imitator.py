"""The imitator keeps its contract, and becomes the posterior mixture of its experts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import with_drawn_start
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import ImitationConfig
from ontogeny.learners.sequential.imitator import imitator
from ontogeny.learners.sequential.visits import belief_policy, visits
from ontogeny.nn.cores import CoreConfig
from ontogeny.ops.bayes.machines import expected_rewards
from ontogeny.testing import check_learner
from ontogeny.worlds.solved.bandits import bernoulli_bandit, gaussian_bandit

SPACE = Space({"learning_rate": Log(1e-3, 1e-1)})
CORE = CoreConfig("gru", 12)
BANDIT = bernoulli_bandit(((1, 1), 0.5), 2)


UPDATES = {"agent": 250, "expert": 150}  # by who is watched


@pytest.fixture(scope="module")
def grown():
    """Return, by who is watched, the log-loss of each update, and what the agent then does: its
    visits to the states of the machine.
    """
    learners = {
        actor: imitator(
            BANDIT,
            ImitationConfig(core=CORE, batch=128, updates=n, learning_rate=1e-2, actor=actor),
        )
        for actor, n in UPDATES.items()
    }

    @jax.jit
    def learned(key):
        first, ends, losses = learners["agent"].init(key, {}), [], []
        for actor, learner in learners.items():
            step = lambda state, key, learner=learner: learner.step(key, state, {})  # noqa: E731
            keys = jax.random.split(key, UPDATES[actor])
            state, metrics = jax.lax.scan(step, first, keys)
            ends.append(state.network)
            losses.append(metrics["log_loss"])
        return jax.tree.map(lambda *leaves: jnp.stack(leaves), *ends), losses

    networks, losses = learned(jax.random.key(0))
    found = visits(BANDIT, CORE, networks, jax.random.key(1), 4096)
    return dict(zip(UPDATES, zip(jax.device_get(losses), found, strict=True), strict=True))


def test_contract():
    training = ImitationConfig(core=CORE, batch=16, test_batch=16)
    check_learner(with_drawn_start(imitator(gaussian_bandit(3), training)), SPACE)


def test_two_pulls_by_hand(grown):
    """One unknown arm, one of 1/2. At first each is best with probability 1/2. After a success of
    the unknown arm P(theta > 1/2) = 1 - (1/2)^2 = 3/4, after a failure 1/4, and after a pull of the
    known arm 1/2 still.
    """
    machine = BANDIT.machine()
    loss, found = grown["agent"]
    assert loss[0] == pytest.approx(np.log(2), abs=0.01)  # a new agent knows nothing
    policy = belief_policy(machine, found)
    exact = {(0, 0): 0.5, (1, 0): 0.75, (0, 1): 0.25}
    assert policy[0, 0, 0] == pytest.approx(0.5, abs=0.06)
    for number, counts in enumerate(machine.statistics.tolist()):
        assert policy[1, number, 0] == pytest.approx(exact[tuple(counts)], abs=0.06)
    # Thompson sampling earns 1/2, then 1/4 (3/4 2/3 + 1/4 1/2) + 1/4 (1/4 1/3 + 3/4 1/2) + 1/2 1/2.
    value = 0.5 + 0.25 * (0.75 * 2 / 3 + 0.25 / 2) + 0.25 * (0.25 / 3 + 0.75 / 2) + 0.25
    assert BANDIT.limits()["thompson"] == pytest.approx(value)
    assert expected_rewards(machine, policy).sum() == pytest.approx(value, abs=0.02)


def test_watching_the_expert_makes_the_first_guess_the_truth(grown):
    """Its own action is then taken for the expert's, so it is repeated, whatever came of it."""
    _, found = grown["expert"]
    # A state with counts was reached by a pull of the unknown arm: arm 0.
    pulled = found.state[:, 1] > 0
    assert found.probability[pulled, 1, 0].min() > 0.9
    assert found.probability[~pulled, 1, 1].min() > 0.9
