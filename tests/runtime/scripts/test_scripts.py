"""Scripts as members: they learn and inherit as learners do, and what is wrong with one is said by
its line.
"""

from __future__ import annotations

import os
import traceback
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
import scripted
from growing_apart import OVERTAKING, SPACE
from hermits import Hermitage
from ontogeny.core.errors import ConfigError, OntogenyError, StructureError
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.driver import grow
from ontogeny.runtime.executor import Job
from ontogeny.runtime.scripts.parts import handed_on, taken
from scripted import line_of

pytestmark = pytest.mark.usefixtures("one_device")
POP, ROUNDS, STEPS = 4, 4, 2


@pytest.fixture(scope="module", autouse=True)
def _kept_nurseries():
    """None is kept: what a script says on its outputs comes through its nursery's, which are those
    of the test that began it.
    """


def make(train, population=POP, rounds=ROUNDS, **how):
    learner = og.script(train, **how)
    return Job(learner, SPACE, OVERTAKING, 0, population, rounds, STEPS)


def grown(store, train, where=None, **how):
    grow(make(train, **how), where or Hermitage(True), store, checkpoint_seconds=1e9)
    return store


def test_scripts_learn_inherit_and_are_recorded(store):
    here = os.getcwd()
    grown(store, scripted.train)
    score, loss, rate = (store.metric(name) for name in ("score", "loss", "hypers.rate"))
    assert score[-1].max() > score[0].max()
    assert (loss[:, 0] != loss[:, 1]).all()
    heirs = store.heirs()
    assert heirs
    for heir in heirs:  # it went on from what its parent had
        assert rate[heir.round, heir.slot] <= rate[heir.parent_round, heir.parent]
        assert loss[heir.round, heir.slot] < -3 * score[heir.parent_round, heir.parent] + 5
    assert not list((store.folder / "members").glob("work-*"))
    assert os.getcwd() == here


def test_a_script_that_waits_and_one_that_is_begun_anew_come_to_the_same_bits(store, tmp_path):
    """The hermit's worker forgets every state; those of processes keep theirs."""
    grown(store, scripted.train)
    run = og.grow(
        og.script(scripted.train),
        space=SPACE,
        strategy=OVERTAKING,
        population=POP,
        rounds=ROUNDS,
        steps=STEPS,
        executor=Processes(2, synchronous=True),
        folder=tmp_path / "apart",
        progress=False,
    )
    for name in ("score", "loss", "hypers.rate"):
        np.testing.assert_array_equal(run.metrics()[name], store.metric(name), err_msg=name)
    assert run.best.state["state"]["x"].shape == (5,)
    with pytest.raises(OntogenyError, match=r"the run there has learner\.train"):
        og.grow(
            og.script(scripted.raising),
            **{"space": SPACE, "strategy": OVERTAKING, "population": POP},
            **{"rounds": ROUNDS, "steps": STEPS, "executor": Processes(2, synchronous=True)},
            folder=tmp_path / "apart",
            progress=False,
        )


def test_files_are_inherited_and_a_script_may_go_elsewhere(store):
    here = os.getcwd()
    grown(store, scripted.with_a_folder)
    seen = store.metric("seen")
    np.testing.assert_array_equal(seen, np.arange(ROUNDS)[:, None] * STEPS + 1.5 + np.zeros(POP))
    assert os.getcwd() == here


