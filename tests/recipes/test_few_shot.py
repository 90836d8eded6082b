"""Recipes of few-shot classifiers, at a size that takes seconds."""

from __future__ import annotations

import numpy as np
import pytest

from drawn import drawn_state
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig
from ontogeny.learners.few_shot.prototypes import PrototypesConfig
from ontogeny.recipes import recipe_class
from ontogeny.recipes.few_shot import LEO, MAML, ProtoNet
from ontogeny.recipes.portraits import few_shot as episodes

SMALL = MetaConfig(ways=3, queries=2, tasks=2, test_queries=2, test_episodes=4)

TINY = LEOConfig(n_codes=4, n_latents=3, latent_steps=1, weight_steps=1)


pytestmark = pytest.mark.usefixtures("few_pictures")


def test_a_classifier_shows_an_episode_in_its_portrait(monkeypatch):
    monkeypatch.setattr(episodes, "TESTED", 40)
    recipe = ProtoNet(meta=SMALL, prototypes=PrototypesConfig(widths=(8,)))
    product = recipe.product(drawn_state(recipe.learner()))
    features = product.view(np.random.default_rng(0).random((3, 2, 20, 20)))
    assert product.adapt(features[:, :1])(features[:, 1:]).shape == (3, 1, 3)
    (figure,) = recipe.portrait(product)
    assert "a frame marks what it told wrong" in figure.caption
    assert figure.data["query"].shape[:2] == figure.data["told"].shape == (3, 2)
    wrong = np.sum(figure.data["told"] != np.arange(3)[:, None])
    drawn = figure.draw(figure)
    assert len(drawn.layout.shapes) == 1 + wrong  # the line, and the frames


def test_leo_tunes_the_weights_of_its_objective():
    recipe = LEO(meta=SMALL, leo=TINY)
    assert recipe_class("leo") is LEO
    assert recipe.space().dimensions.keys() == {
        "learning_rate",
        "dropout",
        "kl_weight",
        "orthogonality_penalty",
    }
    assert recipe.product(drawn_state(recipe.learner())).config == TINY
    assert LEO.from_json(recipe.to_json()) == recipe
    with pytest.raises(ConfigError, match="published hyperparameters of characters"):
        LEO(published="paper")


def test_a_recipe_takes_the_published_hyperparameters_of_its_data(look_alike):
    recipe = LEO(data="published", path=str(look_alike), published="code", meta=SMALL)
    assert recipe.config().kl_weight == 0.756143
    assert recipe.space().dimensions == {}
    assert recipe.product(drawn_state(recipe.learner())).view is None


def test_without_the_published_files_it_says_which_are_needed(tmp_path):
    with pytest.raises(DataError, match="none of the published embeddings"):
        LEO(data="published", path=str(tmp_path), published="paper")


def test_maml_is_a_recipe_beside_them():
    recipe = MAML(meta=SMALL, maml=MAMLClassifierConfig(widths=(4,), steps=1))
    assert recipe_class("maml") is MAML
    assert MAML.from_json(recipe.to_json()) == recipe
    assert recipe.config().widths == (4,)
