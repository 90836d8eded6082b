"""The Python face: grow a recipe or a learner, hold the run, come back to it."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.run import Member
from ontogeny.runtime.storage.folders import next_generation
from ontogeny.views.figure import Figure
from ontogeny.views.quantities import score_text
from ontogeny.views.theme import empty

pytestmark = pytest.mark.usefixtures("one_device", "compiled_once")
SMALL = {"population": 4, "rounds": 3, "steps": 5, "progress": False}
SPACE = og.Space({"rate": og.Log(1e-3, 1e-1)})
LEARNER = og.Learner(
    init=lambda key, hypers: jnp.ones(3),
    step=lambda key, x, hypers: (x * (1 - hypers["rate"]), {}),
    score=lambda key, x, hypers: -jnp.sum(x**2),
)


def test_import_is_lazy():
    program = (
        "import sys, ontogeny as og; assert 'jax' not in sys.modules; og.Space;"
        "assert 'jax' in sys.modules; assert set(dir(og)) >= {'grow', 'pbt', 'testing'}"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_public_name_is_there():
    for name in og.__all__:
        assert getattr(og, name) is not None
    with pytest.raises(AttributeError, match="gorw"):
        og.gorw  # noqa: B018


def test_a_recipe_by_name_can_be_loaded_and_grown_on(tmp_path):
    run = og.grow("quadratic", **SMALL, folder=tmp_path / "run")
    assert run.population.size == 4
    assert run.metrics()["score"].shape == (3, 4)
    assert run.best.score == run.metrics()["score"][-1].max()
    assert run.best.hypers["learning_rate"] == run.metrics()["hypers.learning_rate"][-1].take(
        run.best.slot
    )
    again = og.load(tmp_path / "run")
    np.testing.assert_array_equal(again.population.score, run.population.score)
    shown = run._repr_html_()
    assert "<polyline" in shown
    assert score_text(run.best.score) in shown
    frame = run.metrics(frame="pandas")
    assert list(frame["slot"][:5]) == [0, 1, 2, 3, 0]
    np.testing.assert_array_equal(frame["score"], run.metrics()["score"].ravel())
    assert frame["seconds"].nunique() == 3
    with pytest.raises(ConfigError, match="pandas"):
        run.metrics(frame="panda")
    winner = [trace for trace in run.plot.scores().data if "winning" in (trace.name or "")]
    assert winner[0].y[-1] == pytest.approx(run.best.score, rel=1e-6)
    assert set(run.plot.schedules()) == {"learning_rate"}
    assert len(run.plot.metric("loss").data) == 3
    assert len(run.plot.lineage().data) >= 2
    with pytest.raises(ConfigError, match="learning_rate"):
        run.plot.schedule("learning_rat")
    with pytest.raises(ConfigError, match="loss"):
        run.plot.metric("los")
    longer = og.resume(tmp_path / "run", rounds=5, progress=False)
    assert longer.metrics()["score"].shape == (5, 4)
    assert longer.product() is not None
    assert (tmp_path / "run" / "product" / "arrays.safetensors").is_file()
    assert longer.report().read_text().startswith("<!doctype html>")
    assert "4 members" in repr(longer)


def test_a_recipe_tells_its_story_in_the_report(tmp_path, monkeypatch):
    def draw(figure):
        fig = empty("How the learning rate fell", "round", "learning rate")
        fig.add_scatter(y=figure.data["rate"])
        return fig

    def story(recipe, record):
        rate = record.hypers["learning_rate"].mean(axis=1)
        return [Figure("fall", f"Of {recipe.population} members.", {"rate": rate}, {}, draw)]

    monkeypatch.setattr(Quadratic, "story", story)
    run = og.grow("quadratic", **SMALL, folder=tmp_path / "run")
    html = run.report().read_text()
    assert "How the learning rate fell" in html
    assert "Of 4 members." in html


def test_what_is_recorded_is_read_without_a_learner(tmp_path, monkeypatch):
    grown = og.grow("quadratic", **SMALL, folder=tmp_path / "run")
    scores, heirs = grown.metrics()["score"], grown.lineage()

    def learner(recipe):
        raise AssertionError("a learner was made")

    monkeypatch.setattr(Quadratic, "learner", learner)
    run = og.load(tmp_path / "run")
    np.testing.assert_array_equal(run.metrics()["score"], scores)
    assert run.lineage() == heirs
    assert run.folder == tmp_path / "run"
    assert repr(run) == f"Run({str(tmp_path / 'run')!r}, 3 rounds of 4 members)"
    assert run.report().read_text().startswith("<!doctype html>")
    assert og.resume(tmp_path / "run", progress=False).lineage() == heirs  # it had finished
    for wrong in (2.5, "4", 0):
        with pytest.raises(ConfigError, match=f"rounds is {wrong!r}"):
            og.resume(tmp_path / "run", rounds=wrong)
    with pytest.raises(ConfigError, match="not a list of observers"):
        og.resume(tmp_path / "run", observers="wandb")
    for wrong in ({"members": 1.5}, {"seed": -1}):
        with pytest.raises(ConfigError, match="replay: "):
            og.replay(tmp_path / "run", **wrong)
    with pytest.raises(AssertionError, match="a learner was made"):
        run.population  # noqa: B018


def test_a_run_that_is_resumed_writes_checkpoints_as_often_as_it_is_told(tmp_path):
    og.grow("quadratic", **SMALL, folder=tmp_path / "run", repeat="python mine.py")
    run = og.resume(tmp_path / "run", rounds=6, progress=False, checkpoint_seconds=0)
    assert [one.round for one in run.store.artifacts("checkpoint")] == [4, 5]
    assert run.store.run()["rounds"] == 6
    assert run.store.run()["repeat"] == "python mine.py"


def test_a_learner_grows_and_goes_on(tmp_path):
    run = og.grow(LEARNER, space=SPACE, **SMALL, folder=tmp_path / "run")
    assert run.best.state.shape == (3,)
    longer = og.grow(LEARNER, space=SPACE, **{**SMALL, "rounds": 6}, folder=tmp_path / "run")
    assert longer.metrics()["score"].shape == (6, 4)
    with pytest.raises(ConfigError, match="bare learner"):
        run.product()
    read = og.load(tmp_path / "run")  # which needs no learner
    assert read.best.score == longer.best.score
    assert read.best.hypers == longer.best.hypers
    np.testing.assert_array_equal(read.best.state, longer.best.state)
    np.testing.assert_array_equal(read.population.score, longer.population.score)
    with pytest.raises(ConfigError, match=r"call og\.grow again as it was called"):
        og.resume(tmp_path / "run")


def test_the_first_draws_are_the_same_whatever_the_strategy_and_however_it_is_given(tmp_path):
    drawn = []
    given = [og.pbt(SPACE), og.random_search(SPACE), "random-search", RandomSearch()]
    for number, strategy in enumerate(given):
        folder = tmp_path / str(number)
        run = og.grow(LEARNER, space=SPACE, strategy=strategy, **SMALL, folder=folder)
        drawn.append(run.metrics()["hypers.rate"])
    np.testing.assert_array_equal(drawn[0][0], drawn[1][0])
    assert (drawn[0][-1] != drawn[1][-1]).any()
    np.testing.assert_array_equal(drawn[1], drawn[2])
    np.testing.assert_array_equal(drawn[1], drawn[3])


def test_a_recipes_strategy_is_named_or_given_by_its_settings(tmp_path):
    named = og.grow("quadratic", strategy="random-search", **SMALL, folder=tmp_path / "a")
    set_ = og.grow("quadratic", strategy=RandomSearch(), **SMALL, folder=tmp_path / "b")
    assert named.recipe == set_.recipe == Quadratic(4, 3, 5, strategy=RandomSearch())
    np.testing.assert_array_equal(named.metrics()["score"], set_.metrics()["score"])
    with pytest.raises(ConfigError, match="strategy is a str"):
        Quadratic(strategy="random-search")  # pyright: ignore[reportArgumentType]


def test_runs_are_numbered_in_the_runs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ONTOGENY_RUNS", str(tmp_path))
    names = [og.grow(LEARNER, space=SPACE, **SMALL).folder.name for _ in range(2)]
    assert names == ["run-1", "run-2"]


@pytest.mark.parametrize(
    ("what", "settings", "said"),
    [
        (LEARNER, {}, "needs a space"),
        (LEARNER, {"space": SPACE, "populaton": 3}, "populaton"),
        (LEARNER, {"space": SPACE, "population": 0}, "population is 0"),
        (LEARNER, {"space": SPACE, "population": 2.5}, "population is 2.5"),
        (LEARNER, {"space": SPACE, "population": True}, "population is True"),
        (LEARNER, {"space": SPACE, "rounds": "4"}, "write|rounds=4"),
        (LEARNER, {"space": SPACE, "seed": -1}, "from 0 to 4294967295"),
        (LEARNER, {"space": SPACE, "seed": 2**32}, "seed is 4294967296"),
        (LEARNER, {"space": SPACE, "seed": 1.5}, "seed is 1.5"),
        (LEARNER, {"space": SPACE, "rounds": 10**6, "steps": 10**6}, "can count"),
        (LEARNER, {"space": SPACE, "checkpoint_seconds": -1}, "use 0 or more"),
        (LEARNER, {"space": {"rate": og.Log(1e-3, 1e-1)}}, r"write space=og\.Space\("),
        (LEARNER, {"space": SPACE, "strategy": og.pbt}, r"pbt is a function.*\n.*og\.pbt\(space\)"),
        (LEARNER, {"space": SPACE, "strategy": RandomSearch}, "is a class, not a strategy"),
        (LEARNER, {"space": SPACE, "executor": "processes"}, r"executor=og\.Processes\(\)"),
        (LEARNER, {"space": SPACE, "executor": og.Processes}, "Processes is a class"),
        (LEARNER, {"space": SPACE, "observers": "wandb"}, "not a list of observers"),
        (LEARNER, {"space": SPACE, "observers": ["wandb"]}, r"observers=\[og\."),
        (LEARNER, {"space": SPACE, "observers": [og.Observer]}, "Observer is a class"),
        (tuple(LEARNER), {"space": SPACE}, "is a tuple, not a learner or recipe"),
        (Quadratic, {}, "Quadratic is a class"),
        (None, {}, "None is a NoneType"),
        ("quadratic", {"populaton": 3}, "did you mean 'population'"),
        ("quadratic", {"dimensions": 2.5}, "dimensions is 2.5"),
        ("quadratic", {"noise": "0.1"}, "without quotes: noise=0.1"),
        ("quadratic", {"seed": -1}, "seed is -1"),
        (LEARNER, {"space": SPACE, "folder": "last"}, "finds the newest run"),
        ("quadratic", {"space": SPACE}, "brings its own"),
        ("quadratic", {"dimension": 3}, "did you mean 'dimensions'"),
        ("quadratic", {"evolution": RandomSearch()}, "called 'strategy' now"),
        ("quadratic", {"strategy": og.pbt(SPACE)}, "brings its own space and strategy"),
        (Quadratic(), {"strategy": "random-serch"}, "did you mean 'random-search'"),
        ("quadratik", {}, "did you mean 'quadratic'"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(tmp_path, what, settings, said):
    with pytest.raises(ConfigError, match=said):
        og.grow(what, **{"folder": tmp_path / "run", "progress": False, **settings})
    assert not (tmp_path / "run").exists()


def test_a_run_is_held_without_a_file_and_read_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = og.grow(LEARNER, space=SPACE, **SMALL, folder="run")
    scores, best = run.metrics()["score"], run.best
    monkeypatch.chdir("/")

    def told(held) -> bool:
        np.testing.assert_array_equal(held.metrics()["score"], scores)
        np.testing.assert_array_equal(held.best.state, best.state)
        return held.folder == tmp_path / "run" and "3 rounds of 4 members" in repr(held)

    sent = pickle.dumps(run)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(told, run).result()
        assert all(map(told, (copy.copy(run), copy.deepcopy(run), pickle.loads(sent))))
    moved = pickle.loads(sent)
    moved.store.folder = tmp_path / "moved"
    assert repr(moved) == f"Run({str(tmp_path / 'moved')!r}: no run is here)"
    before = len(os.listdir("/dev/fd"))
    held = [pickle.loads(sent) for _ in range(50)]
    assert [one.metrics()["score"].shape for one in held] == [(3, 4)] * 50
    assert len(os.listdir("/dev/fd")) == before


def test_a_run_of_a_learner_that_can_not_travel_is_read_all_the_same(tmp_path):
    with (tmp_path / "held").open("w") as file:

        def step(key, x, hypers):
            assert not file.closed
            return x * (1 - hypers["rate"]), {}

        run = og.grow(LEARNER._replace(step=step), space=SPACE, **SMALL, folder=tmp_path / "run")
        sent = pickle.loads(pickle.dumps(run))
    assert copy.deepcopy(run).best.score == sent.best.score == run.best.score
    np.testing.assert_array_equal(sent.metrics()["score"], run.metrics()["score"])


def test_a_report_is_written_when_the_checkpoints_are_gone(tmp_path, monkeypatch):
    run = og.grow("quadratic", **SMALL, folder=tmp_path / "run")
    monkeypatch.setattr(Quadratic, "portrait", lambda recipe, product: [])  # so that it is asked
    shutil.rmtree(run.folder / "checkpoints")
    assert "can&#x27;t be shown" not in og.load(run.folder).report().read_text()
    shutil.rmtree(run.folder / "product")
    with pytest.warns(UserWarning, match="product"):
        html = og.load(run.folder).report(tmp_path / "report.html").read_text()
    assert "What the winner has become can&#x27;t be shown: there is no checkpoint" in html


def test_numbers_may_be_those_of_numpy_and_jax():
    given = {"population": np.int64(2), "rounds": jnp.int32(3), "seed": np.uint32(2**32 - 1)}
    recipe = Quadratic(**given, steps=np.int8(4), noise=np.float32(0.5))
    assert recipe == Quadratic(2, 3, 4, 2**32 - 1, noise=0.5)
    kinds = {type(value) for value in vars(recipe).values()}
    assert kinds >= {int, float}
    assert not any(kind.__module__ in ("numpy", "jaxlib") for kind in kinds)


def test_another_job_does_not_overwrite_a_run(tmp_path):
    og.grow(LEARNER, space=SPACE, **SMALL, folder=tmp_path / "run")
    with pytest.raises(StoreError, match="population 4, not 8"):
        og.grow(LEARNER, space=SPACE, **{**SMALL, "population": 8}, folder=tmp_path / "run")


def test_there_is_no_slot_beyond_the_last(tmp_path):
    run = og.grow(LEARNER, space=SPACE, **SMALL, folder=tmp_path / "run")
    with pytest.raises(ConfigError, match="no slot 4"):
        run.member(4)


def test_a_member_shows_itself_in_a_line():
    many = {f"h{i}": np.float32(0.5) for i in range(20)}
    member = Member(3, {"w": np.zeros((200, 200))}, {"genes": np.ones((3, 4)), **many}, -1.25)
    assert len(repr(member)) < 200
    assert "slot 3, score -1.25, genes=[3, 4], h0=0.5" in repr(member)
    words = Member(0, {}, {"kind": None, "opt": "sgd"}, 1.0)
    assert repr(words) == "Member(slot 0, score 1, kind=None, opt='sgd'; 0 numbers in 0 arrays)"
    assert "and 13 more; 40,000 numbers in 1 array" in repr(member)


@dataclass(frozen=True)
class Followed(Quadratic):
    """A recipe that is not listed by name, and is followed by one with another seed, once."""

    def successor(self, folder):
        follower = replace(self, seed=self.seed + 1)
        return (follower, next_generation(folder)) if self.seed == 0 else None


def test_a_recipe_of_ones_own_may_be_followed(tmp_path):
    recipe = Followed(population=2, rounds=1, steps=1, dimensions=2)
    run = og.grow(recipe, folder=tmp_path / "line", progress=False)
    assert run.folder == tmp_path / "line" / "generation-2"
    assert run.recipe == replace(recipe, seed=1)
