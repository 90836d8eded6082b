"""Ask and tell decides what an executor decides, to the bit, and says what can't be told."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import hosts
import ontogeny as og
from growing_apart import overtaking
from hermits import Hermitage
from ontogeny.core.errors import ConfigError, DeadPopulation, StoreError
from ontogeny.recipes.strategies import strategy_class
from ontogeny.runtime.executor import Job

pytestmark = pytest.mark.usefixtures("one_device")
SPACE = og.Space({"rate": og.Log(1e-3, 1.0)})
POP, ROUNDS, STEPS = 4, 3, 2
STRATEGY = overtaking(SPACE)


def search_of(strategy, **how):
    return og.ask_tell(SPACE, strategy, POP, steps=STEPS, **how)


def follow(search, lived, pending):
    """Hold what was asked for against a round of an executor, and tell its scores."""
    for slot in np.flatnonzero(lived.ready).tolist():
        asked = pending.pop(slot)
        inherits = bool(lived.move.inherit[slot]) and lived.number > 0
        came = (lived.move.parent[slot], lived.parent_round[slot]) if inherits else (None, None)
        assert (asked.parent, asked.parent_round) == came
        assert (asked.slot, asked.round) == (slot, lived.number)
        assert np.float32(asked.hypers["rate"]) == lived.hypers["rate"][slot]
        search.tell(slot, lived.score[slot])
    while search.free:
        asked = search.ask()
        pending[asked.slot] = asked


def renewing(space):
    """Everybody begins each round anew, with the hypers of the best."""

    def move(key, memory, population, ready):
        parent = jnp.where(ready, jnp.argmax(population.score), jnp.arange(POP))
        rate = population.hypers["rate"][parent]
        return memory + 1, og.Move(parent, ~ready, {"rate": rate})

    return og.Strategy(lambda key, population: jnp.int32(0), move)


@pytest.mark.parametrize(("strategy", "synchronous"), [("pbt", False), (renewing(SPACE), True)])
def test_told_the_same_scores_it_moves_as_an_executor_does_to_the_bit(strategy, synchronous):
    named = isinstance(strategy, str)
    functions = strategy_class(strategy)().build(SPACE) if named else strategy
    numbers = {"seed": 3, "population": POP, "rounds": ROUNDS, "steps": STEPS}
    job = Job(hosts.DESCENT, SPACE, functions, **numbers)
    program = Hermitage(synchronous).prepare(job)
    search = search_of(strategy, rounds=ROUNDS, seed=3, synchronous=synchronous)
    pending = {slot: search.ask() for slot in range(POP)}
    moved = 0
    for lived in program.rounds():
        follow(search, lived, pending)
        moved += int((lived.move.parent != np.arange(POP)).sum())
    program.close()
    assert moved
    with pytest.raises(ConfigError, match="nobody is free: all have lived their rounds"):
        search.ask()


def test_it_moves_as_one_compiled_program_does():
    learner = og.Learner(
        init=lambda key, hypers: np.float32(3.0),
        step=lambda key, x, hypers: (x * (1 - hypers["rate"]), {}),
        score=lambda key, x, hypers: -(x**2),
    )
    strategy = overtaking(SPACE)
    _, lived = og.evolve(learner, SPACE, strategy, seed=1, size=POP, rounds=4, steps=STEPS)
    scores, rates, parents = map(np.asarray, (lived.score, lived.hypers["rate"], lived.move.parent))
    search = search_of(strategy, seed=1, synchronous=True)
    for number in range(4):
        for slot in range(POP):
            asked = search.ask()
            np.testing.assert_allclose(asked.hypers["rate"], rates[number, slot], rtol=1e-6)
            assert asked.parent == (parents[number, slot] if number else None)
        for slot in range(POP):
            search.tell(slot, scores[number, slot])
    assert (parents[1:] != np.arange(POP)).any()


def live(search, count):
    asked = []
    for _ in range(count):
        asked.append(search.ask())
        search.tell(asked[-1].slot, -asked[-1].hypers["rate"])
    return asked


def test_what_is_saved_goes_on_with_the_same_asks(tmp_path):
    search, other = search_of(STRATEGY), search_of(STRATEGY)
    live(search, 2 * POP)
    out = search.ask()
    other.load(search.save(tmp_path / "search"))
    assert other.under_way == (out,)
    assert other.needed == search.needed
    for one in (search, other):
        one.tell(out.slot, 0.5)
    few = search_of(STRATEGY, rounds=3)
    few.load(search.save(tmp_path / "search"))
    assert len([few.ask() for _ in range(POP - 1)]) == POP - 1
    assert not few.free
    assert live(search, 2 * POP) == live(other, 2 * POP)
    assert search.best == other.best
    assert search.best.score == max(search._board.population.score)

    with pytest.raises(StoreError, match="population 4, not 5"):
        og.ask_tell(SPACE, STRATEGY, 5, steps=STEPS).load(tmp_path / "search")
    data = (tmp_path / "search").read_bytes()
    (tmp_path / "search").write_bytes(data[:-1] + b"x")
    with pytest.raises(StoreError, match="not what was written"):
        search.load(tmp_path / "search")


def test_a_synchronous_search_that_is_saved_between_two_asks_goes_on(tmp_path):
    search, other = (search_of(STRATEGY, synchronous=True) for _ in range(2))
    first = search.ask()
    other.load(search.save(tmp_path / "search"))
    assert other.under_way == (first,)
    assert [search.ask() for _ in range(3)] == [other.ask() for _ in range(3)]
    assert not other.free


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1e39, "0.5", None, [1, 2], True])
def test_what_is_no_score_is_refused_and_nothing_is_lost(score, asked_search):
    with pytest.raises(ConfigError, match=r"search\.tell: the score is .*"):
        asked_search.tell(0, score)
    assert [one.slot for one in asked_search.under_way] == [0]


@pytest.fixture(scope="module")
def asked_search():
    search = search_of(STRATEGY)
    search.ask()
    return search


def test_a_slot_is_told_once_and_when_it_was_asked_for(asked_search):
    with pytest.raises(ConfigError, match="there is no slot 4\n  → use 0 to 3"):
        asked_search.tell(4, 1.0)
    with pytest.raises(ConfigError, match="slot is 'a'"):
        asked_search.tell("a", 1.0)
    with pytest.raises(ConfigError, match="slot 1 was not asked for\n"):
        asked_search.tell(1, 1.0)
    with pytest.raises(ConfigError, match="no finite score was told yet"):
        _ = asked_search.best


def test_telling_twice_asking_too_often_and_a_population_that_died():
    search = search_of(STRATEGY, synchronous=True)
    for slot in range(POP):
        assert search.ask().slot == slot
    with pytest.raises(ConfigError, match="nobody is free: no score was told of slot 0, 1, 2, 3"):
        search.ask()
    for slot in range(POP):
        search.tell(slot, float("-inf"))
    with pytest.raises(ConfigError, match="slot 2 was not asked for: the score of its round 0 is"):
        search.tell(2, 1.0)
    with pytest.raises(DeadPopulation, match="the last score of all 4 slots is -inf"):
        search.ask()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (({"rate": 1}, "pbt", 4), "not a space"),
        ((SPACE, og.pbt, 4), "pbt is a function, not a strategy"),
        ((SPACE, "pbtt", 4), "did you mean 'pbt'"),
        ((SPACE, "pbt", 0), "population is 0"),
    ],
)
def test_what_makes_no_search_is_refused(given, said):
    with pytest.raises(ConfigError, match=said):
        og.ask_tell(*given)


def test_a_choice_is_asked_for_as_it_was_written():
    space = og.Space({"kind": og.Choice(("adam", "sgd")), "net": {"layers": og.Integer(1, 3)}})
    stay = og.Strategy(
        lambda key, population: (),
        lambda key, memory, population, ready: (
            memory,
            og.Move(np.arange(2), np.ones(2, bool), population.hypers),
        ),
    )
    asked = og.ask_tell(space, stay, 2).ask()
    assert asked.hypers["kind"] in ("adam", "sgd")
    assert asked.hypers["net"]["layers"] in (1, 2, 3)