@pytest.mark.parametrize(
    ("train", "said", "line"),
    [
        (scripted.silent, "a round of 2 steps went by without a report", ""),
        (scripted.without_a_loop, "returned without a loop", "def without_a_loop"),
        (scripted.breaking_off, "in the midst of its rounds, of which the next ends at step 4", ""),
        (scripted.looping_twice, "there is a second loop", ""),
        (scripted.saying("good"), "it reports 'good' as the score", "what if step == 3"),
        (scripted.saying(np.ones(2)), r"it reports array\(\[1\., 1\.\]\) as", "what if step"),
        (scripted.handing_on_a_set, "can't be written: a builtins.set", "member.state(x={1, 2})"),
        (scripted.forgetting, "it inherits x, and has not asked for it", ""),
        (scripted.raising, "the dog ate it", 'raise ZeroDivisionError("the'),
        (scripted.leaving, r"the script left by SystemExit\(7\)", "raise SystemExit"),
    ],
)
def test_what_a_script_does_wrong_is_said_by_its_line(train, said, line, store):
    with pytest.raises((OntogenyError, ZeroDivisionError, RuntimeError), match=said) as caught:
        grown(store, train)
    told = "".join(traceback.format_exception(caught.value)).replace('", line ', ":")
    assert (line_of(line) if line else str(scripted.HERE)) in told
    assert np.isfinite(store.metric("score")).sum() in (0, POP)  # the first round, where it was


def test_a_score_of_nan_is_a_death_whose_line_is_told(store):
    grown(store, scripted.dying, rounds=3)
    told = [event for event in store.events() if event.kind == "reported"]
    assert told[0].detail.startswith(line_of("math.nan if step"))
    assert (told[0].round, told[0].slot) == (1, 1)
    assert np.isfinite(store.metric("score")).sum() == 3 * POP - 1


def test_a_script_that_hangs_or_forks_costs_its_own_round_alone(store, capfd):
    """With errors="die", who hangs dies and its process is replaced; a fork ends where it goes
    on; the others go on.
    """
    job = make(scripted.hanging_or_forking, population=2, rounds=3, limit=0.3)
    grow(job, Processes(1, errors="die"), store)
    score = store.metric("score")
    assert np.isneginf(score[1, 1]) or np.isnan(score[1, 1])
    assert np.isfinite(np.delete(score.reshape(-1), 3)).all()
    raised = next(event for event in store.events() if event.kind == "raised")
    assert "the round was not over after its limit of 0.3 s: it was at" in raised.detail
    assert f"{scripted.HERE}:" in raised.detail
    assert "a fork of the script goes on with its loop" in capfd.readouterr().err


def test_trees_of_jax_are_handed_on_by_their_leaves():
    tree = Layer(jnp.arange(3.0), {"key": jax.random.key(7), "half": jnp.bfloat16(1.5)}, jnp.tanh)
    left = handed_on(tree)
    new = Layer(jnp.zeros(3), {"key": jax.random.key(0), "half": jnp.bfloat16(0)}, jnp.tanh)
    found = taken("net", new, left, "here")
    assert isinstance(found, Layer)
    assert found.weights.tolist() == [0.0, 1.0, 2.0]
    assert jax.random.key_data(found.rest["key"]).tolist() == [0, 7]
    assert (found.rest["half"].dtype, float(found.rest["half"])) == (jnp.bfloat16, 1.5)
    with pytest.raises(StructureError, match=r"state\(net=…\): a leaf is float32\[3\], and fl"):
        taken("net", new._replace(weights=jnp.zeros(2)), left, "here")


class Layer(NamedTuple):
    weights: Any
    rest: Any
    activation: Any


def test_what_makes_no_script_is_refused(tmp_path):
    for given, said in (
        ("absent.py", "there is no file 'absent.py'"),
        ("nosuchprogram -x", "there is no program 'nosuchprogram'"),
        ("'", "is no command"),
        ([], "the command is empty"),
    ):
        with pytest.raises(ConfigError, match=said):
            og.script(given)
    with pytest.raises(ConfigError, match="limit is 0"):
        og.script(scripted.train, limit=0)
    with pytest.raises(ConfigError, match="a function has no flags"):
        og.script(scripted.train, folder_flag="--out")
    with pytest.raises(ConfigError, match="no way to give hypers is called 'flag'"):
        og.script("echo", hypers="flag")
    with pytest.raises(ConfigError, match="plain Python, which can't be compiled"):
        og.grow(og.script(scripted.train), space=SPACE, executor=og.Vectorised())
