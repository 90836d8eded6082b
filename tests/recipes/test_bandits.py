"""The recipes of agents with memory."""

from __future__ import annotations

import typing

import jax
import pytest

from drawn import drawn_state
from ontogeny.core.errors import ConfigError
from ontogeny.learners.sequential.policy import MemoryPolicy
from ontogeny.recipes import recipe_class, recipe_name
from ontogeny.recipes.bandits import Bandit, Name, Thompson, solved_world

RECIPES = {"bandit": Bandit(), "thompson": Thompson()}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_listed_and_survives_json(name):
    recipe = RECIPES[name]
    assert recipe_class(name) is type(recipe)
    assert recipe_name(recipe) == name
    assert type(recipe).from_json(recipe.to_json()) == recipe
    assert recipe.papers
    assert recipe.units() == {"episodes": 256}


@pytest.mark.parametrize("name", RECIPES)
def test_the_product_is_a_policy_of_the_world(name):
    recipe = RECIPES[name]
    policy = recipe.product(drawn_state(recipe.learner()))
    assert isinstance(policy, MemoryPolicy)
    world = recipe.solved().world
    observation = jax.jit(lambda key: world.reset(key)[1])(jax.random.key(2))
    _, action = policy(jax.random.key(3), policy.begin(), observation)
    assert 0 <= int(action) < world.n_actions


def test_every_world_has_the_episodes_that_are_asked_for():
    for name in typing.get_args(Name):
        assert solved_world(name, 7).world.time_limit == 7


def test_the_annealing_lasts_as_long_as_the_growth():
    """The learner of a recipe anneals over its own rounds times steps."""
    training = Bandit(rounds=3, steps=4).learner()
    updates = jax.jit(lambda key: training.init(key, {}).updates)  # and nothing of the network
    assert int(updates(jax.random.key(0))) == 0
    with pytest.raises(ConfigError):
        Bandit(rounds=0)


@pytest.fixture(scope="module")
def untrained():
    """The product of a member that has learned nothing, and the recipe: small, and quick to
    play.
    """

    def make(recipe):
        return recipe, recipe.product(drawn_state(recipe.learner(), scale=1e-3))

    return make


def test_a_portrait_holds_a_policy_against_the_exact_ones(untrained):
    recipe, product = untrained(Bandit(world="two-arms", horizon=6))
    rewards, matching = recipe.portrait(product)
    limits = recipe.solved().limits()
    totals = {name: values.sum() for name, values in rewards.data.items()}
    assert totals["optimal"] == pytest.approx(limits["optimal"])
    assert totals["Thompson"] == pytest.approx(limits["thompson"])
    assert totals["network"] == pytest.approx(limits["random"], abs=0.15)  # it has learnt nothing
    assert totals["network"] < totals["optimal"]
    assert f"of {limits['optimal']:.3f} at best" in rewards.caption
    points = matching.data["network"]
    assert set(points[:, 2]) == {0, 1, 3, 5}
    assert points[0, 0] == pytest.approx(0.5)  # at first the arms are alike
    assert 0.3 < points[:, 1].mean() < 0.7
    for figure in (rewards, matching):
        assert figure.draw(figure).data


def test_the_portrait_of_a_world_without_a_machine(untrained):
    recipe, product = untrained(Bandit(world="gaussian", horizon=5))
    (rewards,) = recipe.portrait(product)
    assert list(rewards.data) == ["oracle", "network"]
    assert abs(rewards.data["network"].sum()) < 0.3  # arms of mean 0, pulled at random
    assert rewards.data["oracle"].sum() == pytest.approx(recipe.solved().limits()["oracle"])
