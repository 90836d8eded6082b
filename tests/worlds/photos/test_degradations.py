"""Damage grows with its strength, is the same by the same key, and pairs know the better one."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.photos.degradations import ALL, KINDS, degrade
from ontogeny.worlds.photos.graded_photos import graded

rng = np.random.default_rng(0)
RAMP = np.linspace(60, 180, 48)
PHOTO = np.clip(
    RAMP[:, None, None] + 25 * rng.normal(size=(48, 48, 3)) + [40, 0, -40], 0, 255
).astype(np.uint8)


@pytest.mark.parametrize("kind", ALL)
def test_it_grows_with_its_strength(kind):
    versions = [degrade(kind, strength, PHOTO, 3) for strength in range(4)]
    assert all(v.shape == PHOTO.shape and v.dtype == np.uint8 for v in versions)
    away = [np.abs(v.astype(float) - PHOTO).mean() for v in versions]
    assert away[0] == 0
    assert away[1] > 0.5
    assert np.all(np.diff(away) > 0)
    np.testing.assert_array_equal(degrade(kind, 2, PHOTO, 3), versions[2])


def test_what_each_does_to_plain_pictures():
    flat = np.full((32, 32, 3), 100, np.uint8)
    for kind in ("blur", "motion blur", "pixelation", "contrast loss", "fading"):
        np.testing.assert_allclose(degrade(kind, 3, flat, 0), flat, atol=1)
    assert (degrade("darkening", 3, flat) == 25).all()
    assert (degrade("overexposure", 3, flat) == 255).all()
    noise = degrade("noise", 2, flat, 1).astype(float) - 100
    assert abs(noise.std() - 20) < 1
    specks = (degrade("salt and pepper", 3, flat, 1) != 100).all(axis=2)
    assert abs(specks.mean() - 0.12) < 0.03
    assert np.ptp(degrade("fading", 3, PHOTO).astype(int), axis=2).max() <= 1


def test_what_there_is_not_is_refused():
    with pytest.raises(ConfigError, match="did you mean 'blur'"):
        degrade("blurr", 1, PHOTO)
    with pytest.raises(ConfigError, match="a strength of 4"):
        degrade("blur", 4, PHOTO)


def test_versions_know_their_photograph_and_which_is_better():
    pictures = [("a", PHOTO), ("b", PHOTO[::-1].copy())]
    about, versions = graded(pictures, 2, tuple(KINDS), 0, side=32)
    made = list(versions)
    assert len(made) == len(about) == 2 * 2 * 16
    assert all(v.shape == (32, 32, 3) for v in made)
    pairs = about.pairs()
    assert len(pairs) == 4 * (15 + 5 * 3)
    assert (about.square[pairs[:, 0]] == about.square[pairs[:, 1]]).all()
    assert (about.strength[pairs[:, 0]] < about.strength[pairs[:, 1]]).all()
    assert about.word(0) == "original"
    assert about.photo[about.square == 3].tolist() == [1] * 16
    again = list(graded(pictures, 2, tuple(KINDS), 0, side=32)[1])
    assert all((a == b).all() for a, b in zip(made, again, strict=True))
    other = list(graded(pictures, 2, tuple(KINDS), 1, side=32)[1])
    assert (other[0] == made[0]).all()  # the middle square
    assert (other[16] != made[16]).any()


def test_a_photograph_that_is_too_small_is_refused():
    with pytest.raises(DataError, match="48 x 48, and a square is 64"):
        graded([("a", PHOTO)], 1, side=64)
    with pytest.raises(DataError, match="no photographs"):
        graded([], 1)
