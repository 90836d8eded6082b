"""What the Baldwin effect's recipes grow, and the rules of its claims."""

from __future__ import annotations

import numpy as np
import pytest

import ontogeny as og
from ontogeny.claims.baldwin import cheetah as baldwin_cheetah
from ontogeny.claims.baldwin import reproduce
from ontogeny.claims.baldwin.direction import MODES, Arm
from ontogeny.claims.baldwin.direction import claims_of as direction_claims
from ontogeny.claims.baldwin.figures import direction_figure, evaluations_figure, needle_figure
from ontogeny.claims.baldwin.needle import claims_of as needle_claims
from ontogeny.claims.baldwin.sinusoids import Course, ratios_of
from ontogeny.claims.claim import Measuring
from ontogeny.core.errors import ConfigError, MissingExtra
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.pbt import PBT
from ontogeny.learners.baldwin.lifetime import LifetimeConfig
from ontogeny.learners.maml.config import NetworkConfig
from ontogeny.recipes.goal_direction import GoalDirection, HalfCheetah
from ontogeny.recipes.hinton_nowlan import HintonNowlan
from ontogeny.recipes.sinusoids import Sinusoid
from ontogeny.views.figure import Figure
from ontogeny.views.lineage import BORN
from ontogeny.views.record import read_record
from ontogeny.worlds import brax_bodies


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
    import jax

    evolved = grown.product()
    assert evolved(jax.random.key(0), 4).shape == (4, 3)
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
        GoalDirection(evolution=PBT())


def test_the_size_of_mutations_is_a_gene_where_they_adapt_themselves():
    adapted = Baldwin(law="self-adapted")
    assert "sigma" in GoalDirection(evolution=adapted).space().dimensions
    assert "sigma" not in GoalDirection().space().dimensions
    with pytest.raises(ConfigError, match="sigma"):
        HintonNowlan(evolution=adapted)


def test_a_sinusoids_start_is_evolved_where_the_strategy_lives_anew(tmp_path):
    recipe = Sinusoid(
        population=4,
        rounds=2,
        steps=3,
        evolution=Baldwin(),
        network=NetworkConfig((8,)),
        life=LifetimeConfig(tasks=2, inheritance="lamarck"),
    )
    assert Sinusoid.from_json(recipe.to_json()) == recipe
    run = og.grow(recipe, folder=tmp_path / "run", progress=False)
    adapter = run.product()
    x = np.linspace(-3, 3, 5, dtype=np.float32)[:, None]
    before, after = adapter(x, np.sin(x), x, 0), adapter(x, np.sin(x), x)
    assert np.mean((after - np.sin(x)) ** 2) < np.mean((before - np.sin(x)) ** 2)
    genes = run.best.state.genes
    assert np.array_equal(adapter.start.rates.head.bias, genes.rates[3])  # of four leaves


def arms(darwin=0.0, baldwin=15.0, lamarck=10.0, innate=0.0):
    """Return made-up arms of 4 seeds, 3 rounds and 6 steps; only Baldwin's start is `innate`."""
    worth = {"darwin": darwin, "baldwin": baldwin, "lamarck": lamarck}
    made = {}
    for index, mode in enumerate(MODES):
        lives = np.full((4, 7), worth[mode]) + 0.01 * np.arange(4)[:, None]
        lives[:, 0] = innate if mode == "baldwin" else darwin
        rows = np.linspace(1.0, worth[mode], 3) + 0.01 * np.arange(4)[:, None]
        rates = np.linspace(0.01, 0.02 + index, 3)[None, :, None] * np.ones((4, 1, 2))
        made[mode] = Arm(0 * rows, rows, 0 * rows, rates, lives, lives)
    return made


def held(**worth):
    claims = direction_claims(GoalDirection(), arms(**worth), ["weight", "bias"], Measuring())
    return [claim.holds for claim in claims]


def test_the_rules_about_direction_can_fail_one_by_one():
    assert held() == [True] * 5
    assert held(darwin=3.0)[0] is False
    assert held(baldwin=12.0)[1] is False
    assert held(lamarck=15.0)[2] is False
    assert held(innate=4.0)[3] is False


