"""Host learners: keys are computed, rounds are counted, and what breaks the contract is named."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ontogeny.core.errors import StructureError
from ontogeny.core.host import HostLearner, fresh_host, host_key, live_host
from ontogeny.core.purpose import Purpose
from ontogeny.core.space import Log, Space
from ontogeny.testing import check_host_learner

SPACE = Space({"rate": Log(1e-3, 0.5)})


def descent(**parts) -> HostLearner:
    def init(key, hypers):
        return {"x": np.random.default_rng(key).standard_normal(3)}

    def step(key, state, hypers):
        state["x"] *= 1 - hypers["rate"]
        return state, {"norm": np.abs(state["x"]).sum()}

    def score(key, state, hypers):
        return -np.abs(state["x"]).sum()

    return HostLearner(**{"init": init, "step": step, "score": score, **parts})


def test_keys_are_the_same_everywhere_and_differ_by_each_number():
    assert host_key(0, Purpose.STEP, 1, 2) == 3896986913
    keys = {
        host_key(seed, purpose, slot, step)
        for seed in range(3)
        for purpose in Purpose
        for slot in range(5)
        for step in range(20)
    }
    assert len(keys) == 3 * len(Purpose) * 5 * 20
    assert all(0 <= key < 2**32 for key in keys)
    assert max(keys) > 2**31


def test_a_round_is_its_steps_and_a_score():
    seen = []

    def step(key, state, hypers):
        seen.append(key)
        return [*state, key], {"length": len(state), "nothing": float("nan")}

    learner = HostLearner(lambda key, h: [], step, lambda key, state, h: len(state))
    state = fresh_host(learner, 7, 2, 0, {})
    state, score, metrics = live_host(learner, 7, 4, 2, 8, state, {})
    assert seen == [host_key(7, Purpose.STEP, 2, step) for step in (8, 9, 10, 11)]
    assert (state, score, metrics["length"]) == (seen, 4, 1.5)
    assert np.isnan(metrics["nothing"])


def test_a_good_host_learner_passes():
    check_host_learner(descent(), SPACE)


OUTSIDE = np.random.default_rng(0)
BROKEN = {
    "numbers from outside": (
        {"score": lambda k, s, h: OUTSIDE.random()},
        "the same keys and hypers gave other numbers",
    ),
    "a state that is not whole": (
        {"step": lambda k, s, h, kept=[]: (kept.append(s) or s, {"n": len(kept)})},
        "the same keys and hypers gave other numbers",
    ),
    "no metrics": ({"step": lambda k, s, h: s}, "it returned dict"),
    "metrics that are none": ({"step": lambda k, s, h: (s, None)}, "its metrics are NoneType"),
    "a metric with the score's name": (
        {"step": lambda k, s, h: (s, {"score": 1.0})},
        "the name of what `score` returns",
    ),
    "metrics that come and go": (
        {"step": lambda k, s, h: (s, {str(k): 1.0})},
        "its metrics were",
    ),
    "a metric that is no number": (
        {"step": lambda k, s, h: (s, {"a": np.ones(2)})},
        "not one number",
    ),
    "a state that needs a pickle": (
        {"step": lambda k, s, h: ({**s, "y": {1}}, {})},
        r"builtins.set can't be written as arrays",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_host_learner_does_not(broken):
    parts, said = BROKEN[broken]
    with pytest.raises(StructureError, match=said):
        check_host_learner(descent(**parts), SPACE)


def test_a_worker_of_a_host_learner_does_without_jax():
    code = "import sys, ontogeny.runtime.apart.worker; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
