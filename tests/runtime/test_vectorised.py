"""The vectorised executor does what the pure functions say, however the population is spread."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.evolution.evolve import evolve
from ontogeny.runtime.vectorised import HEADROOM, LARGE, Vectorised, _devices, abreast


def scores(job, executor) -> np.ndarray:
    return np.stack([lived.score for lived in executor.prepare(job).rounds()])


@pytest.fixture(scope="module")
def expected(job):
    """The history that one pure function computes."""
    one = job()
    _, history = jax.jit(
        lambda seed: evolve(
            one.learner, one.space, one.strategy, seed, one.population, one.rounds, one.steps
        )
    )(np.uint32(one.seed))
    return history


MEMBER_BYTES = 5 * 4 + 4 + 4 + 4 + 3 * 4  # state, hypers, accounts


@pytest.mark.parametrize(
    ("executor", "cohort"),
    [(None, 4), (Vectorised(cohort=3), 3), (Vectorised(devices=1), 1)],
    ids=["all", "cohorts", "large ones one by one"],
)
def test_agrees_with_the_pure_function(job, expected, compiled, executor, cohort, monkeypatch):
    """And large members live one at a time on a CPU, unless it is said how many do."""
    assert abreast(4, LARGE - 1) == 4
    if executor is not None:
        monkeypatch.setattr("ontogeny.runtime.vectorised.LARGE", MEMBER_BYTES)
    program = (executor or compiled).prepare(job())
    assert program.cohort == cohort
    rounds = list(program.rounds())
    np.testing.assert_allclose(
        np.stack([r.score for r in rounds]), expected.score, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_array_equal(np.stack([r.move.parent for r in rounds]), expected.move.parent)
    assert (np.stack([r.move.parent for r in rounds])[1:] != np.arange(8)).any()
    np.testing.assert_allclose(
        np.stack([r.metrics["loss"] for r in rounds]), expected.metrics["loss"], rtol=1e-4
    )
    assert all(r.ready.all() for r in rounds)


def test_the_population_is_spread_over_both_devices(job, compiled):
    assert jax.device_count() == 2
    assert compiled.prepare(job()).mesh.size == 2
    assert len(_devices(None, 7)) == 1  # 7 members can't be halved


DATA = np.arange(100_000, dtype=np.float32)


@pytest.fixture(scope="module")
def alone(job):
    """The program of one member that has data, three rows of which it says at each step."""
    one, data = job(population=1, rounds=3, steps=1), jnp.asarray(DATA)

    def step(key, state, hypers):
        state, metrics = one.learner.step(key, state, hypers)
        rows = data[state["seen"]["count"] + jnp.arange(3)]
        return state, metrics | {"row": jnp.sum(rows)}

    program = Vectorised().prepare(one._replace(learner=one.learner._replace(step=step)))
    return program, list(program.rounds())


def test_a_population_of_one(alone):
    _, rounds = alone
    assert len(rounds) == 3
    assert all(r.move.parent.tolist() == [0] for r in rounds)
    assert np.isfinite(rounds[-1].score).all()


def test_going_on_from_a_snapshot_changes_no_bit(job, compiled):
    program = compiled.prepare(job())
    whole, middle = [], None
    for lived in program.rounds():
        whole.append(lived.score)
        if lived.number == 2:
            middle = lived.snapshot()
    rest = [lived.score for lived in program.rounds(3, middle)]
    np.testing.assert_array_equal(np.stack(whole[3:]), np.stack(rest))


def test_seeds_and_members_draw_different_numbers(job, compiled):
    a, b = scores(job(seed=0), compiled), scores(job(seed=1), compiled)
    assert not np.array_equal(a, b)
    assert len(np.unique(a[0])) == 8


def test_the_footprint_counts_the_population(job, compiled):
    footprint = compiled.prepare(job()).footprint()
    assert footprint.population == 8 * MEMBER_BYTES + 4  # and how often somebody moved
    assert footprint.temporary > 0
    assert footprint.cohort == 4


def test_cohorts_are_formed_when_memory_is_short(job, compiled, monkeypatch):
    program = compiled.prepare(job())
    fits = int(sum(program.footprint()[:2]) / HEADROOM)
    monkeypatch.setattr("ontogeny.runtime.machine.available_bytes", lambda: fits - 1)
    assert Vectorised().prepare(job()).cohort < program.cohort


@pytest.mark.parametrize("field", ["devices", "cohort"])
def test_settings_are_checked(field):
    with pytest.raises(ConfigError, match=field):
        Vectorised(**{field: 0})


def test_data_that_a_learner_holds_are_arguments_and_not_constants(alone):
    """A learner closes over its data: the compiled program must not hold a copy of them."""
    program, (first, second, _) = alone
    np.testing.assert_array_equal(first.metrics["row"], [6.0])  # data 1 + 2 + 3
    np.testing.assert_array_equal(second.metrics["row"], [9.0])
    assert program._round.memory_analysis().argument_size_in_bytes > DATA.nbytes
