"""A measurement that was stopped goes on where it stood, to the same numbers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.claims import kept
from ontogeny.claims.kept import Kept
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import train


@pytest.fixture(scope="module")
def learner():
    """Return a learner whose state holds a key, and whose metric's name has a dot."""

    def step(key, state, hypers):
        drawn = jax.random.uniform(key)
        return {"sum": state["sum"] + drawn, "key": key}, {"drawn.last": drawn}

    return og.Learner(
        lambda key, hypers: {"sum": jnp.float32(0), "key": key},
        step,
        lambda key, state, hypers: state["sum"],
    )


def test_a_stopped_measurement_goes_on_to_the_same_numbers(learner, tmp_path, monkeypatch):
    said: list[str] = []

    def measured(*names, **how):
        where = Measuring(progress=said.append, kept=Kept(tmp_path / "kept" / "part"))
        return [train(where, learner, 2, 3, 2, name, quick=True, **how) for name in names]

    def trained_anew(*names):
        said.clear()
        found = measured(*names)
        for one, other in zip(found, whole, strict=False):
            np.testing.assert_array_equal(one.score, other.score)
        return ["kept" not in line for line in said if "scores" in line]

    whole = measured("one", "two")
    assert trained_anew("one", "two", "three") == [False, False, True]
    (again, *_) = measured("one")
    assert again.last is None
    assert again.cpu == whole[0].cpu
    np.testing.assert_array_equal(again.metrics["drawn.last"], whole[0].metrics["drawn.last"])
    for name, leaf in whole[0].states.items():
        assert again.states[name].dtype == leaf.dtype
        assert jnp.all(again.states[name] == leaf)
    assert trained_anew("other", "two") == [True, False]  # the first is another's now
    arrays = tmp_path / "kept" / "part" / "1" / "arrays.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:-1])
    assert trained_anew("other", "two") == [False, True]
    monkeypatch.setattr(kept, "code", lambda: "changed")
    assert trained_anew("other") == [True]


def test_what_others_go_on_from_is_not_kept(learner, tmp_path):
    how = Measuring(kept=Kept(tmp_path / "kept"))
    first = train(how, learner, 2, 1, 2, "first", quick=True, onward=True)
    then = train(how, learner, 2, 1, 2, "then", quick=True, first=first.last)
    assert jnp.all(then.states["sum"] > first.states["sum"])  # of numbers above 0
    assert not (tmp_path / "kept").exists()
