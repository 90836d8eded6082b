"""The few directions along which points vary most. On the host, in float64.

Source: Pearson 1901.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError


class Components(NamedTuple):
    """Orthonormal directions, the one of most variance first."""

    centre: Float[np.ndarray, " feature"]
    axes: Float[np.ndarray, "feature component"]
    share: Float[np.ndarray, " component"]  # of the whole variance

    def project(
        self, points: Float[np.ndarray, "*sample feature"]
    ) -> Float[np.ndarray, "*sample component"]:
        """Return the points' coordinates along the directions."""
        return (np.asarray(points, np.float64) - self.centre) @ self.axes


def principal_components(points: Float[np.ndarray, "sample feature"], count: int = 2) -> Components:
    """Return so many directions. Each points to where its largest entry is positive, so that the
    signs are not left to chance. Raises `ConfigError` for more directions than features.
    """
    points = np.asarray(points, np.float64)
    if not 1 <= count <= points.shape[1]:
        raise ConfigError(
            f"{count} components of {points.shape[1]} features",
            where="principal_components",
            hint="use 1 up to the number of features",
        )
    centre = points.mean(axis=0)
    centred = points - centre
    variance, axes = np.linalg.eigh(centred.T @ centred)  # ascending
    axes = axes[:, ::-1][:, :count]
    largest = np.take_along_axis(axes, np.argmax(np.abs(axes), axis=0)[None], axis=0)
    whole = max(float(np.sum(variance)), 1e-300)
    return Components(centre, axes * np.sign(largest), variance[::-1][:count] / whole)
