"""Ancestry on hand-made records, on random ones against a slow oracle, and on a population that
really evolved.
"""

from __future__ import annotations

import itertools

import jax
import numpy as np
import pytest

from ontogeny.evolution.evolve import evolve
from ontogeny.runtime.storage.store import Heir
from ontogeny.views.growth.lineage import (
    BORN,
    along_ancestry,
    founders,
    founders_alive,
    kinship_order,
    last_scores,
    parent_rounds,
    parents,
    rounds_since_move,
    schedule,
    survivors,
    trace,
    winner,
)
from ontogeny.views.growth.record import read_record

# Slot 0 takes slot 2's state in round 1; in round 2, slot 1 takes slot 0's and slot 2 begins anew.
HEIRS = [Heir(1, 0, 2, True, 0), Heir(2, 1, 0, True, 1), Heir(2, 2, 2, False, 1)]
PARENT = np.array([[-1, -1, -1], [2, 1, 2], [0, 0, -1], [0, 1, 2]])


def test_parents_from_moves():
    np.testing.assert_array_equal(parents(HEIRS, 4, 3), PARENT)
    np.testing.assert_array_equal(
        parents(HEIRS, 2, 3), PARENT[:2]
    )  # moves of rounds not recorded yet
    assert parents([], 0, 3).shape == (0, 3)


def test_who_begins_anew_from_a_living_parents_genes_descends_from_it():
    heirs = [Heir(1, 0, 2, False, 0), Heir(1, 1, 1, False, 0)]
    heirs += [Heir(2, 0, 0, False, 1), Heir(2, 2, 1, False, 1)]
    score = np.array([[0.0, -np.inf, 1.0], [np.nan, 0.0, 1.0], [1.0, 1.0, 1.0]])
    # Slot 1 was dead, so its successor is born. Slot 0 was not heard of since round 0.
    np.testing.assert_array_equal(
        parents(heirs, 3, 3, score), [[-1, -1, -1], [2, BORN, 2], [0, 1, 1]]
    )


def test_lines_go_back_to_round_0_or_to_a_birth():
    assert trace(PARENT, 1) == [(0, 2), (1, 0), (2, 1), (3, 1)]
    assert trace(PARENT, 2) == [(2, 2), (3, 2)]
    assert trace(PARENT, 2, last=1) == [(0, 2), (1, 2)]


def test_founders_and_how_many_are_left():
    founder = founders(PARENT)
    np.testing.assert_array_equal(founder, [[0, 1, 2], [2, 1, 2], [2, 2, BORN], [2, 2, BORN]])
    np.testing.assert_array_equal(founders_alive(founder), [3, 2, 1, 1])
    dying = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [0, 0, 1]], bool)
    np.testing.assert_array_equal(founders_alive(founder, dying), [3, 1, 1, 0])


def test_survivors_have_descendants_at_the_end():
    expected = [[0, 0, 1], [1, 0, 0], [1, 1, 1], [1, 1, 1]]
    np.testing.assert_array_equal(survivors(PARENT), np.array(expected, bool))


def test_ages_count_rounds_lived_since_the_last_move():
    everybody = np.ones((4, 3), bool)
    np.testing.assert_array_equal(rounds_since_move(PARENT, everybody), [3, 2, 2])
    late = everybody.copy()
    late[3, 1] = False  # an asynchronous member whose round has not come
    np.testing.assert_array_equal(rounds_since_move(PARENT, late), [3, 1, 2])


def test_schedule_follows_the_line():
    values = np.arange(12.0).reshape(4, 3)
    np.testing.assert_array_equal(schedule(values, trace(PARENT, 1)), [2, 3, 7, 10])


def test_the_drawn_line_joins_an_heir_to_its_ancestor_and_breaks_at_a_birth():
    values = np.arange(12.0).reshape(4, 3)
    x, y = along_ancestry(values, PARENT)
    pieces = np.split(np.stack([x, y]), np.flatnonzero(np.isnan(x)), axis=1)
    drawn = {tuple(map(tuple, piece[:, ~np.isnan(piece[0])].T.tolist())) for piece in pieces} - {()}
    assert drawn == {
        ((0, 0),),
        ((0, 2), (1, 3), (2, 6), (3, 9)),
        ((0, 1), (1, 4)),
        ((1, 3), (2, 7), (3, 10)),
        ((0, 2), (1, 5)),
        ((2, 8), (3, 11)),
    }


def test_kin_lie_side_by_side():
    order = kinship_order(PARENT)
    assert sorted(order) == [0, 1, 2]
    assert abs(order.index(0) - order.index(1)) == 1  # they share the ancestor of rounds 0 and 1
    assert kinship_order(np.zeros((0, 2), int)) == [0, 1]


