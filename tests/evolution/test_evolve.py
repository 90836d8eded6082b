"""A whole growth equals its parts, whatever it is cut into."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from descent import LEARNER, SPACE
from growing_apart import overtaking
from ontogeny.core.archive import read_archive, write_archive
from ontogeny.core.keys import Purpose, derive
from ontogeny.core.population import advance, apply
from ontogeny.evolution.evolve import Grown, begin, evolve, shift
from ontogeny.evolution.random_search import random_search
from ontogeny.evolution.replay import replay
from ontogeny.evolution.successive_halving import successive_halving

SEED, POP, ROUNDS, STEPS = 11, 4, 6, 3
STRATEGY = overtaking(SPACE)


@jax.jit
def one_round(number, grown):
    """Return the population a round later, as the executors run it."""
    (population, memory), _ = shift(LEARNER, STRATEGY, SEED, number, grown)
    return Grown(advance(LEARNER, SEED, STEPS, population)[0], memory)


@pytest.fixture(scope="module")
def whole():
    return jax.jit(lambda s: evolve(LEARNER, SPACE, STRATEGY, s, POP, ROUNDS, STEPS))(
        jnp.uint32(SEED)
    )


@pytest.fixture(scope="module")
def born():
    return jax.jit(lambda s: begin(LEARNER, SPACE, STRATEGY, s, POP))(jnp.uint32(SEED))


def grow(grown, first, last):
    for number in range(first, last):
        grown = one_round(jnp.uint32(number), grown)
    return grown


def test_it_equals_a_loop_over_its_parts_written_by_hand(whole, born):
    population, moves = born
    assert moves == 0

    @jax.jit
    def by_hand(number, moves, population):
        key, ready = derive(SEED, Purpose.MOVE, number), jnp.full(POP, number > 0)
        moves, move = STRATEGY.move(key, moves, population, ready)
        population = apply(LEARNER, SEED, population, move)
        return moves, move, *advance(LEARNER, SEED, STEPS, population)

    last, rounds = whole
    for number in range(ROUNDS):
        moves, move, population, metrics = by_hand(np.uint32(number), moves, population)
        assert np.array_equal(rounds.move.parent[number], move.parent)
        np.testing.assert_allclose(rounds.hypers["rate"][number], move.hypers["rate"], rtol=1e-6)
        np.testing.assert_allclose(rounds.score[number], population.score, rtol=1e-5)
        np.testing.assert_allclose(
            rounds.metrics["gradient"][number], metrics["gradient"], rtol=1e-4
        )
    np.testing.assert_allclose(last.state.w, population.state.w, rtol=1e-5)
    assert np.array_equal(last.age, population.age)
    assert np.array_equal(last.steps, np.full(POP, ROUNDS * STEPS))


def test_nobody_moves_in_the_first_round_and_somebody_in_every_other(whole):
    parent = np.asarray(whole[1].move.parent)
    assert np.array_equal(parent[0], np.arange(POP))
    assert np.all(np.sum(parent[1:] != np.arange(POP), axis=1) == POP // 2)


def test_first_hypers_can_be_given():
    hypers = {"rate": jnp.full(2, 0.05), "momentum": jnp.zeros(2)}
    grow_given = jax.jit(lambda h: evolve(LEARNER, SPACE, STRATEGY, SEED, 2, 1, 1, h))
    assert np.array_equal(grow_given(hypers)[1].hypers["rate"], [hypers["rate"]])


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_a_growth_cut_in_two_and_read_back_from_disk_is_the_same_bit_for_bit(born, cut, tmp_path):
    uncut = grow(born, 0, ROUNDS)
    write_archive(tmp_path / "half", grow(born, 0, cut), {})
    resumed = grow(read_archive(tmp_path / "half", born), cut, ROUNDS)
    for a, b in zip(jax.tree.leaves(resumed), jax.tree.leaves(uncut), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_vmapped_over_seeds_it_is_the_same_growth(whole):
    many = jax.jit(jax.vmap(lambda s: evolve(LEARNER, SPACE, STRATEGY, s, POP, ROUNDS, STEPS)[1]))
    rounds = many(jnp.array([SEED, SEED + 1], jnp.uint32))
    np.testing.assert_allclose(rounds.score[0], whole[1].score, rtol=1e-5)
    assert np.array_equal(rounds.move.parent[0], whole[1].move.parent)
    assert not np.allclose(rounds.score[1], rounds.score[0])


@pytest.mark.parametrize(
    "strategy",
    [
        random_search(SPACE),
        successive_halving(SPACE),
        replay({"rate": jnp.ones(2), "momentum": jnp.ones(2)}),
    ],
    ids=["random search", "halving", "replay"],
)
def test_where_nobody_takes_anothers_state_no_round_copies_them(strategy):
    """The one choice that is left in its program is whether somebody begins anew."""
    grown = jax.eval_shape(lambda: begin(LEARNER, SPACE, strategy, SEED, POP))
    program = jax.make_jaxpr(lambda grown: shift(LEARNER, strategy, SEED, 1, grown))(grown)
    assert [line.primitive.name for line in program.eqns].count("cond") == 1
