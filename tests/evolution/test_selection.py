"""Selections: pure functions of scores and a key. Who copies whom, and who never does."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from ontogeny.core.errors import ConfigError
from ontogeny.evolution.selection import (
    margin,
    rank_of,
    rescue,
    rival_of,
    tournament,
    truncation,
    welch,
    welch_p_value,
)

SELECTIONS = {
    "truncation": truncation(0.25),
    "tournament": tournament(),
    "margin": margin(0.5),
    "welch": welch(0.05),
}
WELCH = jax.jit(welch_p_value)
quick = settings(deadline=None, derandomize=True, max_examples=40)
score_lists = st.sampled_from([1, 3, 8]).flatmap(
    lambda pop: st.lists(
        st.one_of(st.floats(-10, 10, width=32), st.just(-np.inf), st.just(1.0)),
        min_size=pop,
        max_size=pop,
    )
)


@functools.cache
def compiled(pop):
    """Return all selections in one program for a population of this size."""
    return jax.jit(lambda key, *scores: {n: s(key, *scores) for n, s in SELECTIONS.items()})


def drawn(select, score, n=1000):
    """Return the donors of `n` draws, [draw, pop]."""
    keys, score = jax.random.split(jax.random.key(0), n), jnp.asarray(score, jnp.float32)
    return np.asarray(jax.jit(jax.vmap(lambda key: select(key, score, score[:, None])))(keys))


def choose(name, score, seed=0, recent=None):
    score = jnp.asarray(score, jnp.float32)
    recent = np.tile(score[:, None], 4) if recent is None else np.asarray(recent)
    recent = jnp.asarray(recent, jnp.float32)
    return np.asarray(compiled(len(score))(jax.random.key(seed), score, recent)[name])


@quick
@pytest.mark.parametrize("name", sorted(SELECTIONS))
@given(score=score_lists, seed=st.integers(0, 1000))
def test_donors_are_living_slots_and_no_worse(name, score, seed):
    score = np.asarray(score, np.float32)
    donor = choose(name, score, seed)
    assert np.all((donor >= 0) & (donor < len(score)))
    moved = donor != np.arange(len(score))
    assert np.all(np.isfinite(score[donor[moved]]))
    assert np.all(score[donor[moved]] >= score[moved])
    assert np.array_equal(donor, choose(name, score, seed))


@quick
@given(score=score_lists, seed=st.integers(0, 1000))
def test_truncation_moves_only_the_bottom_and_copies_only_the_top(score, seed):
    score = np.asarray(score, np.float32)
    pop = len(score)
    donor = choose("truncation", score, seed)
    moved = np.flatnonzero(donor != np.arange(pop))
    cut = {1: 0, 3: 1, 8: 2}[pop]
    best = np.sort(score)[::-1]
    assert len(moved) <= cut
    assert not set(moved) & set(donor[moved])  # nobody both gives and takes
    if np.isfinite(score).sum() >= cut > 0:
        assert len(moved) == cut
        assert np.all(score[donor[moved]] >= best[cut - 1])
        assert np.all(score[moved] <= best[pop - cut])


@pytest.mark.parametrize("pop", [2, 3])
def test_truncation_has_at_least_one_of_each(pop):
    (donor,) = drawn(SELECTIONS["truncation"], range(pop), 1)
    assert donor[0] == pop - 1
    assert np.array_equal(donor[1:], np.arange(1, pop))


def test_truncation_draws_every_one_of_the_top_alike():
    donor = drawn(SELECTIONS["truncation"], range(8), 2000)
    for slot in (0, 1):
        assert set(np.unique(donor[:, slot])) == {6, 7}
        assert np.mean(donor[:, slot] == 7) == pytest.approx(0.5, abs=0.04)
    assert np.mean(donor[:, 0] == donor[:, 1]) == pytest.approx(0.5, abs=0.04)
    assert np.all(donor[:, 2:] == np.arange(2, 8))


@pytest.mark.parametrize("name", ["truncation", "tournament"])
def test_equal_scores_are_told_apart_at_random(name):
    donor = drawn(SELECTIONS[name], [0.0, 0.0])
    assert np.all(donor[:, 0] == donor[:, 1])  # exactly one copies the other
    assert np.mean(donor[:, 0] == 0) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("name", sorted(SELECTIONS))
@pytest.mark.parametrize("pop", [1, 2, 3, 8])
def test_when_all_are_dead_everybody_stays(name, pop):
    dead = np.full(pop, -np.inf)
    assert np.array_equal(choose(name, dead), np.arange(pop))


@pytest.mark.parametrize("name", sorted(SELECTIONS))
def test_alone_nobody_moves(name):
    assert np.array_equal(choose(name, [1.0]), [0])


def test_a_tournament_is_won_by_the_higher_score():
    donor = drawn(SELECTIONS["tournament"], [2.0, 0.0, 1.0, -np.inf])
    assert np.all(donor[:, 0] == 0)
    assert set(np.unique(donor[:, 1])) == {0, 2}  # always drawn from the two others that live
    assert set(np.unique(donor[:, 2])) == {0, 2}
    assert np.mean(donor[:, 2] == 0) == pytest.approx(0.5, abs=0.07)
    assert set(np.unique(donor[:, 3])) == {0, 1, 2}


def test_a_margin_must_be_exceeded():
    assert np.array_equal(choose("margin", [0.0, 0.5]), [0, 1])
    assert np.array_equal(choose("margin", [0.0, 0.75]), [1, 1])
    assert np.array_equal(choose("margin", [-np.inf, 0.75]), [1, 1])
    by_a_share = margin(0.0, share=0.5)  # of the absolute value: -1 must be passed by more than 0.5
    for score, donor in (([1.0, 2.0], [0, 1]), ([0.9, 2.0], [1, 1]), ([-1.6, -1.0], [1, 1])):
        found = by_a_share(jax.random.key(0), jnp.array(score), jnp.array(score)[:, None])
        assert np.array_equal(found, donor)


def test_the_t_test_moves_on_significance_and_not_on_the_last_score():
    steady, better = [0.0, 0.1, -0.1, 0.05], [1.0, 1.1, 0.9, 1.05]
    noisy = [9.0, -8.0, 7.0, -7.0]
    assert np.array_equal(choose("welch", [9.0, 0.0], recent=[steady, better]), [1, 1])
    assert np.array_equal(choose("welch", [0.0, 9.0], recent=[steady, noisy]), [0, 1])
    unseen = [np.nan, np.nan, np.nan, 5.0]
    assert np.array_equal(choose("welch", [0.0, 5.0], recent=[steady, unseen]), [0, 1])


@pytest.mark.parametrize("n", [(2, 2), (3, 10), (10, 10), (10, 2)])
@pytest.mark.parametrize("scale", [1e-12, 1e-3, 1.0, 1e6])
def test_the_p_value_is_scipys(n, scale):
    rng = np.random.default_rng(sum(n))
    a, b = np.full((20, 10), np.nan), np.full((20, 10), np.nan)
    a[:, -n[0] :] = rng.normal(0.5, 1, (20, n[0]))
    b[:, -n[1] :] = rng.normal(0.0, 2, (20, n[1]))
    a, b = jnp.float32(a * scale), jnp.float32(b * scale)
    oracle = ttest_ind(
        np.float64(a),  # in float32 scipy's degrees of freedom underflow
        np.float64(b),
        axis=1,
        equal_var=False,
        alternative="greater",
        nan_policy="omit",
    )
    np.testing.assert_allclose(WELCH(a, b), np.asarray(oracle.pvalue, float), atol=1e-5)


def test_the_p_value_without_spread_is_0_half_or_1():
    a = jnp.array([[1.0, 1, 1], [0, 0, 0], [1, 1, 1], [jnp.nan, jnp.nan, 1]])
    b = jnp.array([[0.0, 0, 0], [1, 1, 1], [1, 1, 1], [0, 0, 0]])
    np.testing.assert_allclose(WELCH(a, b), [0, 1, 0.5, 1], atol=1e-6)


def test_rescue_gives_the_dead_one_of_the_better_half_of_the_living():
    score = [1.0, -np.inf, 3.0, 2.0, -np.inf, 0.0]
    donor = drawn(lambda key, score, recent: rescue(key, score, jnp.arange(6)), score)
    assert set(np.unique(donor[:, 1])) == {2, 3}
    assert set(np.unique(donor[:, 4])) == {2, 3}
    assert np.all(donor[:, [0, 2, 3, 5]] == [0, 2, 3, 5])


def test_rescue_keeps_what_selection_decided_for_the_living():
    decided = jnp.array([2, 1, 2])
    donor = drawn(lambda key, score, recent: rescue(key, score, decided), [0.0, -np.inf, 2.0], 1)
    assert np.array_equal(donor, [[2, 2, 2]])


def test_ranks_are_a_permutation_that_sorts():
    score = jnp.array([3.0, -jnp.inf, 1.0, 1.0, 2.0])
    rank = np.asarray(rank_of(jax.random.key(0), score))
    assert sorted(rank) == [0, 1, 2, 3, 4]
    assert (rank[1], rank[4], rank[0]) == (0, 3, 4)


@pytest.mark.parametrize(
    "make", [lambda: truncation(0.0), lambda: truncation(0.6), lambda: welch(0.0), lambda: welch(1)]
)
def test_a_selection_that_makes_no_sense_is_refused(make):
    with pytest.raises(ConfigError):
        make()


@pytest.mark.parametrize("few", [0, 8])
def test_many_draw_as_few_do(few, monkeypatch):
    """Above a size nobody draws for all pairs: the same donors are possible, and as likely."""
    monkeypatch.setattr("ontogeny.evolution.selection.FEW", few)
    score = jnp.array([3.0, -jnp.inf, 5.0, 2.0, 2.0, 7.0, -jnp.inf, 1.0])
    alive, keys = np.isfinite(score), jax.random.split(jax.random.key(1), 3000)

    @jax.jit
    @jax.vmap
    def draw(key):
        return (
            rival_of(key, score),
            rescue(key, score, jnp.arange(8)),
            truncation(0.25)(key, score, score[:, None]),
        )

    rivals, saved, donors = map(np.asarray, draw(keys))
    for slot in range(8):
        others = alive & (np.arange(8) != slot)
        shares = np.bincount(rivals[:, slot], minlength=8) / len(keys)
        np.testing.assert_allclose(shares, others / others.sum(), atol=0.04)
    np.testing.assert_array_equal(saved[:, alive], np.tile(np.flatnonzero(alive), (3000, 1)))
    for slot in (1, 6):
        shares = np.bincount(saved[:, slot], minlength=8) / len(keys)
        np.testing.assert_allclose(shares[[0, 2, 5]], 1 / 3, atol=0.04)
        shares = np.bincount(donors[:, slot], minlength=8) / len(keys)
        np.testing.assert_allclose(shares[[2, 5]], 1 / 2, atol=0.04)
    alone = jnp.where(jnp.arange(8) == 3, 1.0, -jnp.inf)
    assert np.asarray(rival_of(keys[0], alone)).tolist() == [3, 3, 3, 3, 3, 3, 3, 3]