def test_the_winner_is_the_best_of_those_alive():
    score = np.array([[1.0, 5.0, 2.0], [3.0, -np.inf, np.nan]])
    np.testing.assert_array_equal(last_scores(score), [3.0, -np.inf, 2.0])
    assert winner(score) == 0
    assert winner(np.full((2, 2), -np.inf)) is None


def test_winning_line_of_a_store(make_store):
    score = np.array([[0, 0, 9], [1, 0, -np.inf], [1, 2, 0], [1, 3, 0.0]])
    store = make_store(score, heirs=HEIRS)
    assert read_record(store).line == trace(PARENT, 1)


def test_no_winning_line_where_nobody_is_alive_or_nothing_recorded(make_store):
    assert read_record(make_store(np.full((2, 3), -np.inf), name="dead")).line == []
    assert read_record(make_store(np.zeros((0, 3)), name="empty")).line == []


@pytest.mark.parametrize("seed", range(5))
def test_random_records_against_an_oracle_that_copies_whole_histories(seed):
    rng = np.random.default_rng(seed)
    rounds, pop = 12, 6
    history = [[(0, slot)] for slot in range(pop)]
    heirs = []
    for number in range(1, rounds):
        parent = np.where(rng.random(pop) < 0.3, rng.integers(0, pop, pop), np.arange(pop))
        born = rng.random(pop) < 0.05
        moved = (parent != np.arange(pop)) | born
        heirs += [
            Heir(number, int(s), int(parent[s]), not born[s], number - 1)
            for s in np.flatnonzero(moved)
        ]
        history = [([] if born[s] else history[parent[s]]) + [(number, s)] for s in range(pop)]
    parent = parents(heirs, rounds, pop)
    assert [trace(parent, slot) for slot in range(pop)] == history
    roots = [line[0][1] if line[0][0] == 0 else BORN for line in history]
    np.testing.assert_array_equal(founders(parent)[-1], roots)
    reached = set().union(*history)
    np.testing.assert_array_equal(
        survivors(parent),
        [[(number, slot) in reached for slot in range(pop)] for number in range(rounds)],
    )


def test_the_recorded_lineage_is_what_evolved(job, grown_store):
    """The pure functions and the recorded run agree on every parent, and so on every schedule."""
    _, history = jax.jit(
        lambda: evolve(
            job.learner, job.space, job.strategy, job.seed, job.population, job.rounds, job.steps
        )
    )()
    expected = np.array(history.move.parent)
    expected[0] = BORN
    recorded = parents(grown_store.heirs(), job.rounds, job.population)
    np.testing.assert_array_equal(recorded, expected)
    assert (recorded[1:] != np.arange(job.population)).sum() == 2 * (
        job.rounds - 1
    )  # a quarter of 8, each round

    line = read_record(grown_store).line
    assert [number for number, _ in line] == list(range(job.rounds))
    rate = schedule(grown_store.metric("hypers.rate"), line)
    steps = rate[1:] / rate[:-1]
    moved = np.array([before[1] != after[1] for before, after in itertools.pairwise(line)])
    assert moved.any()
    np.testing.assert_allclose(steps[~moved], 1.0, rtol=1e-6)  # who stays keeps its hypers
    assert all(np.isclose(step, (0.8, 1.25), rtol=1e-5).any() for step in steps[moved])


# Slot 0 runs ahead: slot 1's round 1 comes from slot 0's round 2, and slot 0's round 3 from slot
# 1's round 1, which is therefore slot 0's own past.
AHEAD = [Heir(1, 1, 0, True, 2), Heir(3, 0, 1, True, 1)]


def test_a_parent_of_another_round_is_followed():
    parent, before = parents(AHEAD, 4, 2), parent_rounds(AHEAD, 4, 2)
    assert trace(parent, 0, None, before) == [(0, 0), (1, 0), (2, 0), (1, 1), (3, 0)]
    np.testing.assert_array_equal(founders(parent, before), [[0, 1], [0, 0], [0, 0], [0, 0]])
    expected = [[1, 0], [1, 1], [1, 1], [1, 1]]
    np.testing.assert_array_equal(survivors(parent, before), np.array(expected, bool))
    values = np.arange(8.0).reshape(4, 2)
    x, y = along_ancestry(values, parent, before)
    assert [1.0, 3.0] in [x[i : i + 2].tolist() for i in range(x.size)]  # from (1, 1) to (3, 0)
    assert [4.0, 3.0, 5.0] in [y[i : i + 3].tolist() for i in range(y.size)]  # (2, 0), (1, 1), …


def test_a_winner_that_is_rounds_behind_is_traced_from_its_own_last_round(make_store):
    score = np.array([[0, 1], [0, 5], [1, np.nan], [2, np.nan]])
    store = make_store(score, heirs=[Heir(1, 1, 0, True, 2)])
    assert read_record(store).line == [(0, 0), (1, 0), (2, 0), (1, 1)]
