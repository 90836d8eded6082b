"""Dimensions and spaces: nothing leaves its bounds, and a factor means what the docstring says."""

from __future__ import annotations

import json
import math

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Choice, Integer, Linear, Log, Logit, Space

DIMENSIONS = {
    "dropout": Linear(0.0, 0.5),
    "gene": {
        "weight": Linear(-1.0, 3.0, prior=lambda key: jax.random.normal(key, (2, 3)), shape=(2, 3))
    },
    "rate": Log(1e-5, 1e-2, prior=(1e-4, 1e-3)),
    "rates": Log(0.1, 10.0, shape=(3,)),
    "discount": Logit(0.9, 0.999),
    "unroll": Integer(5, 50, prior=(10, 20)),
    "counts": Integer(-2, 2, shape=(4,)),
    "epsilon": Choice((1e-7, 1e-5, 1e-3, 0.1)),
    "batches": (Choice((16, 32, 64), shape=(2,)), Choice((3.0,))),
}
SPACE = Space(DIMENSIONS)
SAMPLE = jax.jit(SPACE.sample)
CLIP = jax.jit(SPACE.clip)
UNIT = jax.jit(SPACE.unit)
MOVES = {
    "perturb": jax.jit(lambda key, hypers: SPACE.perturb(key, hypers)),
    "resample": jax.jit(lambda key, hypers: SPACE.resample(key, hypers, 0.5)),
    "jitter": jax.jit(lambda key, hypers: SPACE.jitter(key, hypers, 2.0)),
}
quick = settings(deadline=None, derandomize=True, max_examples=40)


def pairs(hypers):
    """Return (dimension, value) for each leaf."""
    dimensions, structure = jax.tree.flatten(DIMENSIONS)
    return list(zip(dimensions, structure.flatten_up_to(hypers), strict=True))


def assert_inside(hypers):
    for dimension, value in pairs(hypers):
        low, high = (np.asarray(end, dimension.dtype) for end in dimension.ends())
        assert value.shape == dimension.shape
        assert value.dtype == dimension.dtype
        assert np.all((low <= value) & (value <= high)), dimension
        if isinstance(dimension, Choice):
            assert np.all(np.isin(value, np.float32(dimension.numbers)))


@quick
@given(seed=st.integers(0, 2**32 - 1), move=st.sampled_from(sorted(MOVES)), times=st.integers(1, 4))
def test_hypers_never_leave_their_bounds(seed, move, times):
    key = jax.random.key(seed)
    hypers = SAMPLE(key)
    assert_inside(hypers)
    for turn in range(times):
        hypers = MOVES[move](jax.random.fold_in(key, turn), hypers)
    assert_inside(hypers)


@quick
@given(values=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=10, max_size=10))
def test_clip_brings_any_number_inside(values):
    dimensions, structure = jax.tree.flatten(DIMENSIONS)
    wild = [jnp.full(d.shape, v, jnp.float32) for d, v in zip(dimensions, values, strict=True)]
    assert_inside(CLIP(structure.unflatten(wild)))


@quick
@given(seed=st.integers(0, 2**32 - 1))
def test_unit_lies_between_0_and_1(seed):
    for where in jax.tree.leaves(UNIT(SAMPLE(jax.random.key(seed)))):
        assert np.all((where > -1e-6) & (where < 1 + 1e-6))


@pytest.mark.parametrize(
    "dimension", [Linear(-1, 3), Log(1e-4, 1.0), Logit(0.5, 0.99), Integer(2, 9)]
)
def test_unit_is_0_at_the_lowest_1_at_the_highest_and_rises(dimension):
    low, high = dimension.ends()
    middle = dimension.inverse(dimension.forward(jnp.array([low, high], jnp.float32)).mean())
    assert dimension.unit(jnp.float32(low)) == 0
    assert dimension.unit(jnp.float32(high)) == pytest.approx(1)
    assert dimension.unit(middle) == pytest.approx(0.5, abs=1e-5)


