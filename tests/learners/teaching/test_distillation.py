"""Rules of distillation as terms of agents: their gradients, what they pay, what they refuse."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Log
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import Outputs
from ontogeny.learners.teaching.distillation import Noted, distillation, pseudo_rewards
from ontogeny.learners.teaching.rule import Control, Rule
from ontogeny.learners.teaching.rules import ON_POLICY, RULES
from ontogeny.learners.teaching.teacher import answers
from ontogeny.learners.teaching.teachers import embedded, hesitant
from ontogeny.learners.teaching.weight import Weight
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.worlds.spaces import Box, Discrete
from taught import counting, lived, real, sure, walk

AGENT = ActorCriticConfig(
    hidden=(4,), environments=4, unroll=6, epochs=1, minibatches=2, learning_rate=0.02
)


def said(teacher=None):
    """Return a student's outputs along the trajectory, uneven ones, and the teacher's answers."""
    teacher = teacher or sure()
    logits, value = real(np.sin(np.arange(18)).reshape(6, 3)), real(np.arange(6) / 2)
    found = jax.jit(lambda: answers(teacher, lived(), teacher.begin(), ends=True)[0])()
    return Outputs(Categorical(logits), value), found


@pytest.mark.parametrize("rule", ["on-policy", "v-gated"])
def test_the_gradient_is_the_weight_times_the_difference_where_the_gate_is_open(rule):
    outputs, found = said()
    term = distillation(rule, sure(), walk(), weight=0.3)

    def loss(logits):
        spoken = outputs._replace(distribution=Categorical(logits))
        return term.loss(spoken, lived(), Noted(found.along, ()), {"teaching": 0.3})[0]

    @jax.jit
    def look(logits):
        told = map(jax.nn.softmax, (logits, found.along.distribution.logits))
        return jax.grad(loss)(logits), *told, found.along.value > outputs.value

    gradient, student, teacher, open_ = jax.device_get(look(outputs.distribution.logits))
    if rule == "v-gated":
        assert 0 < open_.sum() < 6
    else:
        open_ = np.ones(6, bool)
    expected = 0.3 * (student - teacher) * open_[:, None] / 6
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


def test_pseudo_rewards_are_those_of_the_next_state_and_of_the_own_action():
    names = ("teacher-value", "entropy-regularised", "n-distill")
    (_, found), paid_by = (
        said(),
        jax.jit(lambda found: [pseudo_rewards(RULES[name], lived(), found, 0.5) for name in names]),
    )
    shaped, paid, follows = paid_by(found)
    # the time is the value: 0.5 next - own, nothing next after the end, the observation cut off
    # after the fifth, and that after the last step after the sixth
    expected = [0.5 - 0, -1, 1.5 - 2, 2 - 3, 25 - 4, 30 - 5]
    np.testing.assert_allclose(shaped, expected, rtol=1e-6)
    log_p = np.array([0, 0, 2]) - np.log(2 + np.exp(2))
    np.testing.assert_allclose(paid, log_p[[0, 1, 2, 0, 1, 2]], rtol=1e-6)
    cross = log_p.mean() * 0 - np.log(3)  # Hx(teacher || uniform) = log 3
    np.testing.assert_allclose(follows, [0.5 * cross, 0, *[0.5 * cross] * 4], rtol=1e-5)


def test_rewards_are_the_tasks_beside_the_pseudo_rewards_or_not_at_all():
    noted = Noted(said()[1].along, real([2] * 6))
    pays = {
        name: distillation(name, sure(), walk()).reward
        for name in ("n-distill", "n-distill+task", "on-policy", "on-policy+task")
    }
    rewards, hypers = real([1] * 6), {"teaching": 0.25}
    np.testing.assert_allclose(pays["n-distill"](rewards, lived(), noted, hypers), np.full(6, 0.5))
    np.testing.assert_allclose(pays["n-distill+task"](rewards, lived(), noted, hypers), [1.5] * 6)
    assert pays["on-policy"] is None  # the critic alone learns the task's
    assert pays["on-policy+task"] is None


def test_a_fixed_weight_of_nothing_is_the_plain_program():
    plain, nothing = (
        actor_critic(walk(), AGENT, terms)
        for terms in ((), [distillation("on-policy+task", sure(), walk(), weight=0)])
    )
    key = jax.random.key(0)
    state = jax.eval_shape(plain.init, key, {})
    assert jax.tree.structure(jax.eval_shape(nothing.init, key, {})) == jax.tree.structure(state)
    programs = [str(jax.make_jaxpr(one.step)(key, state, {})) for one in (plain, nothing)]
    assert programs[0] == programs[1]


@pytest.mark.parametrize(
    "name", ["v-gated+task", "n-distill+task", "expected-entropy", "teacher-critic", "teacher"]
)
def test_rules_of_every_kind_fit_an_agent(name):
    core = "gru" if RULES[name].following else "none"
    loss = "vtrace" if RULES[name].task else "ppo"
    agent = dataclasses.replace(AGENT, core=core, core_units=2, loss=loss)
    term = distillation(name, counting(), walk(), weight=Weight(tuned=Log(0.1, 1.0)))
    learner = actor_critic(walk(), agent, [term])
    key, hypers = jax.random.key(0), {"teaching": jnp.float32(0.5)}
    state = jax.eval_shape(learner.init, key, hypers)
    after, metrics = jax.eval_shape(learner.step, key, state, hypers)
    assert jax.tree.structure(after) == jax.tree.structure(state)
    assert {"teaching_kl/student", "teaching_agreement/teacher"} <= metrics.keys()


def stepped(term, n, **fields):
    """Return the metrics of n steps of an agent, a program for all of them."""
    learner = actor_critic(walk(), dataclasses.replace(AGENT, **fields), [term])

    @jax.jit
    def lived():
        key = jax.random.key(0)
        keys = jax.random.split(key, n)
        return jax.lax.scan(lambda s, k: learner.step(k, s, {}), learner.init(key, {}), keys)[1]

    return lived()


def test_a_student_becomes_its_teacher_on_its_own_states_and_on_the_teachers():
    metrics = stepped(distillation(ON_POLICY, sure(), walk()), 40)
    for where in ("student", "teacher"):
        assert metrics[f"teaching_kl/{where}"][0] > 0.2
        assert metrics[f"teaching_kl/{where}"][-1] < 0.01
        assert metrics[f"teaching_agreement/{where}"][-1] == 1
    earned = metrics["episode_return"][-1]  # of action 0, which the teacher takes seldom
    assert 0 <= earned < 1.2


def test_a_mixture_acts_with_a_teachers_memory_and_the_losses_correct_for_it():
    surely = Rule("surely", Control(teacher=0.5, uniform=0.5), loss=ON_POLICY.loss, task=1.0)
    metrics = stepped(distillation(surely, counting(), walk()), 2, core="gru", core_units=2)
    assert metrics["kl"][0] > 0.01  # who acted was not the student
    assert all(np.isfinite(value).all() for value in metrics.values())
    assert {f"teaching_kl/{who}" for who in ("student", "teacher", "mixture")} <= metrics.keys()


BIG = walk(5)
MASKED = embedded(sure(), (0, 1, 2), Discrete(5))
BOX = walk()._replace(actions=Box((0.0,), (1.0,)), n_actions=1)


@pytest.mark.parametrize(
    ("rule", "teacher", "world", "settings", "said"),
    [
        ("on-polcy", sure(), walk(), {}, "did you mean 'on-policy'"),
        ("on-policy", sure(), walk(), {"weight": -0.1}, "weight is -0.1"),
        ("on-policy", sure(), walk(), {"weight": 0}, "nothing would move the student"),
        ("on-policy", sure(), walk(), {"weight": Weight(tasks=Log(0.1, 1))}, "is one task"),
        ("on-policy", sure(), walk(tasks=("a", "b")), {}, "sees observations of shape"),
        ("on-policy", sure(), BIG, {}, "which of the student's 5 each of the teacher's 3 is"),
        ("on-policy", sure(0, BIG), walk(), {}, "a student needs all that the teacher does"),
        ("reverse-kl", MASKED, BIG, {}, "never takes some"),
        ("entropy-regularised", MASKED, BIG, {}, "never takes some"),
        ("expected-entropy+task", MASKED, BIG, {}, "uniform share"),
        (
            Rule("r", Control(uniform=1), loss=ON_POLICY.loss),
            sure()._replace(action_space=BOX.action_space),
            BOX,
            {},
            "no uniform policy",
        ),
    ],
)
def test_what_can_not_be_taught_is_refused_before_anything_is_traced(
    rule, teacher, world, settings, said
):
    with pytest.raises(ConfigError) as refused:
        distillation(rule, teacher, world, **settings)
    assert said in str(refused.value)


def test_what_asks_how_likely_the_teachers_actions_are_takes_a_teacher_of_fewer():
    for rule in ("on-policy", "n-distill+task", "v-gated", "teacher-critic"):
        assert distillation(rule, MASKED, BIG).name == "teaching"
    assert distillation("reverse-kl", hesitant(MASKED, 0.02), BIG).name == "teaching"
