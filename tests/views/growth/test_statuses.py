"""What can be done about a run that does not grow any more."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

import ontogeny as og
from ontogeny import cli
from ontogeny.core.errors import ConfigError
from ontogeny.views.growth.statuses import how_on


def test_what_a_command_can_go_on_with_is_told_as_one():
    assert how_on("my run", learner=False) == "ontogeny resume 'my run'"


def test_a_bare_learners_run_is_gone_on_with_from_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    learner = og.Learner(
        lambda key, hypers: jnp.zeros(()),
        lambda key, state, hypers: (state + hypers["rate"], {}),
        lambda key, state, hypers: state,
    )
    space = og.Space({"rate": og.Log(0.1, 1.0)})
    sizes = {"population": 2, "rounds": 2, "steps": 1, "target_score": 0.0}
    run = og.grow(learner, space=space, name="mine", progress=False, **sizes)
    with pytest.raises(ConfigError, match=r"og\.load\('mine'\)\.best\.state"):
        run.product()
    assert cli.run(["show", "mine"]) == 0
    said = capsys.readouterr().out
    assert "interrupted, 1 of 2 rounds" in said
    assert "repeat" not in said
    assert "next: call og.grow again as it was called, with name='mine'" in said
    with pytest.raises(ConfigError, match=r"as it was called, with folder='.*mine'"):
        og.resume("mine")
