"""Mixtures of policies: who is whom at either end, what is shared, what is handed over."""

from __future__ import annotations

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Linear
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component, components_of
from ontogeny.learners.teaching.transfer import CURRICULUM, transferred
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.ops.distributions.listed import Listed
from ontogeny.ops.distributions.mixture import Mixture, Switch
from taught import walk

AGENT = ActorCriticConfig(
    hidden=(4,), environments=2, unroll=4, epochs=2, minibatches=1, loss="vtrace"
)
SMALL, WHOLE = Component(AGENT, (0, 2)), Component(AGENT)
KEY = jax.random.key(0)
TASKS = walk(tasks=("a", "b"))


def after(learner, hypers, n=2):
    """Return the state and metrics after some steps, compiled as one program."""

    @jax.jit
    def lived():
        keys = jax.random.split(KEY, n)
        begun = learner.init(KEY, hypers)
        return jax.lax.scan(lambda s, k: learner.step(k, s, hypers), begun, keys)

    return lived()


def test_a_tuned_alpha_of_one_is_the_last_component_alone_to_the_bit():
    mixed, metrics = after(
        actor_critic(walk(), AGENT, policy=mix([SMALL, WHOLE])), {"alpha": jnp.float32(1)}
    )
    plain, _ = after(actor_critic(walk(), AGENT), {})
    for one, other in zip(
        jax.tree.leaves(mixed.network[-1]), jax.tree.leaves(plain.network), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert metrics["mix_responsible"].tolist() == [1, 1]
    assert metrics["mix_loss"].tolist() == [0, 0]


def test_a_fixed_alpha_of_zero_or_one_is_the_plain_program():
    gru = dataclasses.replace(AGENT, core="gru", core_units=2)
    two = [Component(AGENT), Component(gru)]
    for alpha, config in ((0.0, AGENT), (1.0, gru)):
        learners = [
            actor_critic(walk(), config),
            actor_critic(walk(), config, policy=mix(two, alpha, shared=(), transfer=0)),
        ]
        state = jax.eval_shape(learners[0].init, KEY, {})
        programs = [str(jax.make_jaxpr(one.step)(KEY, state, {})) for one in learners]
        assert programs[0] == programs[1]


def test_the_transfer_bounds_the_divergence_of_who_acts_from_who_remains():
    """L = (1 - alpha) KL(pi_1 || pi_2) >= KL(pi || pi_2), on random logits, of three too."""
    keys = jax.random.split(KEY, 200)

    def both(key):
        parts = 3 * jax.random.normal(key, (3, 5))
        shares = jax.nn.softmax(jax.random.normal(jax.random.fold_in(key, 1), (3,)))
        said = Mixture(shares, tuple(map(Categorical, parts)))
        bound, _ = transferred(said)
        listed = Mixture(
            jnp.array([shares[0], 1 - shares[0]]),
            (Listed(parts[0, :2], (1, 4), (5,)), Categorical(parts[2])),
        )
        less, _ = transferred(listed)
        return bound - said.kl(Categorical(parts[2])), less - listed.kl(Categorical(parts[2]))

    for slack in jax.jit(jax.vmap(both))(keys):
        assert slack.min() > -1e-5
        assert slack.max() > 0.1


def test_the_gradient_parts_by_responsibility_and_the_transfer_leaves_the_simple_one():
    logits = (jnp.array([1.0, 0.0, -1.0]), jnp.array([0.0, 0.5, 1.0]))
    shares = jnp.array([0.3, 0.7])

    def log_p(pair):
        return Mixture(shares, tuple(map(Categorical, pair))).log_probability(jnp.int32(1))

    found = jax.jit(jax.grad(log_p))(logits)
    p = [np.exp(jax.nn.log_softmax(one)) for one in logits]
    weights = shares * jnp.array([one[1] for one in p])
    for gradient, one, responsible in zip(found, p, weights / weights.sum(), strict=True):
        np.testing.assert_allclose(gradient, responsible * (np.eye(3)[1] - one), atol=1e-6)

    def handed(pair, both):
        return transferred(Mixture(shares, tuple(map(Categorical, pair))), both=both)[0]

    moves = jax.jit(lambda pair: [jax.grad(handed)(pair, both) for both in (False, True)])
    still, moved = moves(logits)
    assert not still[0].any()
    assert moved[0].any()
    np.testing.assert_allclose(still[1], 0.3 * (p[1] - p[0]), atol=1e-6)


def test_what_is_shared_has_no_arrays_of_its_own_and_a_shared_head_is_the_masked_one():
    shared = ("torso", "policy")
    several = components_of(walk(), [SMALL, WHOLE], shared)
    arrays = jax.jit(several.init)(KEY)
    assert [getattr(arrays[0], layer) is None for layer in ("torso", "policy", "value")] == [
        True
    ] * 3
    seen = jnp.array([1.0, 2.0])

    @jax.jit
    def both(arrays):
        said, _ = several.at(jnp.array([0.5, 0.5])).step(arrays, seen, ())
        return said, several.last.step(several.alone(arrays), seen, ())[0]

    said, alone = both(arrays)
    simple, last = said.distribution.parts
    np.testing.assert_allclose(
        jax.nn.softmax(simple.logits), jax.nn.softmax(last.logits[jnp.array([0, 2])]), rtol=1e-6
    )
    np.testing.assert_array_equal(alone.distribution.logits, last.logits)


def test_along_a_trajectory_all_is_said_that_is_said_step_by_step():
    plain = dataclasses.replace(AGENT, core="dense", core_units=3)
    parts = [Component(dataclasses.replace(plain, core=core)) for core in ("dense", "gru+dense")]
    network = components_of(walk(), parts, ("torso", "policy", "value"), True).at(
        jnp.array([0.4, 0.6])
    )
    assert network.has_memory
    arrays = jax.jit(network.init)(KEY)
    seen = jnp.stack([jnp.arange(6.0), jnp.ones(6)], axis=1)
    begins, begun = jnp.arange(6) == 3, network.begin(arrays)
    along, last = jax.jit(network.along)(arrays, seen, begins, begun)
    step, memory = jax.jit(network.step), begun
    for t in range(6):
        memory = begun if begins[t] else memory
        said, memory = step(arrays, seen[t], memory)
        np.testing.assert_allclose(along.value[t], said.value, rtol=1e-5)
        logits = jax.tree.map(lambda x, t=t: x[t], along.distribution.parts[1].logits)
        np.testing.assert_allclose(logits, said.distribution.parts[1].logits, atol=1e-6)
    for one, other in zip(jax.tree.leaves(last), jax.tree.leaves(memory), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_of_several_tasks_each_has_its_own_component_beside_that_of_all():
    parts = [Component(AGENT)] * 3
    network = components_of(TASKS, parts, ("torso",), True, by_task=True).at(jnp.array([0.4, 0.6]))
    arrays = jax.jit(network.init)(KEY)
    step = jax.jit(network.step)
    seen = [jnp.array([1.0, 1.0, *told]) for told in ((1.0, 0.0), (0.0, 1.0))]
    own = [step(arrays, one, ())[0].distribution.parts[0].logits for one in seen]
    changed = eqx.tree_at(lambda net: net.policy.bias, arrays[1], jnp.ones(3))
    other = (arrays[0], changed, arrays[2])
    again = [step(other, one, ())[0].distribution.parts[0].logits for one in seen]
    np.testing.assert_array_equal(own[0], again[0])
    np.testing.assert_allclose(again[1], own[1] + 1, rtol=1e-6)


def test_a_population_moves_alpha_by_a_step_and_a_schedule_by_updates():
    moved = CURRICULUM.shift(jnp.array([0.0, 0.5, 0.98]), CURRICULUM.offset(jnp.float32(1.2)))
    np.testing.assert_allclose(moved, [0.05, 0.55, 1.0], atol=1e-6)
    assert float(CURRICULUM.shift(jnp.float32(0.02), CURRICULUM.offset(jnp.float32(0.8)))) == 0
    learner = actor_critic(
        walk(), AGENT, policy=mix([SMALL, WHOLE], lambda done: done / 2, fitness="last", watch=4)
    )
    state, metrics = after(learner, {}, 4)
    np.testing.assert_allclose(metrics["mix_weight"], [0, 0.5, 1, 1])
    # the score is what the last component earned in a world of its own: whole episodes of four
    assert float(jax.jit(learner.score)(KEY, state, {})) == float(metrics["mix_last_return"][-1])


def test_a_drawn_component_acts_as_the_mixture_does_and_learns_alone():
    shares, parts = jnp.array([0.25, 0.75]), jnp.array([[0.0, 1, 2], [0, 0, 0]])
    switch = Switch(shares, tuple(map(Categorical, parts)))
    mixed = Mixture(*switch)
    taken = jnp.array([0, 2])

    @jax.jit
    def look(keys):
        return (
            jax.vmap(switch.sample)(keys),
            jax.vmap(mixed.log_probability)(jnp.arange(3)),
            switch.log_probability(taken),
            switch.responsibilities(taken),
            jax.grad(lambda x: x.log_probability(taken))(switch),
            switch.entropy(),
        )

    drawn, log_p, said, responsible, gradient, entropy = look(jax.random.split(KEY, 4000))
    found = np.bincount(drawn[:, 1], minlength=3) / 4000
    np.testing.assert_allclose(found, np.exp(log_p), atol=0.03)
    expected = np.log(0.25) + jax.nn.log_softmax(parts[0])[2]
    np.testing.assert_allclose(said, expected, rtol=1e-6)
    assert responsible.tolist() == [1, 0]
    assert not gradient.parts[1].logits.any()
    two = np.asarray(shares)[:, None] * np.asarray(jax.nn.softmax(parts))
    np.testing.assert_allclose(entropy, -(two * np.log(two)).sum(), rtol=1e-5)
    policy = mix([SMALL, WHOLE], 0.5, index="drawn", watch=0)
    state, metrics = after(actor_critic(walk(), AGENT, policy=policy), {})
    assert np.isfinite(metrics["mix_kl"]).all()
    assert 0 < metrics["mix_responsible"].mean() < 1
    assert state.terms[0].weights.tolist() == [[0.5, 0.5]] * 2


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: mix([WHOLE])(walk(), AGENT), "two or more"),
        (lambda: mix([WHOLE, SMALL])(walk(), AGENT), "takes only some"),
        (lambda: mix([Component(AGENT, ()), WHOLE])(walk(), AGENT), "no action at all"),
        (lambda: mix([Component(AGENT, (0, 0)), WHOLE])(walk(), AGENT), "twice"),
        (lambda: mix([Component(AGENT, (7,)), WHOLE])(walk(), AGENT), "7 is no action"),
        (lambda: mix([SMALL, WHOLE], 1.5), "alpha is 1.5"),
        (lambda: mix([SMALL, WHOLE], (0.5, 0.6)), "all of them 1 together"),
        (lambda: mix([SMALL, WHOLE], (1.0,)), "for 2 components"),
        (lambda: mix([SMALL, WHOLE], Linear(0, 2)), "from 0 to 2"),
        (lambda: mix([SMALL, WHOLE], transfer=-1), "weight is -1"),
        (lambda: mix([SMALL, WHOLE], fitness="last", watch=0), "not watched"),
        (lambda: mix([WHOLE, WHOLE], by_task=True)(TASKS, AGENT), "2 components for 2 tasks"),
        (lambda: mix([WHOLE, WHOLE], shared=("core",))(walk(), AGENT), "share the torso too"),
        (
            lambda: mix([Component(dataclasses.replace(AGENT, hidden=(2,))), WHOLE])(walk(), AGENT),
            "a torso of",
        ),
        (lambda: Linear(0, 1, step=0.0), "a step of 0.0"),
    ],
)
def test_what_can_not_be_mixed_is_refused_before_anything_is_traced(made, said):
    with pytest.raises(ConfigError) as refused:
        made()
    assert said in str(refused.value)
