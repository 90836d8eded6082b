"""The rules of the claims about what generates under PBT."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.claims.pbt import gan as pbt_gan
from ontogeny.claims.pbt import translation as pbt_translation
from ontogeny.recipes.digits_gan import DigitsGan
from ontogeny.recipes.translation import Translation

RNG = np.random.default_rng(0)


def found(best: float, **asked: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Return what a comparison of 3 seeds, 8 rounds, 4 members finds, PBT better by `best`."""
    shape = (3, 8, 4)
    score = RNG.uniform(5, 6, shape)
    parent = np.broadcast_to(np.arange(4), shape)
    arms = {"random search": score, "PBT": score + best}
    return {name: {"score": s, "parent": parent, **asked} for name, s in arms.items()}


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
