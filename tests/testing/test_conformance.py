"""The checks pass what keeps its contract, and name the part of it that was broken."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move
from ontogeny.core.space import Choice, Integer, Linear, Log, Space
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.random_search import random_search
from ontogeny.evolution.strategy import Strategy
from ontogeny.testing import check_learner, check_strategy, check_world
from ontogeny.worlds.world import Step, World

SPACE = Space({"rate": Log(1e-3, 0.5)})


def descent(**parts) -> Learner:
    """A noisy descent on a parabola, with some of its three functions replaced."""

    def init(key, hypers):
        return {"x": jax.random.normal(key)}

    def step(key, state, hypers):
        x = state["x"] - hypers["rate"] * (state["x"] + 0.1 * jax.random.normal(key))
        return {"x": x}, {"x": x}

    def score(key, state, hypers):
        return -(state["x"] ** 2)

    return Learner(**{"init": init, "step": step, "score": score, **parts})


def test_a_good_learner_passes():
    check_learner(descent(), SPACE)


@jax.custom_batching.custom_vmap
def other_side_by_side(x):
    return x


@other_side_by_side.def_vmap
def _(size, batched, x):
    return 2 * x, True


@jax.custom_batching.custom_vmap
def mean_side_by_side(x):
    return x


@mean_side_by_side.def_vmap
def _(size, batched, x):
    return jnp.full(size, x.mean()), True


CALLS = itertools.count()
BROKEN_LEARNERS = {
    "the structure of the state": (
        {"step": lambda k, s, h: ({"x": s["x"], "y": s["x"]}, {})},
        "unasked",
    ),
    "a dtype of the state": (
        {"step": lambda k, s, h: ({"x": s["x"].astype(jnp.int32)}, {})},
        "int32.* should be float32",
    ),
    "a metric that is no scalar": (
        {"step": lambda k, s, h: (s, {"many": jnp.zeros(2)})},
        r"'many' is float32\[2\]",
    ),
    "a score that is no scalar": ({"score": lambda k, s, h: jnp.zeros(2)}, "the score is"),
    "a key in the state": (
        {
            "init": lambda k, h: {"key": k},
            "step": lambda k, s, h: (s, {}),
            "score": lambda k, s, h: jnp.float32(0),
        },
        "carries a random key",
    ),
    "a rule of its own for several, in a branch": (
        {"score": lambda k, s, h: jax.lax.cond(s["x"] > 0, other_side_by_side, jnp.abs, s["x"])},
        "differs side by side and alone",
    ),
    "a look at others": (
        {"score": lambda k, s, h: mean_side_by_side(s["x"])},
        "differs beside others and beside itself",
    ),
    "numbers that come from outside": (
        {
            "score": lambda k, s, h: jax.pure_callback(
                lambda: jnp.float32(next(CALLS)), jax.ShapeDtypeStruct((), jnp.float32)
            )
        },
        "the same keys and hypers gave other numbers",
    ),
}


@pytest.mark.parametrize("broken", BROKEN_LEARNERS)
def test_a_broken_learner_does_not(broken):
    parts, said = BROKEN_LEARNERS[broken]
    with pytest.raises(StructureError, match=said):
        check_learner(descent(**parts), SPACE)


WIDE = Space(
    {
        "rate": Log(1e-3, 0.5),
        "mix": Linear(0.0, 1.0, shape=(2,)),
        "n": Integer(1, 5),
        "width": Choice((1.0, 2.0)),
    }
)


@pytest.mark.parametrize(
    "strategy",
    [pbt(WIDE, copy="weights", mutate_always=True), random_search(WIDE)],
    ids=["pbt", "random search"],
)
def test_a_good_strategy_passes(strategy):
    check_strategy(strategy, WIDE, rounds=2)


def moving(change) -> Strategy:
    """A PBT whose move is changed by change(move, population, ready) before it is returned."""
    good = pbt(SPACE)

    def move(key, memory, population, ready):
        memory, made = good.move(key, memory, population, ready)
        return memory, change(made, population, ready)

    return Strategy(good.init, move)


BROKEN_MOVES = {
    "a parent out of range": (
        lambda m, p, r: m._replace(parent=m.parent + p.size),
        "parents are",
    ),
    "the mask is not heard": (
        lambda m, p, r: m._replace(inherit=jnp.zeros_like(m.inherit)),
        "were not ready and yet moved",
    ),
    "hypers of those not ready": (
        lambda m, p, r: m._replace(hypers=jax.tree.map(lambda h: 0.5 * h + 0.1, m.hypers)),
        "were not ready and yet moved",
    ),
    "hypers out of bounds": (
        lambda m, p, r: m._replace(hypers={"rate": jnp.where(r, 2.0, p.hypers["rate"])}),
        "left bounds",
    ),
    "the dead are left": (
        lambda m, p, r: Move(jnp.arange(p.size), jnp.ones_like(r), p.hypers),
        "are dead and were not replaced",
    ),
    "heirs of the dead": (
        lambda m, p, r: m._replace(parent=jnp.where(r, jnp.argmin(p.score), jnp.arange(p.size))),
        "were not replaced|inherit from the dead",
    ),
}


@pytest.mark.parametrize("broken", BROKEN_MOVES)
def test_a_broken_strategy_does_not(broken):
    change, said = BROKEN_MOVES[broken]
    with pytest.raises(StructureError, match=said):
        check_strategy(moving(change), SPACE, rounds=1)


def walk(**parts) -> World:
    """Steps to the right or the left, cut after 4, with some parts replaced."""

    def reset(key):
        return {"x": jnp.float32(0), "time": jnp.int32(0)}, jnp.zeros(1)

    def step(key, state, action):
        x, time = state["x"] + 2.0 * action - 1, state["time"] + 1
        ended = jnp.array(False)
        return {"x": x, "time": time}, Step(x[None], x, ended, time >= 4)

    fields = {"name": "walk", "observation_shape": (1,), "n_actions": 2, "time_limit": 4}
    return World(**{**fields, "reset": reset, "step": step, **parts})


def stepping(change):
    """The walk's step, its `Step` changed by change(step)."""
    step = walk().step

    def changed(key, state, action):
        state, came = step(key, state, action)
        return state, change(came)

    return changed


