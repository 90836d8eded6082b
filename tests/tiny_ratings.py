"""Ratings that a line through a few features gives, and what sees a photograph's colours alone: for
what is not how well a network sees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings

PHOTOS, FEATURES = 48, 8


class Colours:
    """The mean and the spread of every column of the picture, and noughts."""

    version = "columns"

    def __init__(self):
        self.seen = 0

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        self.seen += len(photos)
        x = photos.reshape(len(photos), photos.shape[1], -1) / np.float32(255)
        found = np.zeros((len(photos), 2560), np.float32)
        found[:, : x.shape[2]], found[:, 1280 : 1280 + x.shape[2]] = x.mean(1), x.std(1)
        return found


def line_of(features: np.ndarray) -> np.ndarray:
    """Return ratings from 1 to 5 that go with the first feature and, against it, with the last."""
    value = features[:, 0] - features[:, -1]
    return 3 + 2 * np.tanh(value.astype(float))


def tiny_rated(kind: str = "means", n: int = PHOTOS, seed: int = 0) -> Rated:
    """Return photographs that are rated by means, shares or pairs; two are of one group."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, FEATURES)).astype(np.float32)
    means, names = line_of(features), tuple(f"{number}.jpg" for number in range(n))
    groups = np.arange(n) // 2
    if kind == "means":
        return Rated(Ratings(names, means, np.ones(n)), features, groups)
    if kind == "shares":
        grades = np.arange(1.0, 6.0)
        shares = np.exp(-((means[:, None] - grades) ** 2))
        shares /= shares.sum(axis=1, keepdims=True)
        told = Ratings(names, shares @ grades, np.ones(n), shares, grades)
        return Rated(told, features, groups)
    drawn = rng.integers(n, size=(400, 2))
    drawn = drawn[means[drawn[:, 0]] > means[drawn[:, 1]]]
    none, weights = np.full(n, np.nan), np.ones(len(drawn))
    told = Ratings(names, none, np.zeros(n), pairs=drawn, pair_weights=weights)
    return Rated(told, features, groups)


def write_rated(folder: Path, n: int = 20) -> tuple[Path, Path]:
    """Write small photographs, the brighter the better they are rated, and the table of ratings;
    return the folder and the table. One is a copy, one can't be read, and one is missing.
    """
    place = folder / "photos"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = ["photo,rating,rater"]
    for number in range(n):
        level = 40 + 200 * number / n
        pixels = np.clip(level + 15 * rng.normal(size=(16, 16, 3)), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{number}.png")
        grades = {"a": 1 + 4 * number / n, "b": 0.8 + 4 * number / n}
        rows += [f"{number}.png,{grade:.2f},{rater}" for rater, grade in grades.items()]
    (place / "copy.png").write_bytes((place / "0.png").read_bytes())
    (place / "bad.png").write_bytes(b"no picture")
    rows += ["copy.png,1.0,a", "bad.png,2.0,a", "gone.png,2.5,b"]
    (folder / "ratings.csv").write_text("\n".join(rows))
    return place, folder / "ratings.csv"
