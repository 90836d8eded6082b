"""What a run is: who goes on with it is held to it, and whoever reads it knows it."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, StoreError, StructureError
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.nn.cores import CoreConfig
from ontogeny.recipes.opening import described, open_or_create, with_rounds
from ontogeny.recipes.sequences import Coin
from ontogeny.runtime.apart.processes import Processes
from ontogeny.runtime.executor import Job
from ontogeny.runtime.identity import identity
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.comparisons.comparison import compare

SPACE = og.Space({"rate": og.Log(1e-3, 1e-1)})
CURVE = np.linspace(0.1, 1.0, 3, dtype=np.float32)


def step(key, x, hypers):
    return x * (1 - hypers["rate"]), {}


LEARNER = og.Learner(
    init=lambda key, hypers: jnp.ones(3), step=step, score=lambda key, x, h: -jnp.sum(CURVE * x**2)
)
PLAIN = og.HostLearner(
    init=lambda key, h: {"x": h["rate"]}, step=lambda key, s, h: (s, {}), score=lambda k, s, h: 1.0
)


def job(learner=LEARNER, space=SPACE, settings=PBT(), **numbers) -> Job:  # noqa: B008
    numbers = {"seed": 0, "population": 4, "rounds": 3, "steps": 5} | numbers
    strategy = settings.build(space) if dataclasses.is_dataclass(settings) else settings
    kept = settings if dataclasses.is_dataclass(settings) else None
    return Job(learner, space, strategy, **numbers, settings=kept)


def opened(folder, a_job, executor=None, recipe=None, **more) -> dict:
    """Return what the run says of itself, after it was opened to be grown."""
    told = described(a_job, executor or Vectorised(), recipe)
    with open_or_create(folder, told, a_job, recipe, **more) as store:
        return store.run()


def lived(folder, rounds: int, status: str = "finished") -> None:
    """Record rounds, as if they had been lived."""
    with Store(folder, write=True) as store, store.transaction():
        for number in range(rounds):
            store.add_metric("score", number, [1.0, 2.0])
        store.put(status=status, begun=1.0)


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (job(space=og.Space({"rate": og.Log(1e-4, 1e-1)})), "space.rate.low 0.001, not 0.0001"),
        (job(space=og.Space({"rate": og.Linear(1e-3, 1e-1)})), "space.rate.kind 'Log'"),
        (
            job(space=og.Space({"rate": og.Log(1e-3, 1e-1, prior=(1e-2, 1e-1))})),
            "space.rate.prior None",
        ),
        (
            job(
                LEARNER._replace(step=lambda k, x, h: (x * h["rate"] * h["more"], {})),
                og.Space({"rate": og.Log(1e-3, 1e-1), "more": og.Linear(0, 1)}),
            ),
            "space.more.kind None, not 'Linear'",
        ),
        (job(LEARNER._replace(score=lambda k, x, h: -jnp.sum(x**2))), "learner.score"),
        (
            job(LEARNER._replace(score=lambda k, x, h: -jnp.sum(CURVE * 2 * x**2))),
            "learner.score",  # other data
        ),
        (job(LEARNER._replace(init=lambda k, h: jnp.zeros(3))), "learner.init"),
        (job(settings=PBT(selection="tournament")), "strategy.selection 'truncation'"),
        (job(settings=RandomSearch()), "strategy.strategy 'pbt', not 'random-search'"),
        (job(settings=og.pbt(SPACE)), r"strategy.strategy 'pbt', not 'pbt \(functions\)'"),
        (job(seed=1), "seed 0, not 1"),
        (job(population=8), "population 4, not 8"),
        (job(steps=6), "steps 5, not 6"),
    ],
)
def test_another_run_is_told_by_the_field_that_differs(tmp_path, other, field):
    opened(tmp_path, job())
    with pytest.raises(StoreError, match=f"the run there has {field}"):
        opened(tmp_path, other)
    opened(tmp_path, job(LEARNER._replace(step=lambda k, y, g: step(k, y, g))))  # the same


def test_functions_are_told_apart_by_what_they_compute(tmp_path):
    opened(tmp_path, job(settings=og.pbt(SPACE)))
    opened(tmp_path, job(settings=og.pbt(SPACE)))
    with pytest.raises(StoreError, match=r"has strategy\.program"):
        opened(tmp_path, job(settings=og.pbt(SPACE, og.selection.tournament())))


def test_priors_that_are_functions_are_told_apart(tmp_path):
    def space(scale):
        prior = lambda key: scale * jax.random.uniform(key)  # noqa: E731
        return og.Space({"rate": og.Log(1e-3, 1e-1, prior=prior)})

    opened(tmp_path, job(space=space(0.1)))
    opened(tmp_path, job(space=space(0.1)))
    with pytest.raises(StoreError, match=r"has space\.rate\.prior"):
        opened(tmp_path, job(space=space(0.01)))


def test_a_host_learner_is_told_by_its_code(tmp_path):
    opened(tmp_path, job(PLAIN), Processes())
    opened(tmp_path, job(PLAIN), Processes(workers=3))  # which changes no number
    with pytest.raises(StoreError, match=r"has learner\.score"):
        opened(tmp_path, job(PLAIN._replace(score=lambda k, s, h: 2.0)), Processes())
    with pytest.raises(StoreError, match=r"executor\.synchronous False, not True"):
        opened(tmp_path, job(PLAIN), Processes(synchronous=True))
    with pytest.raises(StoreError, match=r"executor\.executor 'processes', not 'vectorised'"):
        opened(tmp_path, job(PLAIN), Vectorised())


def test_the_numbers_of_jax_are_part_of_it(tmp_path):
    opened(tmp_path, job())
    with (
        jax.default_prng_impl("rbg"),
        pytest.raises(StoreError, match=r"jax\.prng 'threefry2x32', not 'rbg'"),
    ):
        opened(tmp_path, job())


def test_rounds_may_be_more_and_never_fewer_than_were_lived(tmp_path):
    opened(tmp_path, job(), repeat="ontogeny grow x --rounds 3 --seed 1")
    lived(tmp_path, 3)
    with pytest.raises(ConfigError, match="has lived 3 rounds, and 2 are asked for"):
        opened(tmp_path, job(rounds=2))
    run = opened(tmp_path, job(rounds=7))
    assert run["rounds"] == 7
    assert run["repeat"] == "ontogeny grow x --seed 1 --rounds 7"
    assert opened(tmp_path, job(rounds=7))["id"] == run["id"]


def test_a_command_is_given_other_rounds():
    assert with_rounds("ontogeny grow x --rounds=3", 5) == "ontogeny grow x --rounds 5"
    assert with_rounds("ontogeny grow 'a b'", 5) == "ontogeny grow 'a b' --rounds 5"
    assert with_rounds("python mine.py", 5) == "python mine.py"
    assert with_rounds(None, 5) is None


def test_a_learner_that_goes_by_its_rounds_is_not_grown_on(tmp_path):
    tiny = TrainingConfig(core=CoreConfig("gru", width=4), batch=2, test_batch=2)
    two = Coin(population=2, rounds=2, steps=3, training=tiny, length=3)
    four = dataclasses.replace(two, rounds=4)
    opened(tmp_path, two.job(), recipe=two)
    lived(tmp_path, 2)
    with pytest.raises(StoreError, match="goes by how many rounds it is grown for"):
        opened(tmp_path, four.job(), recipe=four)
    with Store(tmp_path, write=True) as store, store.transaction():  # an earlier version's
        store._db.execute("DELETE FROM run WHERE key IN ('id', 'learner', 'tools', 'jax')")
    with pytest.raises(StoreError, match="goes by how many rounds"):
        opened(tmp_path, four.job(), recipe=four)
    opened(tmp_path, two.job(), recipe=two)


def test_a_run_that_did_not_say_what_it_was_is_taken_as_given_which_is_said_once(tmp_path):
    opened(tmp_path, job())
    keys = "'id', 'learner', 'tools', 'jax', 'strategy', 'executor', 'space'"
    with Store(tmp_path, write=True) as store, store.transaction():
        store._db.execute(f"DELETE FROM run WHERE key IN ({keys})")
    for _ in range(2):
        opened(tmp_path, job(settings=RandomSearch()))
    with Store(tmp_path) as store:
        assert [event.kind for event in store.events()] == ["unchecked"]
        assert store.run()["strategy"] == {"strategy": "random-search"}
    with pytest.raises(StoreError, match="not 'pbt'"):
        opened(tmp_path, job())


def test_fingerprints_of_other_tools_say_nothing(tmp_path):
    opened(tmp_path, job())
    with Store(tmp_path, write=True) as store, store.transaction():
        store.put(tools="jax 0.1, python 2.7", learner={"score": "another"})
    opened(tmp_path, job())
    with Store(tmp_path) as store:
        assert "begun with jax 0.1" in store.events()[0].detail


@pytest.mark.parametrize(
    ("space", "learner", "said"),
    [
        ({"rate": 1, "lerning_rate": 1}, LEARNER, "reads the hyper 'lerning_rate'"),
        ({"rate": 1, "more": [1, 1]}, LEARNER, "reads the hyper 'more.0'"),
        ({"rate": 1, "sigma": 1, "season": 1}, LEARNER, None),  # a strategy reads them
        ({"rte": 1}, LEARNER, "it reads 'rate', and the hypers are rte"),
    ],
)
def test_hypers_are_those_that_the_learner_reads(space, learner, said):
    dimensions = jax.tree.map(lambda _: og.Log(1e-3, 1e-1), space)
    a_job = job(learner, og.Space(dimensions))
    if said is None:
        identity(a_job, Vectorised(), None)
        return
    with pytest.raises(ConfigError, match=said) as caught:
        identity(a_job, Vectorised(), None)
    assert caught.value.hint


def test_a_strategy_of_ones_own_may_read_a_hyper_for_itself():
    space = og.Space({"rate": og.Log(1e-3, 1e-1), "mine": og.Linear(0, 1)})
    ours = og.pbt(space)
    own = og.Strategy(ours.init, lambda *given: ours.move(*given))
    identity(job(LEARNER, space, own), Vectorised(), None)


def test_a_strategy_of_another_space_is_refused():
    strategy = og.pbt(og.Space({"rtae": og.Log(1e-3, 1e-1)}))
    with pytest.raises(ConfigError, match="does not fit the space"):
        identity(job(settings=strategy), Vectorised(), None)


def test_words_are_for_host_learners():
    words = og.Space({"rate": og.Choice(("low", "high"))})
    identity(job(PLAIN, words), Processes(), None)
    with pytest.raises(ConfigError, match="'rate' is between words"):
        identity(job(LEARNER, words), Vectorised(), None)


def test_columns_that_would_meet_are_refused_before_anything_is_compiled():
    class Named(dict):
        """Metrics whose names meet those of hypers are refused by name already."""

    pair = jax.tree_util.register_pytree_with_keys
    pair(
        Named,
        lambda d: ([(jax.tree_util.GetAttrKey("w"), v) for v in d.values()], tuple(d)),
        lambda keys, values: Named(zip(keys, values, strict=True)),
    )
    space = og.Space(Named(a=og.Linear(0, 1), b=og.Linear(0, 1)))
    learner = LEARNER._replace(step=lambda k, x, h: (x * h["a"] * h["b"], {}))
    with pytest.raises(StructureError, match=r"two columns are called 'hypers\.w'"):
        identity(job(learner, space), Vectorised(), None)


def test_a_finished_run_is_opened_without_compiling(tmp_path, monkeypatch):
    settings = {"space": SPACE, "population": 4, "rounds": 1, "steps": 1, "progress": False}
    run = og.grow(LEARNER, **settings, folder=tmp_path / "a")
    assert run.job.settings == PBT()  # what "pbt" is
    assert run.store.run()["strategy"]["fraction"] == PBT().fraction

    def prepare(*given):
        raise AssertionError("it was compiled")

    monkeypatch.setattr(Vectorised, "prepare", prepare)
    again = og.grow(LEARNER, **settings, strategy="pbt", folder=tmp_path / "a")
    assert again.best.score == run.best.score
    with pytest.raises(AssertionError, match="it was compiled"):
        og.grow(LEARNER, **{**settings, "rounds": 2}, folder=tmp_path / "a")


def test_runs_of_bare_learners_are_compared_and_reported_by_what_they_are(tmp_path):
    others = {
        "a": job(),
        "b": job(seed=1),
        "c": job(settings=RandomSearch()),
        "other": job(LEARNER._replace(score=lambda k, x, h: -jnp.sum(x))),
    }
    for name, one in others.items():
        opened(tmp_path / name, one)
        lived(tmp_path / name, 3)
    found = compare([tmp_path / name for name in "abc"])
    assert sorted(len(group.runs) for group in found) == [1, 2]
    assert found.fields[-1] == "strategy.strategy"
    with pytest.raises(ConfigError, match=r"learner\.score: these are runs of different tasks"):
        compare([tmp_path / "a", tmp_path / "other"])
    html = og.load(tmp_path / "a").report().read_text()
    for word in ("What it was grown with", "strategy.fraction", "seed", "space.rate.low"):
        assert word in html
    ids = {og.load(tmp_path / name).store.run()["id"] for name in others}
    assert len(ids) == len(others)


def test_of_runs_that_do_not_say_what_they_are_it_is_said_that_nothing_is_known(tmp_path):
    for name in "ab":
        with Store.create(tmp_path / name, status="finished"):
            pass
        lived(tmp_path / name, 2)
    notes = " ".join(compare([tmp_path / name for name in "ab"]).notes)
    assert "did not say which learner they grew" in notes
