"""Hand-written digits, 8 x 8: ten classes of about 180, which scikit-learn ships.

Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ontogeny.core.errors import MissingExtra
from ontogeny.worlds.few_shot import Splits, split_at_random


def digits(sizes: tuple[int, int, int] = (4, 3, 3), seed: int = 0) -> Splits:
    """Return the ten digits, ink 255 on ground 0, split at random into `sizes`: few classes, so at
    most 3 ways by default. Raises `MissingExtra` without scikit-learn, `ConfigError` for more than
    ten classes.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingExtra(
            "scikit-learn ships the digits, and is not installed",
            where="digits",
            hint="pip install 'ontogeny[digits]'",
        ) from error
    found: Any = load_digits()
    pictures = np.rint(np.asarray(found.images) * (255 / 16)).astype(np.uint8)
    names = np.asarray(found.target)
    return split_at_random("digits", {str(d): pictures[names == d] for d in range(10)}, sizes, seed)
