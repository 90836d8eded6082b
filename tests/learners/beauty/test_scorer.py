"""Heads learn a line through features by each loss, on what is not held; and what is refused."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.lessons import lessons_of
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.scorer import scorer
from ontogeny.learners.beauty.training import train_heads
from ontogeny.testing import check_learner
from tiny_ratings import tiny_rated

SPACE = Space({"learning_rate": Log(1e-3, 1e-1), "pooling": Linear(0.0, 1.0)})
QUICK = {"learning_rate": 0.1, "weight_decay": 0.01, "dropout": 0.1, "pooling": 0.5}
KINDS = {"bins": "shares", "regression": "means", "pairs": "pairs"}


def test_it_keeps_the_contract_of_learners():
    check_learner(scorer(ScorerConfig(heads=2, batch=4), tiny_rated("pairs")), SPACE, steps=1)


@pytest.mark.parametrize("loss", KINDS)
def test_a_line_is_learned_by_each_loss(loss):
    hidden = (8,) if loss == "bins" else ()
    config = ScorerConfig(loss=loss, hidden=hidden, heads=2, batch=32, updates=150)
    lessons = lessons_of(config, tiny_rated(KINDS[loss], 120))
    assert train_heads(config, lessons, 5, QUICK)[1] > 0.9


def test_means_alone_give_pairs_and_shares():
    rated = tiny_rated("means", 120)
    lessons = lessons_of(ScorerConfig(), rated)
    assert lessons.pairs.shape == (0, 2)  # any two are drawn, and their means compared
    means = rated.ratings.means[lessons.held][lessons.held_pairs]
    assert (means[:, 0] > means[:, 1]).all()
    shares, grades = rated.shares(5)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(shares @ grades, rated.ratings.means, rtol=1e-9)


def test_nothing_is_learned_from_what_is_held_and_groups_stay_whole():
    config, rated = ScorerConfig(loss="regression"), tiny_rated()
    parts = rated.parted(0.25, seed=3)
    assert len(parts.held) == 12
    assert not set(rated.groups[parts.held]) & set(rated.groups[parts.train])
    means, features = rated.ratings.means.copy(), rated.features.copy()
    means[parts.held], features[parts.held] = means[parts.held] - 9, 7.0
    other = Rated(dataclasses.replace(rated.ratings, means=means), features, rated.groups)
    first, second = (lessons_of(config, one, parts) for one in (rated, other))
    rows = first.rows
    np.testing.assert_array_equal(first.features[rows], second.features[rows])
    np.testing.assert_array_equal(first.target[rows], second.target[rows])
    assert set(np.asarray(rows)) == set(parts.train)


def test_pooling_and_bootstraps_do_what_they_say():
    learner = scorer(ScorerConfig(heads=3), tiny_rated())
    hypers = {"learning_rate": jnp.float32(0.1), "pooling": jnp.float32(0.0)}
    state = jax.jit(learner.init)(jax.random.key(0), hypers)
    weights = np.asarray(state.weights)
    assert (weights.sum(axis=1) == weights.shape[1]).all()  # as many draws as groups
    assert (weights[0] != weights[1]).any()
    alone = scorer(ScorerConfig(heads=1), tiny_rated())
    whole = jax.jit(lambda key: alone.init(key, hypers).weights)(jax.random.key(0))
    assert (np.asarray(whole) == 1).all()  # one head learns from all
    moved, _ = jax.jit(learner.step)(jax.random.key(1), state, hypers)
    change = np.abs(np.asarray(moved.layers[0].weight - state.layers[0].weight)).max(axis=(0, 2))
    assert (change[:4] > 0).all()
    assert (change[4:] < 1e-6).all()  # spreads are not looked at


def refused():
    one = tiny_rated()
    same = dataclasses.replace(one.ratings, means=np.full(len(one.ratings), 3.0))
    few = one.ratings.at(range(6))
    broken = one.features.copy()
    broken[3, 1] = np.nan
    return {
        "all the same": (lambda: Rated(same, one.features, one.groups), "rated the same"),
        "too few": (lambda: Rated(few, one.features[:6], one.groups[:6]), "too few"),
        "not finite": (lambda: Rated(one.ratings, broken, one.groups), "not finite"),
        "odd features": (lambda: Rated(one.ratings, one.features[:, :5], one.groups), "means as"),
        "other length": (lambda: Rated(one.ratings, one.features[1:], one.groups), "a row and a"),
        "all tied where held": (lambda: _held_tied(one), "none is rated above another"),
    }


def _held_tied(one: Rated) -> Rated:
    means = one.ratings.means.copy()
    means[one.parted(0.2).held] = 2.0
    return Rated(dataclasses.replace(one.ratings, means=means), one.features, one.groups)


def test_what_nothing_can_be_learned_from_is_refused():
    config = ScorerConfig(loss="regression")
    for make, said in refused().values():
        with pytest.raises(DataError, match=said):
            scorer(config, make())
    pairs = tiny_rated("pairs")
    with pytest.raises(DataError, match="no means"):
        scorer(ScorerConfig(loss="bins"), pairs)
    names = pairs.ratings.photos
    one_pair = Ratings(
        names,
        pairs.ratings.means,
        pairs.ratings.weights,
        pairs=np.array([[0, 9]]),
        pair_weights=np.ones(1),
    )
    with pytest.raises(DataError, match="too few"):
        scorer(ScorerConfig(), Rated(one_pair, pairs.features, pairs.groups))


@pytest.mark.parametrize("wrong", [{"held": 1.0}, {"hidden": (0,)}, {"heads": 0}, {"bins": 1}])
def test_settings_are_checked(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ScorerConfig(**wrong)
