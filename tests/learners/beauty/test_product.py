"""What a grown scorer says: scores, where they stand, how sure they are."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty import product as of_product
from ontogeny.learners.beauty.calibration import calibrate
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.lessons import lessons_of
from ontogeny.learners.beauty.product import load_scorer, scorer_of
from ontogeny.learners.beauty.training import train_heads
from tiny_ratings import FEATURES, line_of, tiny_rated

CONFIG = ScorerConfig(loss="regression", heads=2, batch=32, updates=150)
HYPERS = {"learning_rate": 0.1, "weight_decay": 0.01, "dropout": 0.1, "pooling": 0.5}


@pytest.fixture(scope="module")
def grown():
    rated = tiny_rated("means", 120)
    state, score = train_heads(CONFIG, lessons_of(CONFIG, rated), 5, HYPERS)
    return scorer_of(state, CONFIG, rated, "a line"), rated, score


def test_scores_are_ratings_and_their_order_is_the_one_that_was_scored(grown):
    scorer, rated, score = grown
    said = scorer.of_features(rated.features)
    held = rated.parted(CONFIG.held).held
    pairs = rated.judged(held)
    assert abs(np.mean(said.score[pairs[:, 0]] > said.score[pairs[:, 1]]) - score) < 1e-6
    assert np.abs(said.score - rated.ratings.means).mean() < 0.6  # on the ratings' own scale
    assert (said.spread > 0).all()
    assert ((said.percentile >= 0) & (said.percentile <= 100)).all()
    order = np.argsort(said.score)
    assert (np.diff(said.rating[order]) >= 0).all()


def test_many_are_scored_as_few_are_and_others_calibrate(grown, monkeypatch):
    scorer, rated, _ = grown
    whole = scorer.raw(rated.features)[0]
    monkeypatch.setattr(of_product, "CALL", 50)
    np.testing.assert_allclose(scorer.raw(rated.features)[0], whole, rtol=1e-5)
    other = np.random.default_rng(9).normal(size=(40, FEATURES)).astype(np.float32)
    again = scorer.calibrated(other, line_of(other))
    places = again.of_features(other).percentile
    assert abs(places.mean() - 50) < 1


def test_what_does_not_fit_is_refused(grown, tmp_path):
    scorer = grown[0]
    with pytest.raises(DataError, match="give \\[photo, 8\\]"):
        scorer.of_features(np.zeros((2, 3), np.float32))
    scorer.save(tmp_path / "it")
    with pytest.raises(ConfigError, match="were grown on given features"):
        load_scorer(tmp_path / "it")(np.zeros((1, 224, 224, 3), np.uint8))


def test_percentiles_and_ratings_of_scores():
    told = calibrate(np.arange(100.0), np.where(np.arange(100) < 50, 1.0, 3.0))
    np.testing.assert_allclose(told.percentile(np.array([-5.0, 49.5, 200.0])), [0.5, 50, 99.5])
    np.testing.assert_allclose(told.rating(np.array([0.0, 24.5, 74.5, 99.0])), [1, 1, 3, 3])
    tied = calibrate(np.array([1.0, 1.0, 1.0, 2.0]))
    np.testing.assert_allclose(tied.percentile(np.array([1.0, 2.0])), [37.5, 87.5])
    assert np.isnan(tied.rating(np.array([1.0]))).all()
    rising = calibrate(np.arange(5.0), np.array([1.0, 3.0, 2.0, 4.0, 4.0]))
    assert (np.diff(rising.rating(np.linspace(0, 4, 9))) >= 0).all()
    for bad in (np.arange(2.0), np.array([1.0, np.nan, 2.0])):
        with pytest.raises(DataError, match="reference scores"):
            calibrate(bad)
