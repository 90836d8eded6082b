"""Hand-written digits, 8 x 8: ten classes of about 180, which scikit-learn ships. Classes to tell
apart from a few of each, or 1,797 images of which a part is held out.

Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import MissingExtra
from ontogeny.worlds.classes.few_shot import Splits, split_at_random

SIDE = 8  # pixels
CLASSES = 10
HELD_OUT = 597  # images that nothing learns from
BRIGHTEST = 16


class Images(NamedTuple):
    """Images, 0 the ground and 1 the ink, and what each shows."""

    pixels: Float[np.ndarray, "batch height width"]
    label: Int[np.ndarray, " batch"]


class DigitImages(NamedTuple):
    """What may be learned from, and what was held out."""

    train: Images
    test: Images


def digits(sizes: tuple[int, int, int] = (4, 3, 3), seed: int = 0) -> Splits:
    """Return the ten digits, ink 255 on ground 0, split at random into `sizes`: few classes, so at
    most 3 ways by default. Raises `MissingExtra` without scikit-learn, `ConfigError` for more than
    ten classes.
    """
    images, label = _shipped()
    pictures = np.rint(images * (255 / BRIGHTEST)).astype(np.uint8)
    classes = {str(d): pictures[label == d] for d in range(CLASSES)}
    return split_at_random("digits", classes, sizes, seed)


@functools.cache
def digit_images() -> DigitImages:
    """Return the images, parted the same way every time: 1,200 to learn from, 597 held out.

    Raises `MissingExtra` without scikit-learn.
    """
    images, label = _shipped()
    order = np.random.default_rng(0).permutation(len(label))
    pixels = (images / BRIGHTEST).astype(np.float32)[order]
    label = label.astype(np.int32)[order]
    cut = len(label) - HELD_OUT
    return DigitImages(Images(pixels[:cut], label[:cut]), Images(pixels[cut:], label[cut:]))


def _shipped() -> tuple[np.ndarray, np.ndarray]:
    """Return the images, from 0 to BRIGHTEST, and what each shows."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtra(
            "scikit-learn ships the digits, and is not installed",
            where="digits",
            hint="pip install 'ontogeny[digits]'",
        ) from error
    found: Any = load_digits()
    return np.asarray(found.images), np.asarray(found.target)
