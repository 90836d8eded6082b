"""Last blocks of the network that learn along with the heads, on maps of one place."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty.backbone import SEEN, features_version
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.from_files import rated_photos
from ontogeny.learners.beauty.lessons import Standard, lessons_of
from ontogeny.learners.beauty.product import load_scorer, scorer_of
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.scorer import new_heads
from ontogeny.learners.beauty.training import train_heads
from ontogeny.learners.beauty.tuned import Maps
from ontogeny.nn.efficientnet import Block, Tail, tail_of
from ontogeny.nn.filter import Filter
from ontogeny.runtime.photos.judging import Judge
from ontogeny.worlds.photos.backbone import backbone
from tiny_ratings import write_rated
from tiny_scorer import TinyBackbone

PHOTOS, WIDTHS = 80, (8, 16, 8, 32)
CONFIG = ScorerConfig(loss="regression", heads=2, batch=16, updates=60, tuned_blocks=1)
HYPERS = {"learning_rate": 0.1, "tuning_rate": 0.1}


def small_tail(rng: np.random.Generator) -> Tail:
    """Return a block and a head as the network's, of a few channels."""

    def filtered(kernel: int, n_in: int, n_out: int) -> Filter:
        weight = rng.normal(size=(kernel, kernel, n_in, n_out)) * (2 / n_in) ** 0.5
        return Filter(jnp.asarray(weight, jnp.float32), jnp.full(n_out, 0.1, jnp.float32))

    n_in, wide, narrow, out = WIDTHS
    block = Block(filtered(1, n_in, wide), filtered(3, 1, wide), filtered(1, wide, narrow))
    return Tail((block,), filtered(1, narrow, out))


@pytest.fixture(scope="module")
def grown():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(PHOTOS, 1, 1, WIDTHS[0])).astype(np.float16)
    maps = Maps(values, small_tail(rng))
    means = np.abs(values[:, 0, 0, :2].astype(float)).sum(axis=1)
    ratings = Ratings(tuple(map(str, range(PHOTOS))), means, np.ones(PHOTOS))
    rated = Rated(ratings, maps.features(), np.arange(PHOTOS), maps)
    lessons = lessons_of(CONFIG, rated)
    state, score = train_heads(CONFIG, lessons, 5, HYPERS)
    return scorer_of(state, CONFIG, rated, "a sum"), rated, lessons, score


def test_blocks_learn_and_the_scorer_is_of_their_features(grown):
    made, rated, lessons, score = grown
    begun = rated.maps.tail
    moved = jax.tree.map(lambda a, b: float(np.abs(a - b).max()), made.tail, begun)
    assert min(jax.tree.leaves(moved)) > 1e-4  # every filter, though every spread is 0
    own = rated.seen_through(made.tail)
    pairs = rated.judged(rated.parted(CONFIG.held).held)
    said = made.of_features(own.features).score
    assert np.mean(said[pairs[:, 0]] > said[pairs[:, 1]]) == pytest.approx(score, abs=1e-6)
    still, _ = train_heads(CONFIG, lessons, 5, {**HYPERS, "tuning_rate": 0.0})
    assert all(map(np.array_equal, jax.tree.leaves(still.tail), jax.tree.leaves(begun)))
    frozen = scorer_of(still, CONFIG, rated, "a sum").raw(rated.features)[0]
    far, near = (np.square(x - rated.ratings.means)[lessons.rows].mean() for x in (frozen, said))
    assert near < 0.5 * far  # what was learned from is fitted closer


def test_it_is_kept_with_its_blocks_and_refuses_other_networks(grown, tmp_path):
    packaged = tail_of(backbone(), 1)
    tail = jax.tree.map(lambda leaf: np.asarray(leaf) * np.float32(1.02), packaged)
    made = dataclasses.replace(
        grown[0],
        layers=new_heads((SEEN, 1), 2, jax.random.key(0)),
        standard=Standard(np.zeros(SEEN, np.float32), np.ones(SEEN, np.float32)),
        backbone=features_version(tail),
        tail=tail,
    )
    made.save(tmp_path / "it")
    again = load_scorer(tmp_path / "it")
    assert features_version(again.tail) == again.backbone == made.backbone
    judge = Judge(again)
    assert judge.backbone.version == made.backbone != features_version()
    photo = np.full((1, 224, 224, 3), 90, np.uint8)
    seen = judge.backbone(photo)
    assert again(photo).score == pytest.approx(again.of_features(seen).score, abs=1e-5)
    with pytest.raises(ConfigError, match="last 1 tuned to"):
        Judge(again, TinyBackbone())
    for other in (None, packaged):
        with pytest.raises(ConfigError, match="last 1 tuned to"):
            dataclasses.replace(again, tail=other)(photo)


def test_what_the_blocks_are_given_is_kept_beside_the_photographs(tmp_path):
    photos, table = write_rated(tmp_path, 6)
    (photos / "bad.png").unlink()
    first = rated_photos(table, photos, tuned_blocks=1).rated
    told: list[int] = []
    second = rated_photos(table, photos, lambda done, of: told.append(done), tuned_blocks=1).rated
    assert not told  # nothing was computed again
    assert second.maps.values.dtype == np.float16
    np.testing.assert_array_equal(first.maps.values, second.maps.values)
    assert second.maps.values.shape == (7, 7, 7, 192)
    assert second.for_loss("pairs").maps is second.maps


def test_what_can_not_be_tuned_is_refused(grown):
    rated = grown[1]
    with pytest.raises(ConfigError, match="use 0 to 5"):
        ScorerConfig(tuned_blocks=6)
    with pytest.raises(ConfigError, match="tuned_blocks=2"):
        lessons_of(dataclasses.replace(CONFIG, tuned_blocks=2), rated)
    with pytest.raises(DataError, match="maps are of 3"):
        dataclasses.replace(rated, maps=rated.maps.at(np.arange(3)))
