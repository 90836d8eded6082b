"""Host learners of the benchmarks, in a module that workers can import."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ontogeny.core.host import HostLearner

CURVATURE = np.logspace(-1, 0, 20)

State = dict[str, Any]


def begin(key: int, hypers: dict[str, float]) -> State:
    """Return the point from which a member goes down."""
    del key, hypers
    return {"x": np.full(20, 3.0)}


def descend(key: int, state: State, hypers: dict[str, float]) -> tuple[State, dict[str, float]]:
    """Return the point after a step along a noisy gradient."""
    noise = np.random.default_rng(key).standard_normal(20)
    state["x"] -= hypers["learning_rate"] * (CURVATURE * state["x"] + noise)
    return state, {}


def depth(key: int, state: State, hypers: dict[str, float]) -> float:
    """Return the loss, negative."""
    del key, hypers
    return -float(CURVATURE @ state["x"] ** 2) / 2


QUADRATIC = HostLearner(begin, descend, depth)


def idle(megabytes: float) -> HostLearner[State]:
    """Return a learner whose members have so many megabytes, and learn nothing."""
    numbers = round(megabytes * 1e6 / 4)

    def init(key: int, hypers: dict[str, float]) -> State:
        del hypers
        return {"x": np.random.default_rng(key).standard_normal(numbers, np.float32)}

    def step(key: int, state: State, hypers: dict[str, float]) -> tuple[State, dict[str, float]]:
        del key, hypers
        return state, {}

    def score(key: int, state: State, hypers: dict[str, float]) -> float:
        del key
        return float(state["x"][0]) + hypers["learning_rate"]  # what nobody reads is warned of

    return HostLearner(init, step, score)


def sleeping(megabytes: float, seconds: float) -> HostLearner[State]:
    """Return a learner whose members have so many megabytes, and take so long for a step that uses
    no processor.
    """

    def step(key: int, state: State, hypers: dict[str, float]) -> tuple[State, dict[str, float]]:
        del key, hypers
        time.sleep(seconds)
        return state, {}

    return idle(megabytes)._replace(step=step)
