"""Teachers: asked along a student's trajectory; made of a policy, of a function, and of others."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.teaching.teacher import answers, teacher_by, teacher_of
from ontogeny.learners.teaching.teachers import (
    average,
    embedded,
    hesitant,
    one_a_task,
    tempered,
)
from ontogeny.ops.distributions.categorical import Categorical, MaskedCategorical
from ontogeny.ops.moments import Moments
from ontogeny.worlds.spaces import Box, Discrete
from taught import counting, lived, sure, walk

SEEN = jnp.array([1.0, 1.0])


def probabilities(teacher, seen=SEEN):
    said, _ = teacher.step(seen, teacher.begin())
    return np.exp(np.asarray(said.distribution.log_probabilities()))


@pytest.mark.parametrize("ends", [False, True])
def test_a_memory_is_advanced_on_what_the_student_sees_and_begun_anew_with_its_episodes(ends):
    said, memory = jax.device_get(
        jax.jit(lambda: answers(counting(), lived(), jnp.float32(3), ends))()
    )
    np.testing.assert_array_equal(said.along.value, [4, 5, 1, 2, 3, 1])
    np.testing.assert_array_equal(said.along.distribution.logits[:, 2], [3, 4, 0, 1, 2, 0])
    assert memory == 1  # the sixth step goes on after the last
    if ends:
        assert said.last.value == 2
        np.testing.assert_array_equal(said.cut.value, [4])  # its episode had seen three


def test_a_memory_begins_anew_after_a_rollout_that_ends_with_an_episode():
    cut_at_the_end = lived()._replace(truncated=jnp.asarray(np.arange(6) == 5))
    said, memory = answers(counting(), cut_at_the_end, jnp.float32(0), ends=True)
    assert memory == 0
    assert said.last.value == 1
    np.testing.assert_array_equal(said.cut.value, [5])


def test_a_policy_is_a_teacher_with_its_own_memory_and_standardisation():
    config = ActorCriticConfig(hidden=(3,), core="gru", core_units=2)
    network = drawn(policy_network(walk(), config).init)
    moments = Moments(jnp.float32(10), jnp.array([3.0, 1.0]), jnp.array([40.0, 10.0]))
    policy = Policy(walk(), config, network, moments)
    teacher, trajectory = teacher_of(policy), lived()
    assert teacher.has_memory

    @jax.jit
    def asked():
        value = policy.step(trajectory.observation[0], policy.begin())[1]
        begin = teacher.begin()
        return value, *(answers(teacher, trajectory, begin, ends=ends) for ends in (False, True))

    value, (said, memory), (again, carried) = jax.device_get(asked())
    for one, other in ((said.along, again.along), (memory, carried)):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), one, other)
    np.testing.assert_allclose(value, said.along.value[0], atol=1e-6)


def test_what_is_no_teacher_is_refused():
    with pytest.raises(DataError, match="can't be asked"):
        teacher_by(lambda seen, memory: Categorical(seen), walk())
    with pytest.raises(DataError, match="it says ShapeDtypeStruct, a value of shape"):
        teacher_by(lambda seen, memory: (seen, 0, ()), walk())


def test_softer_surer_and_hesitant():
    sharp = np.exp([0, 0, 2.0])
    np.testing.assert_allclose(probabilities(sure()), sharp / sharp.sum(), rtol=1e-5)
    soft = np.exp([0, 0, 1.0])
    np.testing.assert_allclose(probabilities(tempered(sure(), 2.0)), soft / soft.sum(), rtol=1e-5)
    mixed = 0.7 * sharp / sharp.sum() + 0.1
    np.testing.assert_allclose(probabilities(hesitant(sure(), 0.3)), mixed, rtol=1e-5)
    np.testing.assert_allclose(probabilities(hesitant(sure(), 1.0)), np.full(3, 1 / 3), rtol=1e-5)
    for wrong in (lambda: tempered(sure(), 0.0), lambda: hesitant(sure(), 1.5)):
        with pytest.raises(ConfigError):
            wrong()


def test_fewer_actions_in_more():
    more = embedded(sure(), (4, 0, 2), Discrete(5))
    assert more.action_space == Discrete(5)
    sharp = probabilities(sure())
    expected = [sharp[1], 0, sharp[2], 0, sharp[0]]
    np.testing.assert_allclose(probabilities(more), expected, rtol=1e-5)
    np.testing.assert_allclose(
        probabilities(hesitant(more, 0.5)), 0.5 * np.array(expected) + 0.1, rtol=1e-5
    )
    for wrong in ((0, 1), (0, 1, 1), (0, 1, 5), (-1, 0, 1)):
        with pytest.raises(ConfigError, match="for a teacher of 3 actions and a student of 5"):
            embedded(sure(), wrong, Discrete(5))
    with pytest.raises(ConfigError, match="only choices"):
        embedded(sure(), (0,), Box((0.0,), (1.0,)))


def test_several_teachers_are_their_average():
    both = average([sure(0), counting()])
    said, memory = both.step(SEEN, both.begin())
    assert said.value == 1.0  # of 1, the time, and 1, the count
    assert memory == ((), 1)
    mean = (probabilities(sure(0)) + 1 / 3) / 2
    np.testing.assert_allclose(probabilities(both), mean, rtol=1e-5)
    masked = teacher_by(
        lambda seen, memory: (MaskedCategorical(jnp.zeros(3), jnp.array([1, 0, 0], bool)), 0, ()),
        walk(),
    )
    np.testing.assert_allclose(probabilities(average([masked, masked])), [1, 0, 0], atol=1e-6)
    with pytest.raises(ConfigError, match="one teacher has action_space"):
        average([sure(), sure(0, walk(4))])


def test_one_teacher_a_task_answers_in_its_task():
    world = walk(tasks=("even", "odd"))
    teacher = one_a_task([sure(0), sure(1, world)], world)  # one that knows the plain world
    for task, best in ((jnp.array([1.0, 0]), 0), (jnp.array([0, 1.0]), 1)):
        assert probabilities(teacher, jnp.append(SEEN, task)).argmax() == best
    with pytest.raises(ConfigError, match="1 teachers for 2 tasks"):
        one_a_task([sure()], world)
