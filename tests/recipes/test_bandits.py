"""The recipes of agents with memory, and the claims about them."""

from __future__ import annotations

import typing

import jax
import numpy as np
import pytest

from ontogeny.claims.claim import Measuring
from ontogeny.claims.sequential import control as sequential_control
from ontogeny.claims.sequential import thompson as sequential_thompson
from ontogeny.claims.sequential.control import Grown, Study
from ontogeny.claims.sequential.thompson import Fitted, apart, repeats
from ontogeny.claims.trainings import Trained
from ontogeny.core.errors import ConfigError
from ontogeny.learners.sequential.policy import MemoryPolicy
from ontogeny.learners.sequential.visits import Visits
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
    assert recipe.updates_per_step() == {"episodes": 256}


@pytest.mark.parametrize("name", RECIPES)
def test_the_product_is_a_policy_of_the_world(name):
    recipe = RECIPES[name]
    hypers = recipe.space().sample(jax.random.key(0))
    state = recipe.learner().init(jax.random.key(1), hypers)
    policy = recipe.product(state)
    assert isinstance(policy, MemoryPolicy)
    world = recipe.solved().world
    _, observation = world.reset(jax.random.key(2))
    _, action = policy(jax.random.key(3), policy.begin(), observation)
    assert 0 <= int(action) < world.n_actions


def test_every_world_has_the_episodes_that_are_asked_for():
    for name in typing.get_args(Name):
        assert solved_world(name, 7).world.time_limit == 7


def test_the_annealing_lasts_as_long_as_the_growth():
    """The learner of a recipe anneals over its own rounds times steps."""
    training = Bandit(rounds=3, steps=4).learner()
    state = training.init(jax.random.key(0), {})
    assert int(state.updates) == 0
    with pytest.raises(ConfigError):
        Bandit(rounds=0)


def test_apart_and_repeats_by_hand():
    machine = solved_world("two-arms", 2).machine()
    exact = np.array([[0.5, 0.5]] + [[0.7, 0.3]] * (len(machine.statistics) - 1))
    arm_of = machine.statistics[:, 2:].sum(axis=1)  # of the states after one pull
    first = 1 + int(np.argmax(arm_of[1:] == 0))
    second = 1 + int(np.argmax(arm_of[1:] == 1))
    said = np.array([[[0.5, 0.5], [0.9, 0.1]], [[0.3, 0.7], [0.2, 0.8]]])
    found = Visits(np.array([[0, first], [0, second]]), said)
    np.testing.assert_allclose(apart(found, exact), [0.1, 0.35])
    assert repeats(found, machine) == pytest.approx((0.9 + 0.8) / 2)


def fitted(total: float, dp: float, again: float) -> Fitted:
    return Fitted(
        np.full((3, 20), total / 20), np.full((3, 20), dp), np.full(3, again), np.zeros((0, 3)), 1.0
    )


def test_the_rules_of_the_claims_about_imitation():
    limits = {"thompson": 11.9318}
    module = sequential_thompson
    assert module.return_claim(fitted(11.90, 0, 0), limits, 0, "").holds
    assert not module.return_claim(fitted(11.85, 0, 0), limits, 0, "").holds
    assert not module.return_claim(fitted(12.00, 0, 0), limits, 0, "").holds
    assert module.probability_claim(fitted(0, 0.019, 0), 0, "").holds
    assert not module.probability_claim(fitted(0, 0.021, 0), 0, "").holds
    assert module.delusion_claim(fitted(10, 0.3, 0.99), 0, "").holds
    assert not module.delusion_claim(fitted(10, 0.05, 0.99), 0, "").holds
    assert not module.delusion_claim(fitted(10, 0.3, 0.5), 0, "").holds


def grown(total: float) -> Grown:
    limits = {"optimal": 12.99014, "oracle": 13.6, "greedy": 12, "thompson": 12.49, "random": 11}
    trained = Trained(None, np.full((2, 3), total), np.array([5, 10]), np.array([1.0, 2.0]))
    spread = np.linspace(-0.001, 0.001, 3)[:, None] / 20
    return Grown(limits, trained, np.full((3, 20), total / 20) + spread)


def test_the_rules_of_the_claims_about_control():
    module = sequential_control
    study = Study("known-arm", 20, 10, 12.95 / 12.99014)
    assert module.return_claim(study, grown(12.96), Measuring()).holds
    lost = module.return_claim(study, grown(12.94), Measuring("quick"))
    assert not lost.holds
    assert "under-powered" in lost.measured
    assert module.entropy_claim([grown(12.0), grown(12.4)], Measuring()).holds
    assert not module.entropy_claim([grown(12.0), grown(12.6)], Measuring()).holds


def test_the_figures_show_every_policy():
    critics = {"privileged critic": grown(12.9), "plain critic": grown(12.0)}
    study = sequential_control.studies(Measuring())[0]
    figures = [
        sequential_control.learning_portrait(critics),
        sequential_control.known_arm_portrait(study, critics),
        sequential_control.returns_portrait({"known-arm": grown(12.9)}),
    ]
    named = [[trace.name for trace in figure.draw(figure).data if trace.name] for figure in figures]
    assert named[0] == ["privileged critic", "plain critic"]
    assert named[1] == ["oracle", "optimal", "greedy", "Thompson", *critics]
    assert named[2] == ["greedy", "thompson", "optimal", "oracle", "network"]
    optimum = figures[1].data["optimal"]
    assert optimum.sum() == pytest.approx(12.9901, abs=1e-4)


@pytest.fixture(scope="module")
def untrained():
    """The product of a recipe's fresh member, and the recipe: small, and quick to play."""

    def make(recipe):
        state = recipe.learner().init(jax.random.key(1), recipe.space().sample(jax.random.key(0)))
        return recipe, recipe.product(state)

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