def test_a_sample_comes_from_the_prior():
    drawn = jax.jit(jax.vmap(SPACE.sample))(jax.random.split(jax.random.key(1), 400))
    assert 1e-4 <= drawn["rate"].min() < 1.2e-4
    assert 9e-4 < drawn["rate"].max() <= 1.001e-3
    assert set(np.unique(drawn["unroll"])) == set(range(10, 21))
    assert set(np.unique(drawn["counts"])) == {-2, -1, 0, 1, 2}
    assert len(np.unique(drawn["epsilon"])) == 4
    assert np.median(drawn["rates"]) == pytest.approx(1.0, rel=0.2)  # uniform in the logarithm
    assert np.mean(drawn["gene"]["weight"]) == pytest.approx(0.0, abs=0.15)  # a normal, cut below


@pytest.mark.parametrize(
    ("dimension", "value", "factor", "expected"),
    [
        (Log(1e-5, 1e-2), 1e-3, 1.25, 1.25e-3),
        (Log(1e-5, 1e-2), 1e-3, 0.8, 8e-4),
        (Log(1e-5, 1e-2), 9e-3, 1.25, 1e-2),
        (Linear(-1.0, 3.0), 1.0, 1.2, 1.8),  # a fifth of the width
        (Linear(0.0, 1.0), 0.0, 1.2, 0.2),  # 0 is no trap
        (Logit(0.01, 0.99), 0.5, 3.0, 0.75),  # odds 1 become odds 3
        (Integer(0, 10), 5, 1.2, 7),
        (Integer(0, 10), 5, 1.01, 6),  # at least one
        (Integer(0, 10), 5, 0.99, 4),
        (Choice((1.0, 2.0, 7.0)), 2.0, 1.2, 7.0),
        (Choice((1.0, 2.0, 7.0)), 2.0, 0.8, 1.0),
        (Choice((1.0, 2.0, 7.0)), 7.0, 1.2, 7.0),
    ],
)
def test_a_factor_moves_a_value_on_its_scale(dimension, value, factor, expected):
    moved = dimension.shift(
        jnp.asarray(value, dimension.dtype), dimension.offset(jnp.float32(factor))
    )
    assert moved == pytest.approx(expected, rel=1e-5)
    assert moved.dtype == dimension.dtype


@quick
@given(place=st.floats(0.35, 0.65), step=st.floats(-0.3, 0.3))
@pytest.mark.parametrize("dimension", [Linear(-1, 3), Log(1e-4, 1.0), Logit(0.5, 0.99)])
def test_a_shift_back_undoes_a_shift_that_met_no_bound(dimension, place, step):
    low, high = dimension.forward(jnp.array(dimension.ends(), jnp.float32))
    value = dimension.inverse(low + place * (high - low))
    there = dimension.shift(value, step * (high - low))
    assert dimension.shift(there, -step * (high - low)) == pytest.approx(
        float(value), rel=1e-4, abs=1e-5
    )


@pytest.mark.parametrize("dimension", [Integer(0, 9), Choice((0.0, 3.0, 4.0, 8.0))])
def test_a_step_back_undoes_a_step(dimension):
    value = jnp.asarray(4, dimension.dtype)
    assert dimension.shift(dimension.shift(value, jnp.float32(1)), jnp.float32(-1)) == value


def test_numbers_are_moved_independently():
    space = Space({"a": Log(1e-3, 1e3, shape=(64,)), "b": Log(1e-3, 1e3, shape=(64,))})
    moved = space.perturb(jax.random.key(0), {"a": jnp.ones(64), "b": jnp.ones(64)}, (0.5, 2.0))
    assert set(np.round(np.unique(moved["a"]), 5)) == {0.5, 2.0}
    assert not np.array_equal(moved["a"], moved["b"])


def test_resample_draws_each_dimension_as_often_as_it_is_told():
    space = Space({"a": Linear(0, 1), "b": Linear(0, 1)})
    old = {"a": jnp.float32(2), "b": jnp.float32(2)}
    keys = jax.random.split(jax.random.key(0), 2000)
    drawn = jax.jit(jax.vmap(lambda key: space.resample(key, old, 0.25)))(keys)
    redrawn = np.stack([drawn["a"] < 2, drawn["b"] < 2])
    assert np.allclose(redrawn.mean(axis=1), 0.25, atol=0.03)
    assert redrawn.all(axis=0).mean() == pytest.approx(0.0625, abs=0.02)


