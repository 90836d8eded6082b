"""Spawn, advance, apply: a population is a vmap of its member, and keys belong to a slot and to
its own step.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from descent import LEARNER, SPACE, Descent
from ontogeny.core import trees
from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, advance, apply, fresh, live, spawn

SEED = 5
SPAWN = jax.jit(lambda seed: spawn(LEARNER, SPACE, seed, 4))
ADVANCE = {n: jax.jit(lambda p, n=n: advance(LEARNER, SEED, n, p)) for n in (1, 2, 3)}
LIVE = jax.jit(lambda slot, member: live(LEARNER, SEED, 3, slot, member))
APPLY = jax.jit(lambda population, move: apply(LEARNER, SEED, population, move))


@pytest.fixture(scope="module")
def young():
    return SPAWN(jnp.uint32(SEED))


@pytest.fixture(scope="module")
def lived(young):
    return ADVANCE[3](young)[0]


def same(a, b):
    return all(
        np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


def close(a, b):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-7)


def stay(population, **changes):
    slots = jnp.arange(population.size)
    return Move(slots, jnp.ones(slots.shape, bool), population.hypers)._replace(**changes)


def test_the_newborn_have_no_score_no_age_and_lie_in_the_prior(young):
    assert young.size == 4
    assert np.all(young.score == -jnp.inf)
    assert np.all(young.age == 0)
    assert np.all(young.steps == 0)
    assert np.all((young.hypers["rate"] >= 0.01) & (young.hypers["rate"] <= 0.1))
    assert len(np.unique(young.hypers["rate"])) == 4
    assert len(np.unique(young.state.w)) == 12


def test_a_member_does_not_depend_on_how_many_there_are(young):
    two = jax.jit(lambda seed: spawn(LEARNER, SPACE, seed, 2))(jnp.uint32(SEED))
    close(trees.take(young, jnp.arange(2)), two)


def test_another_seed_gives_other_members(young):
    assert not same(young.hypers, SPAWN(jnp.uint32(SEED + 1)).hypers)


def test_given_hypers_are_used_as_they_are():
    hypers = {"rate": jnp.array([0.5, 0.25]), "momentum": jnp.zeros(2)}
    population = spawn(LEARNER, SPACE, SEED, 2, hypers)
    assert same(population.hypers, hypers)
    one = jnp.int32(1)
    born = fresh(LEARNER, SEED, 1, 0, trees.take(hypers, one))
    assert same(trees.take(population.state, one), born)


def test_no_members_is_an_error():
    with pytest.raises(ConfigError, match="no members"):
        spawn(LEARNER, SPACE, SEED, 0)


def test_a_learner_that_breaks_its_contract_is_refused_at_birth():
    broken = LEARNER._replace(step=lambda k, s, h: (s._replace(count=s.count + 0.5), {}))
    with pytest.raises(StructureError, match="should be int32"):
        spawn(broken, SPACE, SEED, 2)


def test_side_by_side_equals_one_after_another(young, lived):
    for slot in jnp.arange(young.size):
        alone, _ = LIVE(slot, trees.take(young, slot))
        together = trees.take(lived, slot)
        close(alone, together)


def test_a_cut_changes_nothing(young, lived):
    halfway, _ = ADVANCE[1](young)
    assert same(ADVANCE[2](halfway)[0], lived)


def test_steps_and_age_count_and_hypers_stay(young, lived):
    assert np.all(lived.steps == 3)
    assert np.all(lived.age == 3)
    assert np.all(lived.state.count == 3)
    assert same(lived.hypers, young.hypers)
    np.testing.assert_allclose(lived.score, -np.sum(lived.state.w**2, axis=1) / 2, rtol=1e-6)


def test_each_step_has_the_key_of_its_slot_and_of_the_slots_own_step(young):
    """A member that collects draws has those of its own steps, wherever its neighbours are."""

    def collect(key, state, hypers):
        return state + jax.random.normal(key), {"draw": jax.random.normal(key)}

    learner = Learner(lambda k, h: jnp.zeros(()), collect, lambda k, s, h: jax.random.normal(k))
    own = jnp.array([0, 5, 2, 7])
    population = young._replace(state=jnp.zeros(4), steps=own)
    after, metrics = jax.jit(lambda p: advance(learner, SEED, 2, p))(population)
    for slot, first in enumerate(own.tolist()):
        draws = [jax.random.normal(derive(SEED, Purpose.STEP, slot, first + i)) for i in (0, 1)]
        assert after.state[slot] == pytest.approx(float(sum(draws)), abs=1e-6)
        assert metrics["draw"][slot] == pytest.approx(float(sum(draws)) / 2, abs=1e-6)
        scoring = jax.random.normal(derive(SEED, Purpose.SCORE, slot, first + 2))
        assert after.score[slot] == pytest.approx(float(scoring), abs=1e-6)


def test_the_dead_score_minus_infinity_and_nobody_else(young):
    rates = jnp.array([0.1, 2.0, 0.1, 2.0])  # above 1 the weights go to infinity
    after, _ = ADVANCE[1](young._replace(hypers={**young.hypers, "rate": rates}))
    assert np.array_equal(np.isfinite(after.score), [True, False, True, False])
    assert np.all(after.score[jnp.array([1, 3])] == -jnp.inf)


def test_a_score_that_is_not_a_number_is_death_too(young):
    for bad in (jnp.nan, jnp.inf):
        learner = LEARNER._replace(score=lambda k, s, h, bad=bad: jnp.float32(bad))
        after, _ = live(learner, SEED, 1, 0, trees.take(young, jnp.int32(0)))
        assert after.score == -jnp.inf


def test_who_stays_stays_as_it_is(lived):
    assert same(APPLY(lived, stay(lived)), lived)


def test_an_heir_takes_the_whole_state_moments_and_all_and_the_score(lived):
    move = stay(lived, parent=jnp.array([0, 3, 2, 3]))
    after = APPLY(lived, move)
    assert same(trees.take(after.state, jnp.int32(1)), trees.take(lived.state, jnp.int32(3)))
    assert not same(
        trees.take(lived.state.moments, jnp.int32(1)), trees.take(lived.state.moments, jnp.int32(3))
    )
    assert after.score[1] == lived.score[3]
    assert np.array_equal(after.age, [3, 0, 3, 3])
    assert np.array_equal(after.steps, [3, 3, 3, 3])
    assert same(after.hypers, lived.hypers)  # what hypers an heir has is the move's to say


def test_two_can_change_places(lived):
    after = APPLY(lived, stay(lived, parent=jnp.array([1, 0, 2, 3])))
    assert same(trees.take(after.state, jnp.array([1, 0])), trees.take(lived.state, jnp.arange(2)))


def test_who_does_not_inherit_begins_anew_with_the_moves_hypers(lived):
    hypers = {"rate": jnp.full(4, 0.5), "momentum": jnp.full(4, 0.25)}
    after = APPLY(lived, stay(lived, inherit=jnp.array([True, True, False, True]), hypers=hypers))
    born = fresh(LEARNER, SEED, 2, 3, trees.take(hypers, jnp.int32(2)))
    assert isinstance(born, Descent)
    np.testing.assert_allclose(after.state.w[2], born.w, rtol=1e-6)
    assert not np.allclose(
        after.state.w[2], fresh(LEARNER, SEED, 2, 0, trees.take(hypers, jnp.int32(2))).w
    )
    assert after.state.count[2] == 0
    assert np.array_equal(after.score == -jnp.inf, [False, False, True, False])
    assert np.array_equal(after.age, [3, 3, 0, 3])
    assert np.array_equal(after.steps, [3, 3, 3, 3])
    assert same(after.hypers, hypers)
    others = jnp.array([0, 1, 3])
    assert same(trees.take(after.state, others), trees.take(lived.state, others))


@pytest.mark.parametrize(
    ("parent", "inherit"),
    [
        ([0, 1, 2, 3], [True] * 4),
        ([0, 3, 2, 3], [True] * 4),
        ([0, 1, 2, 3], [True, True, False, True]),
    ],
)
def test_a_move_that_is_known_before_anything_is_computed_does_the_same(lived, parent, inherit):
    known = stay(lived, parent=np.array(parent), inherit=np.array(inherit))
    after = jax.jit(lambda population: apply(LEARNER, SEED, population, known))(lived)
    close(after, APPLY(lived, known))


def test_what_is_bequeathed_becomes_the_hypers_unless_the_member_died():
    def bequeath(state, hypers):
        return {**hypers, "momentum": hypers["momentum"] / 2}

    lamarck = LEARNER._replace(bequeath=bequeath)
    hypers = {"rate": jnp.array([0.01, 10.0]), "momentum": jnp.array([0.4, 0.4])}
    young = spawn(lamarck, SPACE, SEED, 2, hypers)  # a rate above 1 kills
    old = jax.jit(lambda p: advance(lamarck, SEED, 1, p)[0])(young)
    np.testing.assert_allclose(old.hypers["momentum"], [0.2, 0.4])
    assert np.isneginf(old.score[1])
    assert same(old.hypers["rate"], hypers["rate"])
