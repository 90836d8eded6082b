"""Hand-written digits, 8 x 8: ten classes of about 180, which scikit-learn ships. Classes to tell
apart from a few of each, or 1,797 images of which a part is held out. They are read from the
installed package, which takes long to import and need not be.

Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI).
"""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import MissingExtra
from ontogeny.worlds.classes.few_shot import Splits, split_at_random

FILE = ("datasets", "data", "digits.csv.gz")
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
    """Return the images, from 0 to BRIGHTEST, and what each shows: a row of the file has the pixels
    and then the label.
    """
    spec = find_spec("sklearn")
    roots = [] if spec is None else spec.submodule_search_locations or []
    for root in roots:
        if (file := Path(root, *FILE)).is_file():
            rows = np.loadtxt(file, delimiter=",")
            return rows[:, :-1].reshape(-1, SIDE, SIDE), rows[:, -1]
    said = f"this version has no {'/'.join(FILE)}" if roots else "is not installed"
    raise MissingExtra(
        f"scikit-learn ships the digits, and {said}",
        where="digits",
        hint="pip install -c constraints.txt 'ontogeny[digits]'",
    )
