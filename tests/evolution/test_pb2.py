"""Population Based Bandits: what is observed, what is concluded from it, and what is tried."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from descent import SPACE as DESCENT
from descent import scored
from ontogeny.core.errors import ConfigError
from ontogeny.core.population import Population
from ontogeny.core.space import Choice, Integer, Linear, Log, Space
from ontogeny.evolution.pb2 import (
    most_likely,
    observe,
    pb2,
    positions,
    standardised,
    suggest,
)
from ontogeny.ops.gaussian_process import Inputs
from ontogeny.testing import check_strategy

KEY = jax.random.key(0)
MIXED = Space({"n": Integer(1, 4), "size": Choice((1.0, 4.0)), "gene": Linear(-1, 1, shape=(2,))})
RATE = Space({"rate": Log(1e-4, 1.0)})
PB2 = pb2(RATE, window=24)
EVERYBODY = jnp.ones(4, bool)
WATCH = jax.jit(observe)  # one program for all of four members


@pytest.fixture(scope="module")
def program():
    """Return the move and the suggestion, each compiled once for four members."""
    return jax.jit(PB2.move), jax.jit(lambda *args: suggest(args[0], args[1], RATE, *args[2:]))


def living(score, rates, steps) -> Population:
    return scored(score, {"rate": jnp.asarray(rates)}, steps)


def test_it_keeps_the_contract_in_a_mixed_space():
    check_strategy(pb2(MIXED, window=8), MIXED, rounds=1)


def test_the_change_of_the_score_is_observed_with_the_hypers_that_were_lived():
    memory = PB2.init(KEY, living([-jnp.inf] * 4, [1e-4, 1e-3, 1e-2, 1.0], 0))
    first = living([1.0, 2.0, 3.0, 4.0], [1e-4, 1e-3, 1e-2, 1.0], 10)
    memory = WATCH(memory, first, EVERYBODY)
    assert not np.any(memory.there)  # nobody was scored before, so nothing has changed
    memory = memory._replace(before=first.score)
    second = living([1.5, 2.0, -jnp.inf, 3.0], [1e-4, 1e-3, 1e-2, 1.0], 30)
    memory = WATCH(memory, second, jnp.array([True, True, True, False]))
    assert np.array_equal(memory.there, [False] * 21 + [True] * 3)
    np.testing.assert_allclose(memory.y[-3:], [0.5 / 20, 0.0, -np.inf])
    np.testing.assert_allclose(memory.x[-3:, 0], [0, 0.25, 0.5], atol=1e-6)
    assert np.array_equal(memory.time[-3:], [30, 30, 30])
    assert np.array_equal(memory.ended, [30, 30, 30, 10])
    assert memory.round == 20


def test_the_oldest_observations_make_room():
    memory = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))
    for number in range(9):
        score = jnp.arange(4.0) + 10 * number
        now = living(score, [0.1] * 4, 10 * (number + 1))
        memory = WATCH(memory, now, EVERYBODY)._replace(before=score)
    assert np.all(memory.there)
    assert np.array_equal(np.unique(memory.time), 10 * np.arange(4, 10))  # 6 rounds of 4 members


def test_an_heir_takes_its_parents_score_and_age_as_its_own(program):
    memory = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))
    born = jnp.array([5, 6, 7, 8])
    memory = memory._replace(before=jnp.zeros(4), began=jnp.full(4, 5), born=born)
    now = living([3.0, 0.0, 2.0, 1.0], [0.1] * 4, 10)
    memory, move = program[0](KEY, memory, now, EVERYBODY)
    assert np.array_equal(move.parent, [0, 0, 2, 3])
    assert np.array_equal(memory.before, [3, 3, 2, 1])
    assert np.array_equal(memory.born, [10, 10, 12, 13])
    assert np.array_equal(memory.ended, [10, 11, 12, 13])
    kept = np.arange(4) != 1
    assert np.array_equal(np.asarray(move.hypers["rate"])[kept], np.full(3, np.float32(0.1)))


def test_one_ready_member_moves_alone(program):
    memory = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))._replace(before=jnp.zeros(4))
    for slot, parent in ((1, [0, 0, 2, 3]), (2, [0, 1, 2, 3])):
        alone = jnp.arange(4) == slot
        after, move = program[0](KEY, memory, living([3.0, 0, 2, 1], [0.1] * 4, 10), alone)
        assert np.array_equal(move.parent, parent)
        assert np.sum(after.there) == 1
        changed = np.asarray(move.hypers["rate"]) != np.float32(0.1)
        assert np.array_equal(changed, np.arange(4) != parent)


def test_a_parent_that_lives_another_round_gives_what_was_last_scored(program):
    """Slot 0 was scored at step 10, became an heir itself, and is not ready; its board still shows
    the score of then. Slot 1 inherits that, and slot 0 goes on with what it was told to try.
    """
    memory = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))._replace(before=jnp.zeros(4))
    now = living([3.0, 0.0, 2.0, 1.0], [0.1] * 4, 10)
    memory = memory._replace(
        trying=memory.trying.at[0].set(0.25),
        before=memory.before.at[0].set(7.0),
        born=jnp.array([90, 0, 0, 0]),
        ended=jnp.array([10, 0, 0, 0]),
    )
    after, move = program[0](KEY, memory, now, jnp.arange(4) == 1)
    assert np.array_equal(move.parent, [0, 0, 2, 3])
    assert (after.before[1], after.born[1]) == (3, 10)
    assert (after.before[0], after.born[0], after.trying[0, 0]) == (7, 90, 0.25)
    placed = float(RATE.unit({"rate": move.hypers["rate"][1]})["rate"])
    assert after.trying[1, 0] == pytest.approx(placed, abs=1e-5)


def known(best, rounds=6, start=0):
    """Return a memory in which the score rose most at the place `best` of the scale."""
    places = np.linspace(0, 1, 24, dtype=np.float32)
    memory = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))
    return memory._replace(
        time=jnp.asarray(np.repeat(np.arange(start, start + rounds), 24 // rounds), jnp.float32),
        x=jnp.asarray(places[:, None]),
        y=jnp.asarray(-((places - best) ** 2)),
        there=jnp.ones(24, bool),
        before=jnp.zeros(4),
        born=jnp.full(4, start + rounds),
        ended=jnp.full(4, start + rounds),
    )


@pytest.mark.parametrize("best", [0.2, 0.7])
def test_an_heir_tries_what_raised_scores(program, best):
    own = {"rate": jnp.full(4, 1e-4)}
    found = program[1](KEY, known(best), own, jnp.arange(4) == 2)
    place = np.asarray(RATE.unit({"rate": found["rate"]})["rate"])
    assert place[2] == pytest.approx(best, abs=0.1)
    assert np.array_equal(place[[0, 1, 3]], [0, 0, 0])


def test_heirs_of_one_move_do_not_all_try_the_same(program):
    """Without data there is only the deviation: each heir goes where no other round is lived."""
    nothing = PB2.init(KEY, living([0.0] * 4, [0.1] * 4, 0))
    own = {"rate": jnp.array([1e-4, 1e-4, 1e-4, 1e-4])}
    found = program[1](KEY, nothing, own, jnp.array([False, True, True, True]))
    place = np.sort(np.asarray(RATE.unit({"rate": found["rate"]})["rate"]))
    assert np.min(np.diff(place)) > 0.1


def test_an_unfinished_round_is_not_tried_again(program):
    """The bound is highest at 0.7; a member that lives there now lowers it, and the heir goes
    elsewhere.
    """
    memory, alone = known(0.7), jnp.arange(4) == 2
    memory = memory._replace(y=jnp.zeros(24), there=jnp.abs(memory.x[:, 0] - 0.7) > 0.2)
    own, places = {"rate": jnp.full(4, 1e-4)}, []
    for neighbour in (0.0, 0.7):
        trying = jnp.array([[neighbour], [0.0], [0.0], [1.0]])
        found = program[1](KEY, memory._replace(trying=trying), own, alone)["rate"][2]
        places.append(float(RATE.unit({"rate": found})["rate"]))
    assert places[0] == pytest.approx(0.7, abs=0.1)
    assert abs(places[1] - 0.7) > 0.1


def test_heirs_have_what_the_space_allows_and_the_process_sees_that():
    own = jax.jit(jax.vmap(MIXED.sample))(jax.random.split(KEY, 4))
    strategy = pb2(MIXED, window=8)
    memory = strategy.init(KEY, scored([3.0, 0, 2, 1], own))
    assert memory.x.shape == (8, 4)
    found = jax.jit(lambda memory: suggest(KEY, memory, MIXED, own, EVERYBODY))(memory)
    assert set(np.unique(found["size"])) <= {1.0, 4.0}
    assert found["n"].dtype == jnp.int32
    gene, n, size = np.split(np.asarray(positions(MIXED, found)), [2, 3], axis=1)
    assert np.all((gene >= 0) & (gene <= 1))
    np.testing.assert_allclose(n[:, 0], (np.asarray(found["n"]) - 1) / 3, atol=1e-6)
    assert set(np.unique(size)) <= {0.0, 1.0}


def test_a_death_is_the_worst_change():
    y, there = jnp.array([1.0, -jnp.inf, 3.0, 9.0]), jnp.array([True, True, True, False])
    np.testing.assert_allclose(standardised(y, there), [-1, -2, 1, 0], atol=1e-6)
    assert np.all(np.asarray(standardised(y, there & False)) == 0)


def test_the_kernel_follows_the_data():
    """A function that turns over from round to round drifts; one that stands still does not."""
    rng = np.random.default_rng(0)
    x, time = rng.uniform(size=(24, 1)), np.repeat(np.arange(6), 4)
    still = np.sin(6 * x[:, 0])
    fit = jax.jit(most_likely)
    kernels = [
        fit(Inputs(jnp.float32(time), jnp.float32(x)), jnp.float32(y), jnp.ones(24, bool))
        for y in (still, still * (-1.0) ** time)
    ]
    assert kernels[0].drift == 0
    assert kernels[1].drift > 0


@pytest.mark.parametrize("options", [{"window": 1}, {"fraction": 0.7}])
def test_options_that_make_no_sense_are_refused(options, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError):
        pb2(DESCENT, **options)


def test_a_space_without_hypers_is_refused():
    with pytest.raises(ConfigError, match="nothing to choose"):
        pb2(Space({}))
