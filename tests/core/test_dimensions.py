"""Dimensions take the numbers that people have, and refuse what float32 can't hold."""

from __future__ import annotations

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError
from ontogeny.core.host import own_choices
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.executor import Job


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (lambda: og.Log(np.float64(1e-4), jnp.float32(1.0)), og.Log(1e-4, 1.0)),
        (lambda: og.Integer(np.int64(1), jnp.int32(5)), og.Integer(1, 5)),
        (lambda: og.Log(1e-5, 1e-2, [1e-4, 1e-3]), og.Log(1e-5, 1e-2, (1e-4, 1e-3))),
        (lambda: og.Log(1e-5, 1e-2, np.array([1e-4, 1e-3])), og.Log(1e-5, 1e-2, (1e-4, 1e-3))),
        (lambda: og.Linear(0, 1, shape=[np.int64(3)]), og.Linear(0, 1, shape=(3,))),
        (lambda: og.Choice(np.array([1, 2, 3])), og.Choice((1, 2, 3))),
    ],
)
def test_numbers_of_numpy_and_lists_are_what_they_mean(given, plain):
    assert given() == plain
    assert repr(given()) == repr(plain)  # Python's own, which JSON can write


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda: og.Log("1e-5", "1e-2"), "low is '1e-5'.*\n.*without quotes: low=1e-5"),
        (lambda: og.Linear(True, 2), "low is True"),
        (lambda: og.Linear(0, None), "high is None"),
        (lambda: og.Linear(0, float("nan")), "high is nan"),
        (lambda: og.Log(1e-5, 1e-2, [1e-4, 1.0]), "not an increasing pair inside"),
        (lambda: og.Log(1e-5, 1e-2, (1e-4,)), r"use a pair, prior=\(low, high\)"),
        (lambda: og.Log(1e-5, 1e-2, "uniform"), "use a pair"),
        (lambda: og.Linear(0, 1, shape=3), r"write a tuple: shape=\(3,\)"),
        (lambda: og.Linear(0, 1, shape=(2.5,)), "whole number of 1 or more"),
        (lambda: og.Log(1e-50, 1.0), "low is 1e-50, which float32 can't hold"),
        (lambda: og.Log(1e-40, 1.0), "low is 1e-40, which float32 can't hold"),  # becomes 0 in XLA
        (lambda: og.Linear(0, 1e39), r"high is 1e\+39, which float32 can't hold"),
        (lambda: og.Linear(-3e38, 3e38), "too far apart, in float32"),
        (lambda: og.Linear(1e8, 1e8 + 1), "the same number"),
        (lambda: og.Log(1.0, 1.00000001), "the same number"),
        (lambda: og.Logit(0.9, 0.99999999999), "in float32"),
        (lambda: og.Integer(0, 2**31), "do not fit 32 bits"),
        (lambda: og.Choice("adam"), r"Choice\(\('adam', …\)\)"),
        (lambda: og.Choice(3), "options are 3"),
        (lambda: og.Choice(("adam", "adam")), "not distinct"),
        (lambda: og.Choice(("adam", (2,))), "words and numbers"),
        (lambda: og.Choice((1.0, 1.00000001)), "increasing in float32"),
        (lambda: og.Choice((1, 1e39)), "not finite"),
        (lambda: og.Choice((1e-46, 1.0)), "float32 can't hold"),
        (lambda: og.Choice((1, 2**24 + 1)), "float32 has no 16777217"),
        (lambda: og.Choice(()), "not finite"),
        (lambda: og.Space({1: og.Linear(0, 1), "a": og.Linear(0, 1)}), "use text for all names"),
        (lambda: og.Space({"a": og.Log}), "not a dimension"),
        (lambda: og.Space({"a\nb": og.Linear(0, 1)}), "a hyper is called"),
    ],
)
def test_what_can_not_be_used_is_refused_with_what_to_write(given, said):
    with pytest.raises(ConfigError, match=f"(?s){said}") as caught:
        given()
    assert caught.value.hint


def test_the_extremes_of_float32_come_back_from_the_scale():
    dimensions = [og.Log(2e-38, 3e38), og.Linear(0, 3e38), og.Logit(1e-7, 0.9999999)]
    for dimension in dimensions:
        ends = np.array(dimension.ends(), np.float32)
        there = np.array([dimension.place(jnp.float32(u)) for u in (0, 1)])
        np.testing.assert_allclose(there, ends, rtol=1e-5)
        drawn = np.asarray(jax.vmap(dimension.sample)(jax.random.split(jax.random.key(0), 8)))
        assert np.isfinite(drawn).all()
        assert len(set(drawn.tolist())) > 1


def test_whole_numbers_stay_within_bounds_that_float32_does_not_have():
    for high in (2**24 + 1, 2**31 - 1, 8):
        dimension = og.Integer(-high, high)
        far = dimension.clip(jnp.array([-3e9, 3e9], jnp.float32))
        assert np.abs(np.asarray(far, np.int64)).max() <= high
        np.testing.assert_allclose(far, [-high, high], rtol=1e-6)
        assert dimension.clip(jnp.int32(high)).item() == high


def test_a_choice_keeps_its_options_as_they_were_written():
    space = og.Space(
        {
            "opt": og.Choice(("adam", "sgd")),
            "size": [og.Choice((16, 32)), og.Choice((0.1, 0.2), shape=(2,))],
        }
    )
    assert space.describe()["opt"]["options"] == ["adam", "sgd"]
    assert space.describe()["size.0"]["options"] == [16, 32]
    hypers = {"opt": 1.0, "size": [float(np.float32(32)), np.array([0.1, 0.2], np.float32)]}
    own = own_choices(hypers, space.choices())
    assert own["opt"] == "sgd"
    assert own["size"][0] == 32
    assert type(own["size"][0]) is int
    assert own["size"][1].tolist() == [0.1, 0.2]
    assert own_choices({"rate": 0.5}, space.choices()) == {"rate": 0.5}


def test_a_host_learner_is_given_the_options_themselves():
    def score(key, state, hypers):
        return {"adam": 1.0, "sgd": 2.0}[hypers["opt"]] + range(100)[hypers["size"]]

    learner = og.HostLearner(
        init=lambda key, hypers: {"x": hypers["opt"]}, step=lambda k, s, h: (s, {}), score=score
    )
    space = og.Space({"opt": og.Choice(("adam", "sgd")), "size": og.Choice((16, 32))})
    og.testing.check_host_learner(learner, space)
    made = shipped(Job(learner, space, og.random_search(space), 0, 2, 1, 1))
    there = pickle.loads(made)()
    assert there.score(0, {}, {"opt": 0.0, "size": 32.0}) == 33.0
    assert there.init(0, {"opt": 1.0, "size": 16.0}) == {"x": "sgd"}
