"""What can be read off features: ridge regression, straight or through fixed random features.

    minimise over W, b   mean |y - W z - b|² + penalty |W|²,   z the standardised features

solved in closed form, in NumPy float64 on the host. A probe that is linear says that a quantity
lies there to be read; a map through random features, that it is there at all, smoothly folded.
Sources: Hoerl and Kennard 1970; Alain and Bengio 2016 (arXiv 1610.01644) for probes of networks;
Rahimi and Recht 2008 for regression on random features.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import DataError

RANDOM_FEATURES = 512
STEEPNESS = 2.0  # deviation of what goes into a tanh: beyond ±2 it is flat, so the features bend


class Probe(NamedTuple):
    """Targets as an affine function of features, or of features and random bends of them."""

    centre: Float[np.ndarray, " feature"]
    scale: Float[np.ndarray, " feature"]
    bends: Float[np.ndarray, "feature_and_one bend"]  # no bends: the probe is affine
    weight: Float[np.ndarray, "z target"]
    mean: Float[np.ndarray, " target"]

    def __call__(self, features: Float[np.ndarray, "sample feature"]) -> Any:
        """Return the predicted targets, [sample, target]."""
        return self.expand(features) @ self.weight + self.mean

    def expand(
        self, features: Float[np.ndarray, "sample feature"]
    ) -> Float[np.ndarray, "sample z"]:
        """Return what is regressed on: the features, standardised, and their bends."""
        z = (np.asarray(features, np.float64) - self.centre) / self.scale
        return np.concatenate([z, np.tanh(z @ self.bends[:-1] + self.bends[-1])], axis=1)


def ridge(
    features: Float[np.ndarray, "sample feature"],
    targets: Float[np.ndarray, "sample target"],
    penalty: float = 1e-6,
) -> Probe:
    """Return the affine probe. Raises `DataError` for fewer than two samples."""
    return _fit(features, targets, penalty, np.zeros((np.shape(features)[1] + 1, 0)))


def bent_ridge(
    features: Float[np.ndarray, "sample feature"],
    targets: Float[np.ndarray, "sample target"],
    seed: int,
    penalty: float = 1e-6,
) -> Probe:
    """Return ridge regression on the features and `RANDOM_FEATURES` of them, tanh(V z + v).

    V and v are normal, drawn from the seed and not fitted. Raises `DataError` as `ridge` does.
    """
    rng = np.random.default_rng(seed)
    n_features = np.shape(features)[1]
    bends = rng.standard_normal((n_features + 1, RANDOM_FEATURES)) * STEEPNESS
    bends[:-1] /= np.sqrt(n_features)
    return _fit(features, targets, penalty, bends)


def r_squared(
    targets: Float[np.ndarray, "sample target"], predicted: Float[np.ndarray, "sample target"]
) -> Float[np.ndarray, " target"]:
    """Return 1 - (squared error) / (squared deviation from the mean) of every target: 1 is exact, 0
    no better than the mean. Raises `DataError` for a target that does not vary.
    """
    targets = np.asarray(targets, np.float64)
    deviation = np.sum((targets - targets.mean(axis=0)) ** 2, axis=0)
    if not np.all(deviation > 0):
        raise DataError(
            f"target {int(np.argmin(deviation))} has one value only",
            where="r_squared",
            hint="what does not vary can't be explained; leave it out",
        )
    return 1 - np.sum((targets - predicted) ** 2, axis=0) / deviation


def unexplained(
    targets: Float[np.ndarray, "sample target"], predicted: Float[np.ndarray, "sample target"]
) -> float:
    """Return the squared error over the squared deviation from the mean, both summed over targets:
    0 is exact, 1 no better than the mean. Raises `DataError` when no target varies.
    """
    targets = np.asarray(targets, np.float64)
    deviation = float(np.sum((targets - targets.mean(axis=0)) ** 2))
    if deviation <= 0:
        raise DataError("no target varies", where="unexplained")
    return float(np.sum((targets - predicted) ** 2)) / deviation


def _fit(features: Any, targets: Any, penalty: float, bends: np.ndarray) -> Probe:
    features, targets = np.asarray(features, np.float64), np.asarray(targets, np.float64)
    if len(features) < 2:
        raise DataError(
            f"{len(features)} samples are too few to fit",
            where="ops.probes",
            hint="give two or more",
        )
    scale = features.std(axis=0)
    # A unit that never moves tells nothing: it is centred away, not blown up by its rounding.
    scale = np.where(scale > 1e-9 * max(float(scale.max(initial=0)), 1e-9), scale, np.inf)
    mean = targets.mean(axis=0)
    empty = Probe(features.mean(axis=0), scale, bends, np.zeros((0, targets.shape[1])), mean)
    z = empty.expand(features)
    z_mean = z.mean(axis=0)
    centred = z - z_mean
    gram = centred.T @ centred + penalty * len(z) * np.eye(z.shape[1])
    weight = np.linalg.solve(gram, centred.T @ (targets - mean))
    return empty._replace(weight=weight, mean=mean - z_mean @ weight)
