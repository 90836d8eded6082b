"""`check_shapes` finds each way in which a learner can break its contract, without computing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, OntogenyError, StructureError
from ontogeny.core.learner import Learner, check_shapes, settled

HYPERS = {"rate": jnp.float32(0.1)}


def init(key, hypers):
    return {"w": jnp.zeros(3), "n": jnp.int32(0)}


def step(key, state, hypers):
    return {"w": state["w"] - hypers["rate"], "n": state["n"] + 1}, {"loss": jnp.sum(state["w"])}


def score(key, state, hypers):
    return -jnp.sum(state["w"])


def test_a_sound_learner_gets_the_shapes_of_its_state():
    shapes = check_shapes(Learner(init, step, score), HYPERS)
    assert shapes["w"] == jax.ShapeDtypeStruct((3,), jnp.float32)
    assert shapes["n"] == jax.ShapeDtypeStruct((), jnp.int32)


def test_a_bequest_of_the_hypers_kind_is_sound():
    check_shapes(Learner(init, step, score, lambda state, hypers: {"rate": state["w"][0]}), HYPERS)


def test_nothing_is_computed():
    def refuse(value):
        raise AssertionError("computed")

    def spying(key, hypers):
        jax.debug.callback(refuse, hypers["rate"])
        return init(key, hypers)

    check_shapes(Learner(spying, step, score), jax.eval_shape(lambda: HYPERS))


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (lambda state, hypers: {}, "hypers: it lacks .'rate'."),
        (lambda state, hypers: {"rate": state["w"]}, "hypers, leaf rate"),
    ],
)
def test_a_bequest_of_another_kind_is_refused(left, said):
    with pytest.raises(StructureError, match=said):
        check_shapes(Learner(init, step, score, left), HYPERS)


def grown(key, state, hypers):
    return {**state, "more": jnp.zeros(1)}, {}


def shrunk(key, state, hypers):
    return {"w": state["w"]}, {}


def reshaped(key, state, hypers):
    return {**state, "w": jnp.zeros(4)}, {}


def recast(key, state, hypers):
    return {**state, "n": state["n"] + 0.5}, {}


def told(metrics):
    return lambda key, state, hypers: (
        state,
        jax.tree.map(jnp.asarray, metrics),
    )


def vector_metric(key, state, hypers):
    return state, {"loss": state["w"]}


@pytest.mark.parametrize(
    ("learner", "where", "said"),
    [
        (Learner(lambda k, h: {"name": "w"}, step, score), "learner.init", "not an array"),
        (Learner(init, grown, score), "learner.step, state", r"has \['more'\] unasked"),
        (Learner(init, shrunk, score), "learner.step, state", r"lacks \['n'\]"),
        (
            Learner(init, reshaped, score),
            "state, leaf w",
            r"float32\[4\] and should be float32\[3\]",
        ),
        (Learner(init, recast, score), "state, leaf n", r"float32\[\] and should be int32\[\]"),
        (Learner(init, vector_metric, score), "learner.step", r"'loss' is float32\[3\]"),
        (Learner(init, step, lambda k, s, h: s["w"]), "learner.score", "one floating-point number"),
        (Learner(init, step, lambda k, s, h: s["n"]), "learner.score", "one floating-point number"),
        (
            Learner(init, step, lambda k, s, h: (s["w"][0], s["w"][1])),
            "learner.score",
            "one floating",
        ),
        (Learner(init, lambda k, s, h: s, score), "learner.step", "it returned dict"),
        (Learner(init, told(None), score), "learner.step", "its metrics are NoneType"),
        (Learner(init, told({"a": {"b": 1.0}}), score), "learner.step", r"'a' is float32\[\]"),
        (Learner(init, told({"a": {}}), score), "learner.step", "'a' is nothing"),
        (Learner(init, told({"a": 1j}), score), "learner.step", r"'a' is complex64\[\]"),
        (
            Learner(init, told({"score": 1.0}), score),
            "learner.step",
            "name of what `score` returns",
        ),
    ],
)
def test_each_breach_is_named(learner, where, said):
    with pytest.raises(StructureError, match=said) as caught:
        check_shapes(learner, HYPERS)
    assert caught.value.where is not None
    assert where in caught.value.where
    assert caught.value.hint


def test_an_error_of_the_learner_itself_is_not_dressed_up():
    def broken(key, hypers):
        return jnp.zeros(3) @ jnp.zeros(4)

    with pytest.raises(TypeError, match="dot_general"):
        check_shapes(Learner(broken, step, score), HYPERS)


def test_a_numpy_state_counts_as_arrays():
    learner = Learner(
        lambda k, h: np.zeros(2, np.float32), lambda k, s, h: (s * 2, {}), lambda k, s, h: s[0]
    )
    assert check_shapes(learner, HYPERS).shape == (2,)


def test_what_the_space_leaves_out_is_as_fixed():
    hypers = {"rate": jnp.float32(0.5)}
    assert settled(hypers, rate=0.1, cost=2.0) == {"rate": hypers["rate"], "cost": 2.0}
    assert settled(hypers, "rate", cost=2.0)["rate"] is hypers["rate"]
    assert settled({}, cost=2.0, **{"lambda": 0.9}) == {"cost": 2.0, "lambda": 0.9}


def test_what_a_strategy_reads_may_be_there_and_is_left_to_it():
    extra = {"season": jnp.int32(1), "sigma": jnp.float32(2)}
    assert settled(extra, rate=0.1) == {"rate": 0.1}
    assert settled(extra, sigma=1.0) == {"sigma": 2.0}  # here it is the learner's own


@pytest.mark.parametrize(
    ("hypers", "said"),
    [
        ({"learning_rat": 0.1}, "'learning_rat'.*\n.*did you mean 'learning_rate'"),
        ({"depth": 2, "learning_rate": 0.1}, "'depth'.*\n.*there are: needed, learning_rate"),
        ({"learning_rate": 0.1}, "needs a hyper called 'needed'"),
        ((0.1,), "the hypers are a tuple"),
    ],
)
def test_a_hyper_that_nobody_reads_or_that_is_missing_is_refused(hypers, said):
    with pytest.raises(ConfigError, match=said) as caught:
        settled(jax.tree.map(jnp.float32, hypers), "needed", learning_rate=0.3)
    assert caught.value.where == "space"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("learner", "said"),
    [
        (Learner(lambda k, h: jnp.zeros(h["rate"]), step, score), "init: it needs the value"),
        (Learner(lambda k, h: jnp.zeros(int(h["rate"])), step, score), "init: it needs the value"),
        (Learner(init, lambda k, s, h: (s, {}) if h["rate"] > 0 else None, score), "step: it"),
        (Learner(init, step, lambda k, s, h: float(np.sum(h["rate"]))), "score: it needs"),
        (Learner(init, step, lambda k, s, h: sum(range(h["rate"]))), "score: it needs"),
        (Learner(init, step, lambda k, s, h: h["rtae"]), "it reads 'rtae', and the hypers are"),
        (Learner(init, lambda k, s, h: (s, {"a": "word"}), score), "not an array"),
        (Learner(init, lambda k, s, h: s["w"], score), "it returned one array"),
        (Learner(init, told({"a\nb": 1.0}), score), "a metric is called"),
    ],
)
def test_what_can_not_be_traced_is_explained(learner, said):
    with pytest.raises(OntogenyError, match=said) as caught:
        check_shapes(learner, {"rate": jnp.float32(0.1)})
    assert caught.value.hint


def test_what_a_function_raises_itself_is_left():
    def missing(key, state, hypers):
        return {"rate": 1}["other"]

    with pytest.raises(KeyError, match="other"):
        check_shapes(Learner(init, lambda k, s, h: (s, {}), missing), {"other": jnp.float32(0)})