def test_jitter_has_the_deviation_that_it_is_told_on_the_scale():
    space = Space({"rate": Log(1e-6, 1e6, shape=(4000,))})
    moved = space.jitter(jax.random.key(0), {"rate": jnp.ones(4000)}, 0.3)
    assert np.std(np.log(moved["rate"])) == pytest.approx(0.3, rel=0.05)


def test_an_empty_space_has_empty_hypers():
    space = Space({})
    assert space.sample(jax.random.key(0)) == {}
    assert space.perturb(jax.random.key(0), {}) == {}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Linear(1.0, 0.0),
        lambda: Linear(1.0, 1.0),
        lambda: Linear(math.nan, 1.0),
        lambda: Linear(0.0, math.inf),
        lambda: Linear(0.0, 1.0, prior=(0.5, 1.5)),
        lambda: Linear(0.0, 1.0, prior=(0.6, 0.4)),
        lambda: Linear(0.0, 1.0, prior=(math.nan, 0.5)),
        lambda: Log(0.0, 1.0),
        lambda: Log(-1.0, 1.0),
        lambda: Logit(0.0, 0.9),
        lambda: Logit(0.5, 1.0),
        lambda: Integer(0.5, 4),
        lambda: Integer(0, 4, prior=(0.5, 2)),
        lambda: Choice(()),
        lambda: Choice((2.0, 1.0)),
        lambda: Choice((1.0, 1.0)),
        lambda: Choice((1.0, math.nan)),
        lambda: Choice((1.0, math.inf)),
    ],
)
def test_a_dimension_that_makes_no_sense_is_refused_when_it_is_made(make):
    with pytest.raises(ConfigError):
        make()


def test_the_error_says_what_where_and_what_to_do():
    with pytest.raises(ConfigError, match=r"Log: the low bound 0.0 is not positive\n.*floor"):
        Log(0.0, 1.0)


def test_a_space_names_the_leaf_that_is_no_dimension(monkeypatch):
    # A user has no type checker behind the annotations, so it must not answer first.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ConfigError, match=r"space\['a'\]\['b'\]: 0.5 is not a dimension"):
        Space({"a": {"b": 0.5}})


def test_place_is_the_inverse_of_unit_and_allowed():
    options = Choice((1.0, 4.0, 5.0))
    space = Space({"a": Log(1e-4, 1.0), "b": Logit(0.1, 0.9), "n": Integer(2, 6), "o": options})
    for unit, expected in ((0.0, [1e-4, 0.1, 2, 1]), (1.0, [1.0, 0.9, 6, 5])):
        placed = space.place({name: jnp.float32(unit) for name in space.dimensions})
        assert [float(value) for value in placed.values()] == pytest.approx(expected)
    middle = space.place({name: jnp.float32(0.55) for name in space.dimensions})
    assert (middle["n"], middle["o"]) == (4, 4)
    assert space.unit(middle)["a"] == pytest.approx(0.55, abs=1e-5)
    assert space.unit(middle)["b"] == pytest.approx(0.55, abs=1e-5)


def test_a_space_describes_itself_in_json():
    space = Space({"a": {"b": Log(1e-3, 1.0, shape=(2,))}, "c": Choice((1.0, 3.0), shown=False)})
    described = json.loads(json.dumps(space.describe()))
    assert described == {
        "a.b": {"kind": "Log", "low": 1e-3, "high": 1.0, "shape": [2], "shown": True},
        "c": {
            "kind": "Choice",
            "low": 1.0,
            "high": 3.0,
            "shape": [],
            "shown": False,
            "options": [1.0, 3.0],
        },
    }


@pytest.mark.parametrize("name", ["", " ", "agent.rate", "agent/rate"])
def test_a_name_that_a_record_could_not_tell_from_another_is_refused(name):
    with pytest.raises(ConfigError, match=f"called {name!r}") as caught:
        Space({"agent": {name: Log(1e-3, 1.0)}})
    assert caught.value.where == f"space['agent'][{name!r}]"
    with pytest.raises(ConfigError, match="nest dictionaries"):
        Space({name: [Log(1e-3, 1.0)]})


def test_lists_and_numbered_groups_are_named_by_their_place():
    rate = Log(1e-3, 1.0)
    assert list(Space({"a": [rate, rate], "b": {3: rate}}).describe()) == ["a.0", "a.1", "b.3"]
