"""The rules of the claims about Population Based Training, and how arms are compared."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.claims.measuring import seeds_from
from ontogeny.claims.pbt import quadratic as pbt_quadratic
from ontogeny.claims.pbt import toy as pbt_toy
from ontogeny.claims.pbt.arms import (
    best_member,
    compare,
    ends_higher,
    higher,
    line_of_the_best,
    of_the_best,
    population_mean,
)
from ontogeny.claims.pbt.figures import draw_arms
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.views.figure import Figure


def test_an_arm_off_its_number_does_not_hold():
    arm = pbt_toy.arms(pbt_toy.Toy().space())[0]
    assert pbt_toy._claim(arm, np.full(10, 0.405), seed=0).holds
    assert not pbt_toy._claim(arm, np.full(10, 0.415), seed=0).holds


def test_a_row_off_its_numbers_does_not_hold():
    row = pbt_quadratic.TABLE[8]
    noise = np.tile([-1.0, 1.0], 20)  # a standard error of 0.0016 of deviation 0.01
    losses = {a: c.mean + 0.01 * noise for a, c in zip(pbt_quadratic.ARMS, row, strict=True)}
    assert pbt_quadratic._row(8, losses, 0).holds
    losses["full PBT"] = losses["full PBT"] + 0.02
    claim = pbt_quadratic._row(8, losses, 0)
    assert not claim.holds
    assert claim.holds is False  # a plain bool, which JSON can say


def test_an_interval_that_touches_zero_does_not_hold():
    losses = {arm: np.linspace(0.1, 0.2, 40) for arm in pbt_quadratic.ARMS}
    better = {**losses, "full PBT": losses["full PBT"] - 0.05}
    assert pbt_quadratic._better("weights only", {8: better}, 0).holds
    assert not pbt_quadratic._better("weights only", {8: better, 16: losses}, 0).holds
    assert pbt_quadratic._better("weights only", {4: losses, 8: better}, 0).holds  # from 8 members


def test_a_comparison_is_decided_seed_by_seed():
    base = np.array([3.0, 9.0, 5.0])
    better = {"random search": base, "PBT": base + np.array([0.1, 0.2, 0.1])}
    mixed = {"random search": base, "PBT": base + np.array([4.0, -0.1, 4.0])}
    assert higher("it is higher", "paper", better, "a setting").holds
    assert not higher("it is higher", "paper", mixed, "a setting").holds


def test_a_comparison_is_of_the_last_quarter_of_the_rounds():
    late = np.repeat([0.0, 1.0], [6, 2])[None, :, None] * np.ones((3, 8, 4))
    found = {"random search": {"score": np.zeros((3, 8, 4))}, "PBT": {"score": late}}
    claims = ends_higher("the {} is higher", ("yes", "no number"), found, "a setting")
    assert [claim.claim for claim in claims] == [
        "the best member is higher",
        "the population's mean is higher",
    ]
    assert all(claim.holds and "higher by 1 [1, 1]" in claim.measured for claim in claims)


def test_best_and_mean_of_a_population():
    score = np.array([[[1.0, 4.0], [-np.inf, 3.0]]])  # [seed, round, pop]
    assert best_member(score) == pytest.approx([3.5])
    assert population_mean(score) == pytest.approx([8 / 3])


def test_two_arms_of_a_comparison_share_their_first_round_and_differ_later():
    """The machinery of the Breakout claims, on a task that takes a second."""
    said: list[str] = []
    recipe = Quadratic(population=4, rounds=6, steps=5)
    found = compare(
        recipe, seeds_from(0, 2), said.append, "quadratic", ask=lambda x: {"first": x[:, 0]}
    )
    search, pbt = found["random search"], found["PBT"]
    assert search["score"].shape == (2, 6, 4)
    assert np.array_equal(search["learning_rate"][:, 0], pbt["learning_rate"][:, 0])
    np.testing.assert_allclose(search["score"][:, 0], pbt["score"][:, 0], rtol=1e-5)
    assert not np.allclose(search["score"][:, -1], pbt["score"][:, -1])
    assert np.all(search["learning_rate"] == search["learning_rate"][:, :1])
    assert len(said) == 4
    assert search["first"].shape == (2, 4)
    assert np.array_equal(search["parent"], np.broadcast_to(np.arange(4), (2, 6, 4)))
    assert not np.array_equal(pbt["parent"], search["parent"])


def test_what_is_asked_is_asked_of_the_best_and_its_line_is_followed_back():
    score = np.array([[[3.0, 1.0, 2.0], [1.0, 2.0, 9.0]], [[0.0, 0.0, 0.0], [5.0, 2.0, -np.inf]]])
    assert of_the_best(score, np.array([[1, 2, 3], [4, 5, 6]])).tolist() == [3, 4]
    parent = np.array([[0, 1, 2], [0, 1, 0], [0, 2, 2]])  # slot 1 copies 2, which had copied 0
    values = np.arange(9.0).reshape(3, 3)
    last = np.array([[0.0, 0, 0], [0, 0, 0], [1, 7, 3]])
    assert line_of_the_best(parent, last, values).tolist() == [0.0, 5.0, 7.0]


def test_breakouts_figure_shows_both_arms_and_leaves_the_dead_out():
    score = np.random.default_rng(0).normal(size=(2, 3, 5, 4))
    score[0, 0, 2, 1] = -np.inf
    data = {"score": score, "spent": np.arange(1, 6) * 100.0}
    labels = {"arms": ["random search", "PBT"], "axes": ["frames", "return"]}
    drawn = draw_arms(Figure("breakout", "", data, labels, draw_arms))
    named = [trace.name for trace in drawn.data if trace.name]
    assert named == [f"{a}: {k}" for a in ("random search", "PBT") for k in ("best member", "mean")]
    assert all(np.all(np.isfinite(trace.y)) for trace in drawn.data)
