"""The recipe of sinusoids: settings, a start and its portrait."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig
from ontogeny.recipes.portraits import sinusoids as curve_portraits
from ontogeny.recipes.sinusoids import Sinusoid

SMALL = {"maml": MAMLConfig(batch=4, test_batch=8), "network": NetworkConfig((6,)), "shots": 5}


def test_the_method_and_the_curves_are_what_is_asked_for():
    assert sorted(Sinusoid().space().dimensions) == ["inner_rate", "learning_rate"]
    assert sorted(Sinusoid(method="meta-sgd").space().dimensions) == ["learning_rate"]
    assert Sinusoid(method="reptile").config().inner_steps == 8
    assert Sinusoid(rounds=3, steps=5).config().updates == 15
    mixture = Sinusoid(curves="sinusoids-and-lines", noise=0.3)
    assert mixture.source().name == "sinusoids-and-lines"
    with pytest.raises(ConfigError, match="noise"):
        Sinusoid(curves="sinusoids-and-lines")
    with pytest.raises(ConfigError, match="0 queries"):
        Sinusoid(queries=0)


def test_a_start_adapts_with_its_members_own_rate_and_has_its_portrait(monkeypatch):
    monkeypatch.setattr(curve_portraits, "TESTED", 20)
    recipe = Sinusoid(inner_rates=(0.02, 0.05), **SMALL)
    hypers = {"learning_rate": np.float32(1e-3), "inner_rate": np.float32(0.03)}
    adapter = recipe.product(jax.jit(recipe.learner().init)(jax.random.key(0), hypers))
    assert adapter.rate == pytest.approx(0.03)
    assert adapter.adapt(np.ones((5, 1)), np.ones((5, 1)))(np.zeros((3, 1))).shape == (3, 1)
    titles = [figure.draw(figure).layout.title.text for figure in recipe.portrait(adapter)]
    assert titles == ["Error after each step of adaptation", "What is said of three curves"]
