"""Recipes of what generates: each builds and gives a product and a portrait; the rules of their
claims.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.pbt import gan as pbt_gan
from ontogeny.claims.pbt import translation as pbt_translation
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.pbt import PBT
from ontogeny.learners.generation.config import Adversarial, Transformer
from ontogeny.recipes.digits_gan import DigitsGan, judge
from ontogeny.recipes.portraits.generation_figures import sheet_figure
from ontogeny.recipes.translation import Translation
from ontogeny.run import grow
from ontogeny.worlds.digits import digit_images

NETWORKS = Adversarial(latent=2, hidden=(8,), batch=4, judged=16, critic_updates=1)
TRANSFORMER = Transformer(width=8, wide=8, heads=1)
RNG = np.random.default_rng(0)


def found(best: float, **asked: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Return what a comparison of 3 seeds, 8 rounds, 4 members finds, PBT better by `best`."""
    shape = (3, 8, 4)
    score = RNG.uniform(5, 6, shape)
    parent = np.broadcast_to(np.arange(4), shape)
    arms = {"random search": score, "PBT": score + best}
    return {name: {"score": s, "parent": parent, **asked} for name, s in arms.items()}


def test_a_grown_generator_has_its_sheet_in_the_report(tmp_path):
    recipe = DigitsGan(population=2, rounds=2, steps=1, training=NETWORKS)
    run = grow(recipe, folder=tmp_path / "run", progress=False)
    assert run.product()(count=5).shape == (5, 8, 8)
    assert set(run.best.hypers) == {"generator_rate", "critic_rate"}
    assert "images that the winner makes" in run.report().read_text(encoding="utf-8")


def test_the_generators_are_moved_as_in_the_paper():
    evolution = DigitsGan().evolution
    assert isinstance(evolution, PBT)
    assert (evolution.selection, evolution.factors) == ("truncation", (0.5, 2.0))
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
    state = jax.jit(lambda key: recipe.learner().init(key, {}))(jax.random.key(0))
    (figure,) = recipe.portrait(recipe.product(state))
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
        Translation(training=Transformer(width=10, heads=3))


def test_the_rules_of_the_claims_about_generators():
    asked = {"shown": RNG.uniform(7, 8, (3, 4)), "generator_rate": np.full((3, 8, 4), 1e-3)}
    asked["critic_rate"] = asked["generator_rate"]
    asked["made"] = np.arange(12.0).reshape(3, 4, 1, 1, 1) * np.ones((100, 8, 8)) / 12
    better = pbt_gan.claims(found(0.1, **asked), "a setting", 0)
    assert [claim.holds for claim in better] == [True, True, False]  # both showed the same images
    assert [c.holds for c in pbt_gan.claims(found(-0.1, **asked), "", 0)] == [False] * 3
    assert "597 real images" in better[2].measured
    better = found(0.1, **asked)
    scores, rates, sheet = pbt_gan.figures(DigitsGan(population=4, rounds=8), better)
    best = np.argmax(better["PBT"]["score"][0, -1])
    np.testing.assert_array_equal(sheet.data["made"], asked["made"][0, best])
    assert "made" not in scores.data
    assert scores.data["spent"].tolist() == [100 * n for n in range(1, 9)]
    assert rates.data["critic_rate"].shape == (3, 8)
    assert len(rates.draw(rates).data) == 6


def test_the_rules_of_the_claims_about_translators():
    test = {"test": RNG.uniform(20, 30, (3, 4))}
    up_and_down = np.array([-4, -3, -2, -2.1, -2.3, -2.5, -2.6, -2.7])
    rate = 10 ** (up_and_down[None, :, None] + RNG.normal(0, 0.05, (3, 8, 4)))
    dropouts = {name: np.full((3, 8, 4), 0.1) for name in pbt_translation.DROPOUTS}
    hypers = {"learning_rate": rate, **dropouts}
    better = pbt_translation.claims(found(0.1, **test, **hypers), "a setting", 99, 0)
    assert [claim.holds for claim in better] == [True, True, False, True]
    falling = {**hypers, "learning_rate": rate[:, [2, 2, 2, 3, 4, 5, 6, 7]]}
    assert not pbt_translation.claims(found(0.1, **test, **falling), "", 99, 0)[3].holds
    figures = pbt_translation.figures(
        Translation(population=4, rounds=8), found(0.1, **test, **hypers)
    )
    assert len(figures[1].draw(figures[1]).data) == 4 * 3


def test_the_bleu_of_text_is_out_of_a_hundred():
    said = ["Das Haus ist sehr alt .", "Ja"]
    assert pbt_translation.text_bleu(said, said) == pytest.approx(100)
    assert pbt_translation.text_bleu(said, said[::-1]) < 10


def test_a_sheet_holds_every_image_in_its_place():
    images = np.zeros((3, 2, 2))
    images[1, 0, 1], images[2, 1, 0] = 0.5, 1.0
    (sheet,) = sheet_figure({"made": images}, columns=2).data
    pixels = np.asarray(sheet.z)[::-1]
    assert pixels.shape == (8, 8)  # two rows of two, a pixel around each
    assert pixels[1, 4 + 2] == 0.5
    assert pixels[4 + 2, 1] == 1.0
    assert pixels.sum() == 1.5
