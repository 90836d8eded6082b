"""PBT at several frequencies: tables of who takes what from whom."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest

from descent import SPACE, scored
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.explore import Exploration
from ontogeny.evolution.mf_pbt import homes, inheritance, mf_pbt, saviours
from ontogeny.testing import check_strategy

KEY = jax.random.key(0)


@functools.cache
def heirs_of(homes, size):
    """Return the inheritance of so many members in homes of one size."""
    home = np.repeat(np.arange(homes), size // homes)
    return jax.jit(lambda key, score: inheritance(key, score, home))


@functools.cache
def moving(*periods):
    """Return what a population of eight starts with, and the move."""
    strategy = mf_pbt(SPACE, periods, halve())
    return np.zeros(8, np.int32), jax.jit(strategy.move)


def halve() -> Exploration:
    return lambda key, space, hypers: jax.tree.map(lambda h: h / 2, hypers)


def test_it_keeps_the_contract():
    check_strategy(mf_pbt(SPACE, (1, 2)), SPACE)


def test_slots_are_parted_into_runs_of_at_least_four():
    assert np.array_equal(homes(8, 4), [0] * 4 + [1] * 4)
    assert np.array_equal(homes(16, 4), np.repeat(np.arange(4), 4))
    assert np.array_equal(homes(16, 2), np.repeat(np.arange(2), 8))
    for size in (1, 4, 7):
        assert np.array_equal(homes(size, 4), np.zeros(size))
    assert np.array_equal(np.bincount(homes(21, 4)), [6, 5, 5, 5])


def test_the_worst_quarter_is_paired_with_the_best_rank_by_rank():
    score = np.float32([7, 1, 6, 0, 5, 4, 3, 2])
    heirs = heirs_of(1, 8)(KEY, score)
    assert np.array_equal(heirs.state, [0, 0, 2, 2, 4, 5, 6, 7])  # 1st to 7th, 2nd to 8th
    assert np.array_equal(heirs.hypers, heirs.state)
    assert np.array_equal(heirs.varies, [False, True, False, True] + [False] * 4)


def test_migrants_to_a_fast_home_bring_everything_and_to_a_slow_one_their_weights():
    #                  fast: 0 .. 3       slow: 4 .. 7
    score = np.float32([9, 5, 2, 1, 8, 7, 6, 0])
    heirs = heirs_of(2, 8)(KEY, score)
    # Within each home the worst copies the best: 3 of 0, 7 of 4. The third of the fast (2) takes
    # the best of the slow (4) whole; the third of the slow (6) takes the weights of the best of the
    # fast (0), with the hypers of its own best (4).
    assert np.array_equal(heirs.state, [0, 1, 4, 0, 4, 5, 0, 4])
    assert np.array_equal(heirs.hypers, [0, 1, 4, 0, 4, 5, 4, 4])
    assert np.array_equal(heirs.varies, np.isin(np.arange(8), [3, 7]))


def test_a_migrant_must_be_better_and_takes_one_place_only():
    #                  fast: 0 .. 7 (third quarter 4, 5)         slow: 8 .. 15
    score = np.float32([9, 8, 7, 6, 5, 4, 3, 2, 5.5, 4.5, 1, 0, -1, -2, -3, -4])
    assert np.array_equal(heirs_of(2, 16)(KEY, score).state[4:6], [8, 9])
    score[8] = 4.7
    # Now 4 is better than the best migrant, 8, who is therefore still there to meet 5.
    assert np.array_equal(heirs_of(2, 16)(KEY, score).state[4:6], [4, 8])


def test_each_home_evolves_at_its_own_period():
    population = scored([3.0, 2.0, 1.0, 0.0, 3.0, 2.0, 1.0, 0.0])
    lived, decide = moving(1, 3)
    moved = []
    for _ in range(6):
        lived, move = decide(KEY, lived, population, np.ones(8, bool))
        moved.append(np.asarray(move.parent) != np.arange(8))
    assert np.array_equal(np.array(moved)[:, 3], [True] * 6)
    assert np.array_equal(np.array(moved)[:, 7], [False, False, True] * 2)
    assert np.array_equal(lived, np.full(8, 6))


def test_one_ready_member_counts_its_own_rounds_and_moves_alone():
    population = scored([3.0, 2.0, 1.0, 0.0, 3.0, 2.0, 1.0, 0.0])
    (lived, decide), alone = moving(1, 2), np.arange(8) == 7
    lived, first = decide(KEY, lived, population, alone)
    lived, second = decide(KEY, lived, population, alone)
    assert np.array_equal(first.parent, np.arange(8))
    assert np.array_equal(np.flatnonzero(np.asarray(second.parent) != np.arange(8)), [7])
    assert np.array_equal(lived, [0] * 7 + [2])
    expected = np.asarray(population.hypers["rate"])[second.parent[7]] / 2
    assert np.asarray(second.hypers["rate"])[7] == expected


def test_the_dead_are_replaced_at_once_from_home_if_anyone_lives_there():
    saving = jax.jit(lambda score: saviours(score, np.repeat([0, 1], 4)))
    score = np.float32([1, 2, -np.inf, 0, *[-np.inf] * 4])
    assert np.array_equal(saving(score), np.full(8, 1))
    score[4] = 0.5
    assert np.array_equal(saving(score), [1] * 4 + [4] * 4)
    population, (lived, decide) = scored(score), moving(2, 4)
    _, move = decide(KEY, lived, population, np.ones(8, bool))
    assert np.array_equal(move.parent, [0, 1, 1, 3, 4, 4, 4, 4])
    rates = np.asarray(population.hypers["rate"])
    assert np.asarray(move.hypers["rate"])[2] == rates[1] / 2


def test_ties_are_broken_at_random():
    keys = jax.random.split(KEY, 12)
    heirs = jax.vmap(heirs_of(1, 2), (0, None))(keys, np.zeros(2, np.float32))
    assert set(np.asarray(heirs.state)[:, 0].tolist()) == {0, 1}


@pytest.mark.parametrize("periods", [(), (0, 1), (2, 1), (1, 1)])
def test_periods_that_make_no_sense_are_refused(periods):
    with pytest.raises(ConfigError, match="periods"):
        mf_pbt(SPACE, periods)
