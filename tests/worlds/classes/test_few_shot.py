"""Episodes: every class and item once, ragged classes, exact probabilities, and bad data."""

from __future__ import annotations

from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.classes.few_shot import (
    along_episodes,
    check_episodes,
    draw_distinct,
    draw_episode,
    gather,
    mean_interval,
    remaining,
    split_at_random,
    split_by,
    turned,
)

COUNTS = (5, 3, 9, 4)


def numbered(counts=COUNTS):
    """Return classes whose items say who they are: (class, place in the class)."""
    return {
        f"class-{c}": np.stack([np.full(n, c), np.arange(n)], 1).astype(np.float32)
        for c, n in enumerate(counts)
    }


@pytest.fixture(scope="module")
def episodes():
    classes = gather(numbered())
    keys = jax.random.split(jax.random.key(0), 4000)
    return jax.jit(jax.vmap(lambda k: draw_episode(k, classes, 2, 1, 2)))(keys)


def test_an_episode_holds_different_classes_and_different_items_of_each(episodes):
    items = np.concatenate([episodes.support, episodes.query], axis=2)
    assert items.shape == (4000, 2, 3, 2)
    of_class, place = items[..., 0], items[..., 1]
    assert (of_class == of_class[:, :, :1]).all()
    assert (of_class[:, 0, 0] != of_class[:, 1, 0]).all()
    assert (place < np.array(COUNTS)[of_class.astype(int)]).all()
    assert all(len(set(row)) == 3 for row in place.reshape(-1, 3).tolist())


def test_every_class_and_every_item_is_as_likely_in_every_place(episodes):
    items = np.concatenate([episodes.support, episodes.query], axis=2)
    for way in range(2):
        share = np.bincount(items[:, way, 0, 0].astype(int), minlength=4) / 4000
        np.testing.assert_allclose(share, 1 / 4, atol=4 * np.sqrt(3 / 16 / 4000))
    largest = items[items[:, :, 0, 0] == 2]  # the class of nine
    for place in range(3):
        share = np.bincount(largest[:, place, 1].astype(int), minlength=9) / len(largest)
        np.testing.assert_allclose(share, 1 / 9, atol=4 * np.sqrt(8 / 81 / len(largest)))


def test_every_ordered_draw_is_as_likely():
    keys = jax.random.split(jax.random.key(1), 6000)
    drawn = jax.jit(jax.vmap(lambda k: draw_distinct(k, jnp.int32(4), 3)))(keys)
    seen = {p: 0 for p in permutations(range(4), 3)}
    for row in np.asarray(drawn).tolist():
        seen[tuple(row)] += 1
    n, p = 6000, 1 / 24
    assert max(abs(c - n * p) for c in seen.values()) < 4 * np.sqrt(n * p * (1 - p))


def test_all_items_of_a_class_can_be_drawn():
    drawn = jax.jit(lambda key: draw_distinct(key, jnp.int32(7), 7))(jax.random.key(2))
    assert sorted(drawn.tolist()) == list(range(7))


def test_the_same_key_draws_the_same_episode():
    classes = gather(numbered())
    draw = jax.jit(lambda key: draw_episode(key, classes, 3, 1, 1))
    one, two = (draw(jax.random.key(3)) for _ in range(2))
    np.testing.assert_array_equal(one.support, two.support)


def test_a_turned_class_is_a_class_of_its_own_and_shares_the_items():
    pictures = {"a": np.arange(4, dtype=np.uint8).reshape(1, 2, 2).repeat(2, axis=0)}
    four = turned(gather(pictures))
    assert four.items.shape == (2, 2, 2)
    assert four.first.tolist() == [0, 0, 0, 0]
    episode = jax.jit(lambda key: draw_episode(key, four, 4, 1, 1))(jax.random.key(0))
    seen = {tuple(p.ravel().tolist()) for p in np.asarray(episode.support[:, 0])}
    assert seen == {tuple(np.rot90(pictures["a"][0], k).ravel().tolist()) for k in range(4)}
    np.testing.assert_array_equal(episode.support, episode.query)
    with pytest.raises(ConfigError, match="not square"):
        turned(gather(numbered()))


def test_what_cannot_be_drawn_is_refused():
    classes = gather(numbered())
    with pytest.raises(ConfigError, match="5 ways are asked for and there are 4 classes"):
        draw_episode(jax.random.key(0), classes, 5, 1, 1)
    with pytest.raises(ConfigError, match="the smallest class has 3"):
        draw_episode(jax.random.key(0), classes, 2, 2, 2)
    with pytest.raises(ConfigError, match="shots is 0"):
        check_episodes(classes, 2, 0, 1)
    with pytest.raises(ConfigError, match="the smallest class has 3"):
        remaining(classes, 3)
    assert remaining(classes, 1) == 2


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ({}, "no classes"),
        ({"a": np.zeros((0, 2))}, "'a' has no items"),
        ({"a": np.zeros((2, 2)), "b": np.zeros((2, 3))}, r"'b' are float64\[3\], and .* 'a'"),
        ({"a": np.zeros((2, 2)), "b": np.zeros((2, 2), np.uint8)}, r"uint8\[2\]"),
        ({"a": np.array([[0.0], [np.nan]])}, "item 1 of class 'a' is not finite"),
    ],
)
def test_bad_data_is_refused_with_its_place(groups, says):
    with pytest.raises(DataError, match=says):
        gather(groups, "here")


def test_splits_share_no_class():
    splits = split_at_random("numbers", numbered(range(3, 13)), (5, 2, 3), seed=4)
    names = [name for part in splits.names.values() for name in part]
    assert len(names) == len(set(names)) == 10
    assert [len(splits.names[part]) for part in ("train", "validation", "test")] == [5, 2, 3]
    own = np.asarray(splits.test.items)[np.asarray(splits.test.first), 0]
    assert [f"class-{int(c)}" for c in own] == list(splits.names["test"])
    with pytest.raises(ConfigError, match="10 classes can't be split"):
        split_at_random("numbers", numbered(range(3, 13)), (9, 1, 1))
    with pytest.raises(DataError, match="'class-1' of the part test is in train too"):
        split_by("numbers", numbered(), ["class-0", "class-1"], ["class-2"], ["class-1"])
    with pytest.raises(DataError, match="'x' of the part train does not exist"):
        split_by("numbers", numbered(), ["x"], ["class-2"], ["class-1"])


def test_accuracies_over_episodes_and_their_interval():
    """A guesser by the class's own number is right exactly when way and class agree."""
    classes = gather(numbered((4, 4)))

    def accuracy(key, episode):
        return jnp.mean(episode.query[:, :, 0] == jnp.arange(2)[:, None])

    along = jax.jit(lambda key: along_episodes(accuracy, key, classes, 2, 1, 3, 130, 50))
    got = np.asarray(along(jax.random.key(5)))
    assert got.shape == (130,)
    assert set(got.tolist()) == {0.0, 1.0}
    said = mean_interval(got)
    half = 1.96 * got.std(ddof=1) / np.sqrt(130)
    np.testing.assert_allclose(said, (got.mean(), got.mean() - half, got.mean() + half), rtol=1e-6)
    assert said.low < 0.5 < said.high
