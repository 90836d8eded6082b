"""Raters told apart from what they rate: who is strict, and who is erratic.

y = mean + photo + rater + noise, photo, rater and noise independent, the noise of each rater its
own. The variances come from pairs of ratings: two of one photo differ by raters and noise, two of
one rater by photos and noise, two of neither by all three. The effects are the best linear
predictions given those variances: a rater who was seen little is drawn towards the others, and a
rater who shares no photo with anybody is not taken at his word, nor all blamed on him.

Sources: Koch 1968, "Some further remarks concerning a general approach to the estimation of
variance components" (Technometrics 10); Henderson 1975 for the equations of the predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import DataError

ROUNDS = 4  # of effects given noise, and noise given effects
PRIOR = 8.0  # ratings' worth of the common noise that each rater's own begins with
STEPS, CLOSE = 500, 1e-9  # of conjugate gradients
QUIETEST = 0.1  # a rater's noise is at least that share of the common variance


class Variances(NamedTuple):
    """Of what ratings are made of."""

    photo: float
    rater: float
    noise: float


class TwoWay(NamedTuple):
    """Ratings, taken apart."""

    mean: float
    photo: Float[np.ndarray, " photo"]
    """What each photo is above the mean, drawn towards 0 as little was said of it."""
    rater: Float[np.ndarray, " rater"]
    """What each rater adds to every rating."""
    noise: Float[np.ndarray, " rater"]
    """The variance of each rater's noise."""
    variances: Variances

    def precision(self, rater: Int[np.ndarray, " rating"]) -> Float[np.ndarray, " rating"]:
        """Return how much each rating weighs: 1 where its rater is as noisy as raters are."""
        common = max(self.variances.noise, 1e-12)
        return common / np.maximum(self.noise, QUIETEST * common)[rater]


def variances_of(
    photo: Int[np.ndarray, " rating"],
    rater: Int[np.ndarray, " rating"],
    value: Float[np.ndarray, " rating"],
) -> Variances:
    """Return the variances of photos, raters and noise, by the mean squares of differences. What
    comes out below 0 is 0. In O(ratings); unbiased where who rates what does not depend on the
    quality. Raises `DataError` where no photo has two ratings, or nobody rated two.
    """
    x = np.asarray(value, np.float64) - np.mean(value)
    same_photo, same_rater = _half_square(photo, x), _half_square(rater, x)
    n, pairs = len(x), len(x) * (len(x) - 1.0)
    everything = n * (x @ x) - x.sum() ** 2  # the sum of half squares over ordered pairs
    both = everything - same_photo.total - same_rater.total
    left = pairs - same_photo.pairs - same_rater.pairs
    if not same_photo.pairs or not same_rater.pairs or left <= 0:
        raise DataError(
            "raters and photos can't be told apart: it takes photos of several raters, and raters "
            "of several photos",
            where="two_way",
            hint="leave the raters out of the table: their biases then stay in the means",
        )
    a, b, c = same_photo.mean, same_rater.mean, both / left
    noise = max(a + b - c, 1e-9 * (a + b), 1e-12)
    return Variances(float(max(c - a, 0.0)), float(max(c - b, 0.0)), float(noise))


def two_way(
    photo: Int[np.ndarray, " rating"],
    rater: Int[np.ndarray, " rating"],
    value: Float[np.ndarray, " rating"],
) -> TwoWay:
    """Return the photos' and the raters' effects, and how noisy each rater is, given for each
    rating which photo and which rater by number. Raises as `variances_of`.
    """
    y = np.asarray(value, np.float64)
    variances = variances_of(photo, rater, y)
    n_photos, n_raters = int(photo.max()) + 1, int(rater.max()) + 1
    noise = np.full(n_raters, variances.noise)
    shares = np.bincount(photo, minlength=n_photos)
    mean, effects = float(y.mean()), (np.zeros(n_photos), np.zeros(n_raters))
    for _ in range(ROUNDS):
        w = 1 / np.maximum(noise, QUIETEST * variances.noise)[rater]
        mean, *effects = _predicted(photo, rater, y, w, variances, (n_photos, n_raters))
        off = (y - mean - effects[0][photo] - effects[1][rater]) ** 2
        # What a photo's effect took of the ratings that it is made of is missing in the residuals.
        held = variances.photo / (variances.photo + variances.noise / shares[photo])
        freedom = 1 - held / shares[photo]
        seen = np.bincount(rater, freedom, minlength=n_raters)
        spent = np.bincount(rater, off, minlength=n_raters)
        noise = (PRIOR * variances.noise + spent) / (PRIOR + seen)
    return TwoWay(mean, effects[0], effects[1], noise, variances)


class _Sum(NamedTuple):
    total: float  # over ordered pairs within groups, half the squared difference
    pairs: float
    mean: float  # of groups, by how many ratings each has


def _half_square(group: np.ndarray, x: np.ndarray) -> _Sum:
    m = np.bincount(group).astype(np.float64)
    within = m * np.bincount(group, x * x) - np.bincount(group, x) ** 2
    several = m > 1
    each = within[several] / (m[several] - 1)  # m times the mean over its pairs
    held = m[several].sum()
    return _Sum(float(within.sum()), float((m * (m - 1)).sum()), float(each.sum() / max(held, 1.0)))


def _predicted(
    photo: np.ndarray,
    rater: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    variances: Variances,
    sizes: tuple[int, int],
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the mean and the effects that solve Henderson's equations, photos eliminated: what
    is left, the mean and a number a rater, is found by conjugate gradients.
    """
    n_photos, n_raters = sizes
    tiny = 1e-12 * max(variances.noise, 1e-12)
    diagonal = np.bincount(photo, w, minlength=n_photos) + 1 / max(variances.photo, tiny)
    ridge = np.append(np.full(n_raters, 1 / max(variances.rater, tiny)), 0.0)

    def without_photos(values: np.ndarray) -> np.ndarray:
        weighted = w * values
        return weighted - w * (np.bincount(photo, weighted, minlength=n_photos) / diagonal)[photo]

    def gathered(values: np.ndarray) -> np.ndarray:
        return np.append(np.bincount(rater, values, minlength=n_raters), values.sum())

    def curved(z: np.ndarray) -> np.ndarray:
        return gathered(without_photos(z[rater] + z[-1])) + ridge * z

    scale = gathered(w) + ridge
    z = _conjugate_gradients(curved, gathered(without_photos(y)), scale)
    rest = w * (y - z[rater] - z[-1])
    return float(z[-1]), np.bincount(photo, rest, minlength=n_photos) / diagonal, z[:-1]


def _conjugate_gradients(
    curved: Callable[[np.ndarray], np.ndarray], target: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Return the solution of a symmetric system, preconditioned by its diagonal, or near it."""
    z, left = np.zeros_like(target), target.copy()
    ahead = left / scale
    size = left @ ahead
    enough = CLOSE**2 * size
    for _ in range(STEPS):
        if size <= enough:
            break
        turned = curved(ahead)
        length = size / (ahead @ turned)
        z, left = z + length * ahead, left - length * turned
        scaled = left / scale
        size, before = left @ scaled, size
        ahead = scaled + size / before * ahead
    return z