def test_a_good_world_passes():
    check_world(walk(render=lambda s: jnp.zeros((2, 2, 3), jnp.uint8)), steps=8, environments=2)


BROKEN_WORLDS = {
    "another shape": ({"observation_shape": (2,)}, r"not float32\[2\]"),
    "a whole reward": (
        {"step": stepping(lambda s: s._replace(reward=jnp.int32(1)))},
        "reward is int32",
    ),
    "both ends at once": (
        {"step": stepping(lambda s: s._replace(terminated=s.truncated))},
        "both terminated and truncated",
    ),
    "a number that is not one": (
        {"step": stepping(lambda s: s._replace(reward=jnp.log(-1.0 - s.reward**2)))},
        "not finite",
    ),
    "a limit that is not said": ({"time_limit": None}, "cut after 4 steps"),
    "a limit that is too long": ({"time_limit": 5}, "cut after 4 steps"),
    "a picture in grey": (
        {"render": lambda s: jnp.zeros((2, 2), jnp.uint8)},
        "a picture is uint8",
    ),
    "a state that changes": (
        {"step": lambda k, s, a: (walk().step(k, s, a)[0] | {"more": s["x"]}, Step(*[s["x"]] * 4))},
        "changes the state",
    ),
}


@pytest.mark.parametrize("broken", BROKEN_WORLDS)
def test_a_broken_world_does_not(broken):
    parts, said = BROKEN_WORLDS[broken]
    with pytest.raises(StructureError, match=said):
        check_world(walk(**parts), steps=8, environments=2)
