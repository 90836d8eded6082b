"""The rules of the claims about the Baldwin effect can fail, one by one."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.baldwin import cheetah as baldwin_cheetah
from ontogeny.claims.baldwin.direction import MODES, Arm
from ontogeny.claims.baldwin.direction import claims_of as direction_claims
from ontogeny.claims.baldwin.figures import draw_direction, draw_evaluations, draw_needle
from ontogeny.claims.baldwin.needle import claims_of as needle_claims
from ontogeny.claims.baldwin.sinusoids import Course, candidates, ratios_of
from ontogeny.claims.measuring import Measuring
from ontogeny.recipes.goal_direction import GoalDirection, HalfCheetah
from ontogeny.views.figure import Figure


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


def test_a_strategy_is_judged_by_its_mean_and_a_tournament_by_its_best():
    hypers = {"weights": np.array([[1.0, 2], [3, 4], [8, 9]]), "rates": [[0.01], [0.1], [1.0]]}
    score = np.array([-3.0, -1, -2])
    mean = candidates(hypers, score, mean=True)
    np.testing.assert_allclose(mean["weights"], [[4, 5]])
    np.testing.assert_allclose(mean["rates"], [[0.1]], rtol=1e-6)
    best = candidates(hypers, score, mean=False)
    np.testing.assert_array_equal(best["weights"], [[3, 4], [8, 9], [1, 2]])
    np.testing.assert_array_equal(best["rates"], [[0.1], [1.0], [0.01]])


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
        "needle", "", {m: shares for m in MODES}, dict.fromkeys(MODES, names), draw_needle
    )
    drawn = draw_needle(figure)
    assert sum(trace.mode == "lines" and bool(trace.name) for trace in drawn.data) == 9
    data = {f"{m} {part}": getattr(a, part) for m, a in arms().items() for part in Arm._fields}
    labels = {"modes": MODES, "bound": [15.646]}
    assert len(draw_direction(Figure("d", "", data, labels, draw_direction)).data) == 18
    courses = {"MAML": np.ones((2, 3)), "MAML evaluations": np.array([10, 100, 1000])}
    drawn = draw_evaluations(Figure("e", "", courses, {"arms": ["MAML"]}, draw_evaluations))
    assert drawn.layout.xaxis.type == "log"
