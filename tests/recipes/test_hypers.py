"""A misspelt hyper tunes nothing, so every recipe's learner refuses what it does not read."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import STRATEGY_HYPERS, check_shapes
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.recipes import RECIPES, recipe_class

# Their hypers are genes, and a strategy may add its own: what a life reads can't be left out.
GENES = {"goal-direction", "half-cheetah", "sinusoid-life"}
# They need data, a trained judge, a teacher or brax; their learners are tried with less.
HEAVY = {
    "digits-gan",
    "translation",
    "locomotion",
    "distillation",
    "kickstart",
    "photo-quality",
    "photo-ratings",
    "script",  # which reads what the space has
    "text",
    "text-student",
    "video-features",
    "video-keypoints",
    "video-motion",
}
META = MetaConfig(queries=2, test_queries=2)  # of recipes that draw pictures
ENERGY = EBMMConfig(
    *("gated", 4, 1, 2), write_steps=1, read_steps=1, gradient_weight=0, prior_weight=0
)
FEW = {
    **{name: {"meta": META} for name in ("leo", "maml", "protonet")},
    **{f"ebmm-{name}": {"ebmm": ENERGY} for name in ("bits", "characters", "patches")},
}


NAMES = sorted(RECIPES.keys() - GENES - HEAVY)
# What recipes have in common that make their learner by one function is looked at in one of them.
FIRST = {recipe_class(name).learner: name for name in reversed(NAMES)}
NUMBER = jax.ShapeDtypeStruct((), jnp.float32)

pytestmark = pytest.mark.usefixtures("few_pictures")


@cache
def made(name):
    """Return the learner of a recipe, and the shapes of its space's hypers."""
    recipe = recipe_class(name)(**FEW.get(name, {}))
    space = recipe.space()
    return recipe.learner(), jax.eval_shape(lambda: space.sample(jax.random.key(0)))


@pytest.mark.parametrize("name", sorted(FIRST.values()))
def test_what_its_space_has_and_strategies_add_is_no_mistake(name):
    learner, hypers = made(name)
    check_shapes(learner, hypers | dict.fromkeys(STRATEGY_HYPERS, NUMBER))


@pytest.mark.parametrize("name", NAMES)
def test_a_hyper_that_a_recipes_learner_does_not_read_is_refused(name):
    learner, hypers = made(name)
    misspelt = f"{next(iter(hypers))}x"
    with pytest.raises(ConfigError, match=rf"'{misspelt}'.*\n.*did you mean") as caught:
        check_shapes(learner, hypers | {misspelt: NUMBER})
    assert caught.value.where == "space"
