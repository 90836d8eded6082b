"""Recipes of sequences: each builds, grows a little, and gives a product and a portrait."""

import jax
import numpy as np
import pytest

from ontogeny.claims.trainings import train
from ontogeny.growth import grow
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.nn.cores import CoreConfig
from ontogeny.recipes import RECIPES, recipe_class
from ontogeny.recipes.sequences import Coin, Regression
from ontogeny.views.figure import Figure

SMALL = TrainingConfig(core=CoreConfig("gru", width=4), batch=4, test_batch=8)
NAMES = [name for name, entry in RECIPES.items() if entry.module == "sequences"]


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_says_a_task_whose_exact_answer_is_known(name):
    recipe = recipe_class(name)()
    task = recipe.task()
    assert task.length == recipe.length
    assert recipe.job().rounds * recipe.job().steps == 3000


def test_the_learning_rate_decays_over_the_whole_growth():
    def second_update(rounds):
        learner = Coin(rounds=rounds, steps=2, training=SMALL).learner()
        first = learner.step(_key(), learner.init(_key(), {}), {})[0]
        second = learner.step(_key(), first, {})[0]
        return first.network.head.bias - second.network.head.bias

    # After 1 of 2 updates the rate is final^(1/2), after 1 of 20 it is final^(1/20) of the first.
    ratio = second_update(1) / second_update(10)
    np.testing.assert_allclose(ratio, SMALL.final**0.45, rtol=1e-4)


def test_a_grown_coin_has_its_portrait_in_the_report(tmp_path):
    run = grow(
        Coin(population=2, rounds=2, steps=3, length=6, training=SMALL),
        folder=tmp_path / "run",
        progress=False,
    )
    assert run.product()(np.array([0, 1, 1])).shape == (4, 2)
    html = run.report().read_text(encoding="utf-8")
    assert "Excess over exact Bayes, step by step" in html
    assert "One sequence, as it is foretold" in html


def test_a_portrait_of_numbers_shows_the_excess_alone():
    recipe = Regression(length=4, training=SMALL)
    state = recipe.learner().init(_key(), {})
    (figure,) = recipe.portrait(recipe.product(state))
    assert isinstance(figure, Figure)
    assert figure.data["linear-regressions-2"].shape == (1, 4)
    assert np.all(figure.data["linear-regressions-2"] > 0)
    assert len(figure.draw(figure).data) == 2


def test_trainings_differ_in_their_keys_alone():
    said: list[str] = []
    learner = Coin(length=6, training=SMALL).learner()
    one = train(learner, 3, 7, 2, 4, said.append, "coin")
    two = train(learner, 3, 7, 2, 4, said.append, "coin")
    np.testing.assert_array_equal(one.score, two.score)
    assert one.score.shape == (2, 3)
    assert len(np.unique(one.score[-1])) == 3
    np.testing.assert_array_equal(one.updates, [4, 8])
    assert "3 seeds, 8 updates" in said[0]


def _key():
    return jax.random.key(0)
