"""Kickstarting: how much the teacher counts, and when it counts no more."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Linear, Log
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.kickstarting import kickstart
from ontogeny.learners.teaching.weight import Weight, falling
from taught import lived, sure, walk

AGENT = ActorCriticConfig(hidden=(4,), environments=2, unroll=4, epochs=2, minibatches=1)


def test_weights_fall_as_they_are_asked_to():
    done = jnp.array([0, 50, 100, 150, 300])
    expected = {
        "linear": [1, 0.5, 0, 0, 0],
        "exponential": [1, 0.5**0.5, 0.5, 0.5**1.5, 0.125],
        "steps": [1, 1, 0.1, 0.1, 0.001],
    }
    for decay, factors in expected.items():
        np.testing.assert_allclose(jax.vmap(falling(decay, 100))(done), factors, rtol=1e-5)
    assert falling("none", 100) is None


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Weight(-0.1), "the weight is -0.1"),
        (lambda: Weight(float("nan")), "the weight is nan"),
        (lambda: Weight(tuned=Linear(-1, 1)), "tuned from -1"),
        (lambda: Weight(tasks=Linear(-1, 1)), "weight, tasks"),
        (lambda: Weight(tuned=Log(0, 1)), "a log scale has no zero"),
        (lambda: falling("linear", 0), "over 0 updates"),
        (lambda: falling("lineal", 9), "did you mean 'linear'"),
    ],
)
def test_weights_that_are_none_are_refused(made, said):
    with pytest.raises(ConfigError) as refused:
        made()
    assert said in str(refused.value)


def test_each_task_weighs_as_its_factor_and_the_schedule_say():
    """The gradient by the student's logits is weight × factor of the task × (student - teacher)."""
    world = walk(tasks=("a", "b"))
    teacher = sure(0, world)
    weight = Weight(0.5, schedule=falling("linear", 4), tasks=Log(0.1, 10))
    term = kickstart(teacher, world, weight)
    assert set(term.hypers) == {"kickstarting", "kickstarting_a", "kickstarting_b"}
    hypers = {"kickstarting": 0.5, "kickstarting_a": 2.0, "kickstarting_b": 3.0, "discount": 1.0}
    seen = lived()
    told = jnp.concatenate([seen.observation, jnp.eye(2)[jnp.array([0, 1, 1, 0, 1, 0])]], axis=1)
    state = term.init(jax.random.key(0), tuple)._replace(updates=jnp.int32(1))
    after, noted = term.note(state, seen._replace(observation=told), hypers)
    np.testing.assert_allclose(noted.share, 0.75 * np.array([2, 3, 3, 2, 3, 2]), rtol=1e-6)
    assert int(after.updates) == 2


def test_a_weight_that_has_fallen_to_nothing_leaves_the_plain_gradient():
    """From there on, the same numbers as without a teacher."""
    learner = actor_critic(walk(), AGENT, [kickstart(sure(), walk(), Weight(1.0), watch=0)])
    gone = Weight(1.0, schedule=falling("linear", 1))
    fallen = actor_critic(walk(), AGENT, [kickstart(sure(), walk(), gone, watch=0)])
    plain = actor_critic(walk(), AGENT)
    key, second = jax.random.key(0), jax.random.key(1)

    @jax.jit
    def networks():
        def after(one, terms):
            return one.step(second, begun._replace(terms=terms), {})[0].network

        begun = plain.init(key, {})
        taught, _ = learner.init(key, {}).terms, None
        done = tuple(t._replace(updates=t.updates + 1) for t in fallen.init(key, {}).terms)
        return after(plain, ()), after(fallen, done), after(learner, taught)

    alone, released, taught = map(jax.tree.leaves, networks())
    for one, other in zip(alone, released, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(alone, taught, strict=True))


def test_a_weight_of_nothing_is_the_plain_program():
    learners = [
        actor_critic(walk(), AGENT, terms) for terms in ((), [kickstart(sure(), walk(), 0)])
    ]
    key = jax.random.key(0)
    state = jax.eval_shape(learners[0].init, key, {})
    programs = [str(jax.make_jaxpr(one.step)(key, state, {})) for one in learners]
    assert programs[0] == programs[1]


def test_the_teacher_is_asked_once_a_frame_and_not_once_an_epoch():
    """Its arrays are met as often in the program with one epoch as in that with eight."""
    asked = []
    teacher = sure()
    counted = teacher._replace(
        along=lambda *a: asked.append(len(a[0])) or teacher.along(*a),
        step=lambda *a: asked.append(1) or teacher.step(*a),
    )
    for epochs in (1, 8):
        agent = dataclasses.replace(AGENT, epochs=epochs)
        learner = actor_critic(walk(), agent, [kickstart(counted, walk(), watch=0)])
        state = jax.eval_shape(learner.init, jax.random.key(0), {})
        asked.clear()
        jax.eval_shape(learner.step, jax.random.key(0), state, {})
        assert asked == [AGENT.unroll]
