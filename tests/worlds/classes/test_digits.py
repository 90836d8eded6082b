"""The digits are real, and parted so that nothing held out is learned from."""

import numpy as np
import pytest

from ontogeny.core.errors import MissingExtra
from ontogeny.worlds.classes.digits import CLASSES, HELD_OUT, digit_images


def test_the_parts_are_the_whole_and_share_nothing():
    train, test = digit_images()
    assert train.pixels.shape == (1200, 8, 8)
    assert test.pixels.shape == (HELD_OUT, 8, 8)
    assert train.pixels.dtype == np.float32
    assert (train.pixels.min(), train.pixels.max()) == (0, 1)
    assert set(train.label) == set(test.label) == set(range(CLASSES))
    learned = {image.tobytes() for image in train.pixels}
    assert not learned & {image.tobytes() for image in test.pixels}


def test_where_they_are_not_is_said(monkeypatch):
    monkeypatch.setattr("ontogeny.worlds.classes.digits.FILE", ("elsewhere", "digits.csv.gz"))
    with pytest.raises(MissingExtra, match=r"has no elsewhere/digits\.csv\.gz"):
        digit_images.__wrapped__()


def test_they_are_the_same_every_time():
    first = digit_images()
    digit_images.cache_clear()
    assert np.array_equal(first.test.pixels, digit_images().test.pixels)
    # a zero has a hole in the middle, and a one has not
    mean = [first.train.pixels[first.train.label == digit].mean(axis=0) for digit in (0, 1)]
    assert mean[0][3:5, 3:5].mean() < 0.2 < 0.6 < mean[1][3:5, 3:5].mean()
