"""The Baldwin effect's strategy: who gets whose genes, in which season, and what stays."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Population
from ontogeny.core.space import Integer, Linear, Log, Space
from ontogeny.evolution.baldwin import Baldwin, BaldwinState, baldwin
from ontogeny.evolution.breeding import best, one_point, roulette
from ontogeny.evolution.explore import keep
from ontogeny.testing import check_strategy

KEY = jax.random.key(3)
SPACE = Space(
    {
        "weights": Linear(-1.0, 1.0, shape=(3,)),
        "rate": Log(1e-3, 1.0),
        "season": Integer(0, 2**31 - 1, prior=(0, 0)),
    }
)
EVERYBODY = np.ones(4, bool)


def halve():
    """Return an exploration whose result is known."""
    return lambda key, space, hypers: jax.tree.map(lambda h: h / 2, hypers)


def scored(scores) -> Population:
    score = np.asarray(scores, np.float32)
    slots = np.arange(score.shape[0], dtype=np.int32)
    genes = {
        "weights": np.float32(0.1 * (1 + slots)[:, None] * np.ones(3)),
        "rate": np.float32(0.01 * (1 + slots)),
        "season": np.zeros_like(slots),
    }
    return Population((), genes, score, 0 * slots, 10 + 0 * slots)


def state(contest, fitness=None) -> BaldwinState:
    unknown = [-np.inf] * len(contest)
    fitness = np.float32(unknown if fitness is None else fitness)
    return BaldwinState(fitness, np.int32(contest), np.int32(7))


PAIRS = baldwin(SPACE, halve())


@functools.cache
def compiled(strategy):
    return jax.jit(strategy.move)


def decide(strategy, population, memory, ready=EVERYBODY):
    return jax.device_get(compiled(strategy)(KEY, memory, population, ready))


def test_in_every_contest_the_loser_gets_the_winners_varied_genes_and_all_begin_anew():
    population = scored([3.0, 1.0, 0.0, 2.0])
    memory, move = decide(PAIRS, population, state([5, 5, 6, 6]))
    assert move.parent.tolist() == [0, 0, 3, 3]
    assert not np.any(move.inherit)
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.005, 0.02, 0.04])
    np.testing.assert_allclose(move.hypers["weights"][:, 0], [0.1, 0.05, 0.2, 0.4])
    assert memory.fitness.tolist() == [3.0, -np.inf, -np.inf, 2.0]  # a child is not known yet


def test_those_who_will_meet_share_a_season_that_was_never_before():
    memory, move = decide(PAIRS, scored([3.0, 1.0, 0.0, 2.0]), state([5, 5, 6, 6]))
    season = np.asarray(move.hypers["season"])
    assert sorted(np.unique(season, return_counts=True)[1].tolist()) == [2, 2]
    assert season.min() > 7 + 6
    assert np.array_equal(season - 7, memory.contest)
    trios = baldwin(SPACE, halve(), contestants=3)
    _, move = decide(trios, scored([0.0] * 6), state([0] * 6), np.ones(6, bool))
    assert np.unique(move.hypers["season"], return_counts=True)[1].tolist() == [3, 3]


def test_a_larger_contest_has_one_winner():
    strategy = baldwin(SPACE, keep(), contestants=4)
    _, move = decide(strategy, scored([1.0, 3.0, 2.0, 0.0]), state([0, 0, 0, 0]))
    assert move.parent.tolist() == [1, 1, 1, 1]


def test_who_is_ready_alone_meets_another_whose_last_fitness_counts():
    ready = np.array([True, False, False, False])
    better = state([0, 1, 2, 3], [-np.inf, 5.0, 5.0, 5.0])
    memory, move = decide(PAIRS, scored([1.0, -np.inf, -np.inf, -np.inf]), better, ready)
    assert move.parent[0] != 0
    assert move.parent[1:].tolist() == [1, 2, 3]
    assert move.inherit.tolist() == [False, True, True, True]
    assert move.hypers["season"][1:].tolist() == [0, 0, 0]
    worse = state([0, 1, 2, 3], [-np.inf, 0.0, 0.0, 0.0])
    memory, move = decide(PAIRS, scored([1.0, -np.inf, -np.inf, -np.inf]), worse, ready)
    assert move.parent.tolist() == [0, 1, 2, 3]  # only the ready one may be overwritten
    assert memory.fitness[0] == 1.0


def test_nobody_ready_is_nobody_moved():
    before = state([0, 0, 1, 1])
    memory, move = decide(PAIRS, scored([-np.inf] * 4), before, ~EVERYBODY)
    assert np.all(move.inherit)
    assert move.parent.tolist() == [0, 1, 2, 3]
    assert memory.contest.tolist() == [0, 0, 1, 1]


def test_the_dead_get_a_living_ones_genes_and_when_all_are_dead_genes_vary_all_the_same():
    population = scored([-np.inf, -np.inf, 0.0, 1.0])
    _, move = decide(PAIRS, population, state([0, 0, 1, 1]))
    assert move.parent.tolist() == [3, 3, 3, 3]
    population = scored([-np.inf] * 4)
    for strategy in (PAIRS, baldwin(SPACE, halve(), parents=roulette())):
        _, move = decide(strategy, population, state([0, 0, 1, 1]))
        np.testing.assert_allclose(move.hypers["rate"], population.hypers["rate"][move.parent] / 2)


def test_earlier_lifetimes_of_the_same_genes_count_as_much_as_is_remembered():
    strategy = baldwin(SPACE, keep(), remember=0.75)
    memory, move = decide(
        strategy, scored([0.0, 1.0, 2.0, -4.0]), state([0, 0, 1, 1], [8.0, -np.inf, 4.0, 8.0])
    )
    assert move.parent.tolist() == [0, 0, 3, 3]  # 6 against 1, and 3.5 against 5
    assert memory.fitness.tolist() == [6.0, -np.inf, -np.inf, 5.0]


def test_a_generation_is_bred_from_the_best_and_the_elite_stays():
    strategy = baldwin(SPACE, halve(), parents=best(0.25), elite=1)
    memory, move = decide(strategy, scored([0.0, 9.0, 1.0, 2.0]), state([0] * 4))
    assert move.parent.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(move.hypers["rate"], [0.01, 0.02, 0.01, 0.01])
    assert len(np.unique(move.hypers["season"])) == 1
    assert memory.fitness.tolist() == [-np.inf, 9.0, -np.inf, -np.inf]


def test_a_child_of_two_has_genes_of_both():
    strategy = baldwin(SPACE, keep(), parents=roulette(), crossover=one_point())
    size = 64
    _, move = decide(strategy, scored(np.ones(size)), state([0] * size), np.ones(size, bool))
    mother = 0.01 * (1 + np.asarray(move.parent))
    own = np.isclose(move.hypers["rate"], mother)  # the first leaf
    other = np.isclose(move.hypers["weights"][:, -1], 10 * mother)
    assert own.all()
    assert other.mean() < 0.15  # the father is the mother in one of 64


@pytest.mark.parametrize(
    "form",
    [{}, {"parents": roulette(-2.0), "crossover": one_point(), "elite": 1, "remember": 0.5}],
    ids=["tournaments", "generations"],
)
def test_it_is_a_strategy(form):
    check_strategy(baldwin(SPACE, **form), SPACE, rounds=1)


@pytest.mark.parametrize(
    "settings", [{"contestants": 1}, {"elite": -1}, {"elite": 1}, {"remember": 1.0}]
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ConfigError):
        baldwin(SPACE, **settings)


def test_its_settings_build_both_forms():
    population, memory = scored([0.0, 9.0, 1.0, 2.0]), state([0, 0, 1, 1])
    still = {"deviation": 0.0, "weights_deviation": 0.0}
    _, move = decide(Baldwin(**still).build(SPACE), population, memory)
    np.testing.assert_allclose(move.hypers["rate"], [0.02, 0.02, 0.04, 0.04])
    bred = Baldwin(**still, parents="best", fraction=0.25, elite=2, crossover="uniform")
    _, move = decide(bred.build(SPACE), population, memory)
    np.testing.assert_allclose(move.hypers["rate"], [0.02, 0.02, 0.02, 0.04])
