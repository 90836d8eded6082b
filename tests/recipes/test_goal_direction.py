"""What the recipes of evolved lifetimes grow."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import ontogeny as og
from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.pbt import PBT
from ontogeny.learners.baldwin.lifetime import LifetimeConfig
from ontogeny.learners.maml.config import NetworkConfig
from ontogeny.recipes.goal_direction import GoalDirection, HalfCheetah
from ontogeny.recipes.hinton_nowlan import HintonNowlan
from ontogeny.recipes.portraits.goal_direction import LIVES
from ontogeny.recipes.sinusoids import Sinusoid, SinusoidLife
from ontogeny.views.growth.lineage import BORN
from ontogeny.views.growth.record import read_record
from ontogeny.worlds.bodies import brax_bodies


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Return a short growth towards hidden directions, recorded."""
    return og.grow(
        GoalDirection(population=6, rounds=4, steps=2, episodes=4, horizon=5),
        folder=tmp_path_factory.mktemp("runs") / "goal",
        progress=False,
    )


def test_a_growth_records_scores_before_and_after_and_descent_by_genes(grown):
    metrics = grown.metrics()
    assert metrics["score_at_birth"].shape == metrics["score"].shape == (4, 6)
    assert np.all(np.isfinite(metrics["score"] - metrics["score_at_birth"]))
    assert "hypers.rates.1" in metrics
    record = read_record(grown.store)
    assert np.array_equal(record.innate, metrics["score_at_birth"])
    assert np.all(record.parent[1:] != BORN)
    assert record.moved[1:].sum(axis=1).tolist() == [3, 3, 3]  # a loser of each pair
    again = og.load(grown.folder)
    assert np.array_equal(again.population.hypers["weights"], grown.population.hypers["weights"])


def test_its_product_lives_and_its_report_draws_that(grown):
    evolved = grown.product()
    assert evolved(jax.random.key(0), LIVES, 4).shape == (LIVES, 5)  # as the report asks
    page = grown.report().read_text()
    assert 'data-figure="learning"' in page
    assert 'data-figure="plasticity"' in page
    assert "noise" in page
    assert "season" not in page  # which tasks a member met is nothing that it is


def test_a_missing_body_is_told_before_anything_is_written(tmp_path, monkeypatch):
    def gone(name, backend):
        raise MissingExtra("no brax")

    monkeypatch.setattr(brax_bodies, "physics", gone)
    recipe = HalfCheetah()  # it can be made, shown and helped with
    assert recipe.space().describe()["weights"]["shape"] == [17 * 6 + 6]
    with pytest.raises(MissingExtra, match="no brax"):
        og.grow(recipe, folder=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_what_goes_on_with_what_it_learned_is_no_lifetime():
    with pytest.raises(ConfigError, match="baldwin"):
        GoalDirection(strategy=PBT())


def test_the_size_of_mutations_is_a_gene_where_they_adapt_themselves():
    adapted = Baldwin(law="self-adapted")
    assert "sigma" in GoalDirection(strategy=adapted).space().dimensions
    assert "sigma" not in GoalDirection().space().dimensions
    with pytest.raises(ConfigError, match="sigma"):
        HintonNowlan(strategy=adapted)


def test_genes_are_a_start_that_learns_sinusoids_with_a_rate_a_leaf():
    recipe = SinusoidLife(
        steps=3,
        network=NetworkConfig((8,)),
        life=LifetimeConfig(tasks=2, inheritance="lamarck"),
    )
    assert SinusoidLife.from_json(recipe.to_json()) == recipe

    @jax.jit
    def born(key):
        return recipe.learner().init(key, recipe.space().sample(key))

    state = born(jax.random.key(0))
    adapter = recipe.product(state)
    x = np.linspace(-3, 3, 5, dtype=np.float32)[:, None]
    before, after = adapter(x, np.sin(x), x, 0), adapter(x, np.sin(x), x)
    assert np.mean((after - np.sin(x)) ** 2) < np.mean((before - np.sin(x)) ** 2)
    assert np.array_equal(adapter.start.rates.head.bias, state.genes.rates[3])  # of four leaves


def test_a_strategy_does_not_choose_what_grows():
    with pytest.raises(ConfigError, match="sinusoid-life"):
        Sinusoid(strategy=Baldwin())
    with pytest.raises(ConfigError, match="use baldwin or es"):
        SinusoidLife(strategy=PBT())


def test_a_run_written_when_one_recipe_grew_both_is_read_or_says_where_it_went():
    older = Sinusoid().to_json() | {"life": SinusoidLife().to_json()["life"]}
    assert Sinusoid.from_json(older) == Sinusoid()
    with pytest.raises(ConfigError, match="sinusoid-life"):
        Sinusoid.from_json(older | {"strategy": SinusoidLife().to_json()["strategy"]})
