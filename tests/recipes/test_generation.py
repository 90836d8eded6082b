"""Recipes of what generates: each builds and gives a product and a portrait."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn_state
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.pbt import PBT
from ontogeny.learners.generation.config import GANConfig, TranslatorConfig
from ontogeny.recipes.digits_gan import DigitsGan, judge
from ontogeny.recipes.portraits import generation
from ontogeny.recipes.translation import Translation
from ontogeny.views.figure import Figure
from ontogeny.worlds.classes.digits import digit_images

NETWORKS = GANConfig(latent=2, hidden=(8,), batch=4, judged=16, critic_updates=1)


TRANSFORMER = TranslatorConfig(width=8, wide=8, heads=1)


def test_a_generator_has_its_sheet():
    recipe = DigitsGan(training=NETWORKS)
    assert set(recipe.space().dimensions) == {"generator_rate", "critic_rate"}
    product = recipe.product(drawn_state(recipe.learner()))
    assert product(count=5).shape == (5, 8, 8)
    (figure,) = recipe.portrait(product)
    assert "images that the winner makes" in figure.caption
    assert figure.data["made"].shape[1:] == figure.data["real"].shape[1:] == (8, 8)
    assert len(figure.draw(figure).data) == 2


def test_the_generators_are_moved_as_in_the_paper():
    settings = DigitsGan().strategy
    assert isinstance(settings, PBT)
    assert (settings.selection, settings.factors) == ("truncation", (0.5, 2.0))
    assert DigitsGan().training.critic_updates == 5


def test_the_judge_that_chooses_is_not_the_one_that_is_asked():
    test = digit_images().test
    pixels, label = jnp.asarray(test.pixels), jnp.asarray(test.label)
    right = [float(judge(kind).accuracy(pixels, label)) for kind in ("dense", "conv")]
    assert min(right) > 0.95
    assert type(judge("dense").parts.whole(judge("dense").arrays).torso).__name__ == "MLP"
    assert type(judge("conv").parts.whole(judge("conv").arrays).torso).__name__ == "ConvTorso"


def test_a_translators_portrait_is_a_table_of_messages_that_were_held_out():
    recipe = Translation(packages=("django",), tokens=200, training=TRANSFORMER)
    (figure,) = recipe.portrait(recipe.product(drawn_state(recipe.learner())))
    text = recipe.corpus().text
    held_out = {pair.source: pair.target for pair in text.test}
    assert 4 < len(figure.labels["message"]) <= 16
    assert [held_out[m] for m in figure.labels["message"]] == list(figure.labels["people"])
    assert not set(figure.labels["message"]) & {pair.source for pair in text.train}
    drawn = figure.draw(figure)
    assert len(drawn.data[0].cells.values) == 3


def test_the_translators_hypers_are_those_of_the_paper():
    space = Translation().space()
    names = {"learning_rate", "attention_dropout", "layer_dropout", "relu_dropout"}
    assert set(space.dimensions) == names
    with pytest.raises(ConfigError, match="heads"):
        Translation(training=TranslatorConfig(width=10, heads=3))


def test_a_sheet_holds_every_image_in_its_place(monkeypatch):
    monkeypatch.setattr(generation, "COLUMNS", 2)
    images = np.zeros((3, 2, 2))
    images[1, 0, 1], images[2, 1, 0] = 0.5, 1.0
    draw = generation.draw_sheets
    (sheet,) = draw(Figure("samples", "", {"made": images}, {}, draw)).data
    pixels = np.asarray(sheet.z)[::-1]
    assert pixels.shape == (8, 8)  # two rows of two, a pixel around each
    assert pixels[1, 4 + 2] == 0.5
    assert pixels[4 + 2, 1] == 1.0
    assert pixels.sum() == 1.5
