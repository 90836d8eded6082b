"""Characters that nobody wrote, and the fixed view of pictures."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.classes.characters import STROKES, characters, draw_character
from ontogeny.worlds.classes.few_shot import split_at_random, turned
from ontogeny.worlds.classes.random_features import RandomFeatures, viewed


@pytest.fixture(scope="module")
def pictures():
    return characters(n_classes=12, n_images=6)


def test_a_seed_gives_the_same_pictures_and_another_seed_others(pictures):
    assert pictures.shape == (12, 6, 20, 20)
    np.testing.assert_array_equal(pictures, characters(n_classes=12, n_images=6))
    assert not np.allclose(pictures, characters(1, n_classes=12, n_images=6))


def test_every_picture_has_ink_on_ground_and_none_twice(pictures):
    flat = pictures.reshape(-1, 400)
    assert flat.min() >= 0
    assert flat.max() <= 1
    assert (flat.max(axis=1) > 0.5).all()
    assert (np.median(flat, axis=1) < 0.1).mean() > 0.9  # mostly ground
    assert len(np.unique(flat, axis=0)) == len(flat)


def test_pictures_of_a_class_are_nearer_than_those_of_others(pictures):
    flat = pictures.reshape(12, 6, 400)
    apart = np.linalg.norm(flat[:, None, :, None] - flat[None, :, None], axis=-1)
    same = apart[np.arange(12), np.arange(12)].sum(axis=(1, 2)) / 30  # without themselves
    other = apart.mean(axis=(2, 3))[~np.eye(12, dtype=bool)].mean()
    assert same.mean() < 0.85 * other


def test_a_class_has_two_to_four_strokes_each_as_often():
    used = jax.jit(jax.vmap(lambda k: draw_character(k)[1]))(
        jax.random.split(jax.random.key(0), 600)
    )
    share = np.bincount(np.asarray(used.sum(axis=1)), minlength=STROKES[1] + 1)[2:] / 600
    np.testing.assert_allclose(share, 1 / 3, atol=0.08)


def test_features_are_of_length_one_and_blind_to_brightness_and_contrast(pictures):
    view = RandomFeatures(20, 20, 64)
    seen = view(pictures)
    assert seen.shape == (12, 6, 64)
    np.testing.assert_allclose(jnp.linalg.norm(seen, axis=-1), 1, rtol=1e-5)
    assert (seen >= 0).all()
    np.testing.assert_allclose(view(40 * pictures + 7), seen, atol=1e-4)


def test_a_view_replaces_pictures_class_by_class(pictures):
    data = split_at_random("c", {str(c): pictures[c] for c in range(12)}, (6, 3, 3))
    view = RandomFeatures(20, 20, 8)
    seen = viewed(data, view)
    assert seen.test.items.shape == (18, 8)
    np.testing.assert_allclose(seen.test.items, view(data.test.items))
    np.testing.assert_array_equal(seen.test.first, data.test.first)
    with pytest.raises(DataError, match="turned"):
        viewed(dataclasses.replace(data, train=turned(data.train)), view)


def test_what_can_not_be_is_refused(pictures):
    with pytest.raises(ConfigError, match="n_images is 0"):
        characters(n_images=0)
    with pytest.raises(ConfigError, match="0 features"):
        RandomFeatures(20, 20, 0)
    with pytest.raises(DataError, match="20 x 20"):
        RandomFeatures(28, 28, 8)(pictures)
    with pytest.raises(DataError, match="one colour"):
        RandomFeatures(20, 20, 8)(np.ones((1, 20, 20)))
