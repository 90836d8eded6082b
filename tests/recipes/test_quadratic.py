"""The noisy quadratic: its arithmetic, and that a schedule is worth finding."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.measuring import seeds_from
from ontogeny.claims.pbt.quadratic import best_loss, strategies
from ontogeny.claims.trials import replays, trials
from ontogeny.core.errors import ConfigError
from ontogeny.recipes.quadratic import Quadratic, curvatures, loss

SEEDS = seeds_from(0, 12)


@pytest.fixture(scope="module")
def rounds():
    """Return the rounds of each arm for 8 members, [seed, round, pop]."""
    recipe = Quadratic(population=8)
    return dict(trials(recipe, strategies(recipe.space()), SEEDS[:2]))


def test_the_loss_by_hand():
    a = curvatures(3)
    assert np.allclose(a, [0.1, 10**-0.5, 1.0])
    assert loss(a, jnp.array([2.0, 0.0, 1.0])) == pytest.approx(0.5 * (0.1 * 4 + 1))
    # at the start x = 3: the loss of the whole is 4.5 times the curvatures' sum
    assert loss(curvatures(20), jnp.full(20, 3.0)) == pytest.approx(4.5 * curvatures(20).sum())


def test_a_step_without_noise_is_gradient_descent():
    learner = Quadratic(dimensions=3, noise=0.0).learner()
    x = learner.init(jax.random.key(0), {})
    after, metrics = learner.step(jax.random.key(0), x, {"learning_rate": jnp.float32(0.5)})
    assert np.allclose(after, 3 - 0.5 * 3 * curvatures(3))
    assert metrics["loss"] == pytest.approx(float(loss(curvatures(3), x)))
    assert learner.score(jax.random.key(0), x, {}) == -loss(curvatures(3), x)


def test_a_fixed_rate_stays_in_the_noise_that_theory_gives():
    """The loss of rate r becomes sum_i r / (2 (2 - r a_i)), as Var x_i = r / (a_i (2 - r a_i))."""
    recipe, rate = Quadratic(population=4), 0.1
    schedule = {"learning_rate": np.full((1, len(SEEDS), recipe.rounds), rate, np.float32)}
    lived = replays(recipe, schedule, SEEDS)
    assert lived.score.shape == (1, len(SEEDS), recipe.rounds, 4)
    expected = np.sum(rate / (2 * (2 - rate * np.asarray(curvatures(20)))))
    assert np.mean(-lived.score[..., -20:, :]) == pytest.approx(expected, rel=0.05)


def test_arms_of_a_seed_begin_with_the_same_members(rounds):
    first = rounds["full PBT"]
    for arm in rounds.values():
        assert np.array_equal(
            arm.hypers["learning_rate"][:, 0], first.hypers["learning_rate"][:, 0]
        )
        assert np.array_equal(arm.score[:, 0], first.score[:, 0])


def test_arms_copy_what_they_say(rounds):
    own = np.arange(8)
    moved = {name: np.any(arm.move.parent != own) for name, arm in rounds.items()}
    assert moved == {
        "random search": False,
        "hypers only": False,
        "weights only": True,
        "full PBT": True,
    }
    changed = {
        name: np.any(np.diff(arm.hypers["learning_rate"], axis=1)) for name, arm in rounds.items()
    }
    assert changed == {
        "random search": False,
        "hypers only": True,
        "weights only": False,
        "full PBT": True,
    }


def test_pbt_lowers_the_rate_and_the_loss(rounds):
    rate = np.exp(np.log(rounds["full PBT"].hypers["learning_rate"]).mean(axis=(0, 2)))
    assert rate[-1] < 0.2 * rate[5]
    assert np.mean(best_loss(rounds["full PBT"])) < 0.5 * np.mean(
        best_loss(rounds["random search"])
    )


def test_one_program_of_all_arms_is_each_arm_alone(rounds):
    recipe = Quadratic(population=8, rounds=5)
    alone = {"full PBT": strategies(recipe.space())["full PBT"]}
    ((_, found),) = trials(recipe, alone, SEEDS[:2])
    np.testing.assert_allclose(found.score, rounds["full PBT"].score[:, :5], rtol=1e-4)
    assert np.array_equal(found.move.parent, rounds["full PBT"].move.parent[:, :5])


def test_best_loss_is_the_best_of_each_of_the_last_rounds(rounds):
    score = rounds["random search"].score
    expected = np.mean([np.min(-score[0, number]) for number in range(32, 40)])
    assert best_loss(rounds["random search"])[0] == pytest.approx(expected)


def test_the_product_is_the_point():
    point = Quadratic(dimensions=3).product(jnp.array([2.0, 0.0, 1.0]))
    assert point() == pytest.approx(0.7)


@pytest.mark.parametrize("fields", [{"dimensions": 0}, {"noise": -1.0}, {"population": 0}])
def test_a_recipe_that_makes_no_sense_is_refused(fields):
    with pytest.raises(ConfigError):
        Quadratic(**fields)