def test_the_rules_about_the_needle_can_fail_one_by_one():
    def rows(right, wrong):
        fitness = np.ones((3, 51))
        share = {"right": right, "wrong": wrong, "open": 1 - right - wrong}
        return {name: np.full((3, 51), value) for name, value in share.items()} | {
            "fitness": fitness
        }

    def found(learns=(0.7, 0.0), drifts=(0.25, 0.25), writes=(1.0, 0.0)):
        return {"baldwin": rows(*learns), "darwin": rows(*drifts), "lamarck": rows(*writes)}

    def rules(**changed):
        return [claim.holds for claim in needle_claims(found(**changed), Measuring())]

    assert rules() == [True] * 4
    assert rules(learns=(0.59, 0.0))[0] is False
    assert rules(learns=(0.7, 0.02))[:2] == [False, False]
    assert rules(learns=(0.95, 0.0))[1] is False
    assert rules(drifts=(0.32, 0.25))[2] is False
    assert rules(writes=(0.94, 0.0))[3] is False


def test_a_ratio_counts_evaluations_to_the_same_error():
    learned = np.array([[4.0, 3.0, 1.0], [4.0, 2.0, 1.0], [4.0, 3.0, 2.8]])
    maml = Course(np.array([100, 200, 300]), learned, np.zeros((3, 4)))
    slow = np.array([[4.0, 2.5], [4.0, 2.5], [4.0, 2.5]])
    course = Course(np.array([1000, 50_000]), slow, np.zeros((3, 4)))
    np.testing.assert_allclose(ratios_of(maml, course), [50_000 / 300, 50_000 / 200, np.nan])


def body_claims(gain=(0.0, 9.0), lamarck=1.0, darwin=-0.5):
    """Return which claims of a body hold: what a life adds at first and later, and what Lamarck and
    Darwin earn.
    """
    noise = 0.01 * np.arange(3)[:, None]
    before, life = np.zeros((3, 6)), np.zeros((3, baldwin_cheetah.LIVED + 1))
    made = {
        "baldwin": np.array([gain[0], *[gain[1]] * 5]) + noise,
        "lamarck": np.full((3, 6), lamarck),
        "darwin": np.full((3, 6), darwin),
    }
    arms = {
        mode: baldwin_cheetah.Arm(before, after, np.ones((3, 6, 1)), life, 1.0)
        for mode, after in made.items()
    }
    found = baldwin_cheetah.claims_of(GoalDirection(), arms, ["weight"], Measuring())
    return [one.holds for one in found]


def test_the_rules_about_a_body_can_fail_one_by_one():
    assert body_claims() == [True] * 4
    assert body_claims((-9.0, -1.0), lamarck=-5.0, darwin=-5.0) == [False, True, True, True]
    assert body_claims((9.0, 9.0)) == [True, False, True, True]
    assert body_claims(darwin=12.0) == [True, True, False, True]
    assert body_claims(lamarck=12.0) == [True, True, True, False]


def test_what_is_not_kept_is_not_learned():
    recipe = HalfCheetah()
    steps = {
        mode: baldwin_cheetah.environment_steps(baldwin_cheetah.inheriting(recipe, mode))
        for mode in MODES
    }
    lives = 32 * 12 * 2 * 50  # genomes, generations, tasks, steps of an episode
    learned = lives * (3 * 48 + 2 * 4)
    assert steps == {"darwin": lives * (2 + 2 * 4), "baldwin": learned, "lamarck": learned}


def test_the_figures_draw_what_was_measured():
    shares = np.random.default_rng(0).uniform(size=(3, 4, 11))
    names = ("right", "wrong", "open")
    figure = Figure(
        "needle", "", {m: shares for m in MODES}, dict.fromkeys(MODES, names), needle_figure
    )
    drawn = needle_figure(figure)
    assert sum(trace.mode == "lines" and bool(trace.name) for trace in drawn.data) == 9
    data = {f"{m} {part}": getattr(a, part) for m, a in arms().items() for part in Arm._fields}
    labels = {"modes": MODES, "bound": [15.646]}
    assert len(direction_figure(Figure("d", "", data, labels, direction_figure)).data) == 18
    courses = {"MAML": np.ones((2, 3)), "MAML evaluations": np.array([10, 100, 1000])}
    drawn = evaluations_figure(Figure("e", "", courses, {"arms": ["MAML"]}, evaluations_figure))
    assert drawn.layout.xaxis.type == "log"


def test_there_are_no_other_parts():
    with pytest.raises(ConfigError, match="needle, direction, sinusoids, cheetah"):
        reproduce(quick=True, seed=0, progress=print, part="ant")
