"""Host learners that workers import (without JAX): a descent, and descents that misbehave."""

from __future__ import annotations

import os
import signal
import time

import numpy as np

from ontogeny.core.host import HostLearner

CURVATURE = np.logspace(-1, 0, 5)


def init(key, hypers):
    return {"x": 3 + np.random.default_rng(key).standard_normal(5), "seen": [0, "steps"]}


def step(key, state, hypers):
    gradient = CURVATURE * state["x"] + np.random.default_rng(key).standard_normal(5)
    state["x"] -= hypers["rate"] * gradient
    state["seen"][0] += 1
    return state, {"loss": float(CURVATURE @ state["x"] ** 2) / 2}


def score(key, state, hypers):
    return -float(CURVATURE @ state["x"] ** 2) / 2


DESCENT = HostLearner(init, step, score)


def _when(count: int, act, slow: float = 0.0) -> HostLearner:
    """The descent; at a member's step of that number, `act` happens."""

    def acting(key, state, hypers):
        if state["seen"][0] == count:
            act(state)
        time.sleep(slow)
        return step(key, state, hypers)

    return HostLearner(init, acting, score)


def _poison(state):
    if state["x"][0] > 2.5:
        state["x"][1] = np.nan


def _raise(state):
    raise ZeroDivisionError("the dog ate it")


def _out_of_memory(state):
    raise MemoryError


def _die(state):
    os.kill(os.getpid(), signal.SIGKILL)


def _unwritable(state):
    state["thing"] = {1, 2}


def _still_born(key, hypers):
    return {"x": np.full(5, np.nan), "seen": [0, "steps"]}


def _with_words(key, state, hypers):
    return "good"


def _without_metrics(key, state, hypers):
    return state


def _telling_cores(key, state, hypers):
    state, metrics = step(key, state, hypers)
    cores = os.environ["NPROC"], os.environ["OMP_NUM_THREADS"]
    return state, metrics | {"told": float("".join(cores))}


STILL_BORN = DESCENT._replace(init=_still_born)
WITH_WORDS = DESCENT._replace(score=_with_words)
WITHOUT_METRICS = DESCENT._replace(step=_without_metrics)
TELLING_CORES = DESCENT._replace(step=_telling_cores)
MORTAL = _when(3, _poison)
RAISING = _when(7, _raise)
GREEDY = _when(7, _out_of_memory)
DYING = _when(7, _die)
UNWRITABLE = _when(0, _unwritable)
SLOW = HostLearner(init, _when(-1, None, slow=0.01).step, score)


def _heavy_init(key, hypers):
    return init(key, hypers) | {"ballast": np.random.default_rng(key).random(30_000)}


def _heavy_step(key, state, hypers):
    state["ballast"] += 1  # in place: what was handed over must be its own
    state, metrics = step(key, state, hypers)
    return state, {**metrics, "ballast": float(state["ballast"].sum())}


def _slow_heavy_step(key, state, hypers):
    time.sleep(0.01)
    return _heavy_step(key, state, hypers)


HEAVY = HostLearner(_heavy_init, _heavy_step, score)
SLOW_HEAVY = HEAVY._replace(step=_slow_heavy_step)


class Point:
    """A state that is no array."""

    def __init__(self, key, hypers):
        self.x = float(np.random.default_rng(key).uniform(1, 3))

    def moved(self, rate):
        self.x -= rate * self.x
        return self


def move_point(key, state, hypers):
    return state.moved(hypers["rate"]), {}


def score_point(key, state, hypers):
    return -(state.x**2)


POINTS = HostLearner(Point, move_point, score_point, pickle=True)
