"""Recipes of sequences: each builds, grows a little, and gives a product and a portrait."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn_state
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import train
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.nn.cores import CoreConfig
from ontogeny.recipes import RECIPES, recipe_class
from ontogeny.recipes.portraits import sequences as portraits
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.recipes.sequences import Coin, Regression
from ontogeny.views.figure import Figure

SMALL = TrainingConfig(core=CoreConfig("gru", width=4), batch=4, test_batch=8)
NAMES = [name for name, entry in RECIPES.items() if entry.module == "sequences"]


@pytest.fixture(autouse=True)
def _few_tested(monkeypatch):
    monkeypatch.setattr(portraits, "TESTED", 64)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_says_a_task_whose_exact_answer_is_known(name):
    recipe = recipe_class(name)()
    task = recipe.task()
    assert task.length == recipe.length
    assert recipe.job().rounds * recipe.job().steps == 3000


def test_the_learning_rate_decays_over_the_whole_growth():
    learner = Regression(rounds=2, steps=3, training=SMALL).learner()
    first, step = drawn_state(learner), jax.jit(learner.step)

    def move(updates):
        state = first._replace(updates=np.int32(updates))
        after, _ = jax.device_get(step(jax.random.key(0), state, {}))
        return after.network.head.bias - np.asarray(first.network.head.bias)

    # With one key all steps would be the same but for their rates: after 6 updates it is final.
    np.testing.assert_allclose(move(2) / move(0), SMALL.final ** (1 / 3), rtol=1e-4)


def fresh_product(recipe):
    return recipe.product(drawn_state(recipe.learner()))


def test_a_portrait_of_symbols_shows_the_excess_and_a_sequence():
    recipe = Coin(length=6, training=SMALL)
    product = fresh_product(recipe)
    assert product(np.array([0, 1, 1])).shape == (4, 2)
    excess, forecast = recipe.portrait(product)
    assert excess.draw(excess).layout.title.text == "Excess over exact Bayes, step by step"
    assert forecast.draw(forecast).layout.title.text == "One sequence, as it is foretold"
    sequence, said = forecast.data["sequence"], forecast.data["said"]
    np.testing.assert_allclose(said, product(sequence)[:-1, 1], rtol=1e-6)
    ones = np.cumsum(sequence) - sequence
    np.testing.assert_allclose(forecast.data["exact"], (ones + 1) / (np.arange(6) + 2), rtol=1e-5)


def test_a_portrait_of_numbers_shows_the_excess_alone():
    recipe = Regression(length=4, training=SMALL)
    (figure,) = recipe.portrait(fresh_product(recipe))
    assert isinstance(figure, Figure)
    assert figure.data["linear-regressions-2"].shape == (1, 4)
    assert np.all(figure.data["linear-regressions-2"] > 0)
    assert len(figure.draw(figure).data) == 2


def test_trainings_differ_in_their_keys_alone():
    said: list[str] = []
    descent = Quadratic(dimensions=3).learner()
    rate = {"learning_rate": jnp.float32(0.1)}
    learner = descent._replace(step=lambda key, x, _: descent.step(key, x, rate))
    how = Measuring(seed=7, progress=said.append)
    one = train(how, learner, 3, 2, 4, "coin")
    two = train(how, learner, 3, 2, 4, "coin")
    np.testing.assert_array_equal(one.score, two.score)
    assert one.score.shape == (2, 3)
    assert len(np.unique(one.score[-1])) == 3
    np.testing.assert_array_equal(one.updates, [4, 8])
    assert "3 seeds, 8 updates" in said[0]
