"""Where maps are highest: a point and how sure it is, from a map of logits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Peaks(NamedTuple):
    """One a map."""

    x: Float[np.ndarray, " map"]
    """From 0, the left edge, to 1."""
    y: Float[np.ndarray, " map"]
    """From 0, the upper edge, to 1."""
    confidence: Float[np.ndarray, " map"]
    """What the logit at the highest place says: a probability."""


def peaks(maps: Float[np.ndarray, "rows columns map"]) -> Peaks:
    """Return the highest place of each map, finer than the map's: the middle of the probabilities
    of the place and its eight neighbours.

    >>> one = np.full((4, 4, 1), -9.0)
    >>> one[1, 2] = 9.0
    >>> found = peaks(one)
    >>> found.x.round(2).item(), found.y.round(2).item(), found.confidence.round(2).item()
    (0.62, 0.38, 1.0)
    """
    rows, columns, n = maps.shape
    flat = maps.reshape(-1, n).argmax(axis=0)
    row, column = np.divmod(flat, columns)
    chances = _sigmoid(np.asarray(maps, np.float64))
    across, down = np.empty(n), np.empty(n)
    for i in range(n):
        top, left = max(row[i] - 1, 0), max(column[i] - 1, 0)
        near = chances[top : row[i] + 2, left : column[i] + 2, i]
        weight = max(float(near.sum()), 1e-30)
        across[i] = (near.sum(axis=0) @ np.arange(near.shape[1])) / weight + left + 0.5
        down[i] = (near.sum(axis=1) @ np.arange(near.shape[0])) / weight + top + 0.5
    return Peaks(across / columns, down / rows, chances[row, column, np.arange(n)])


def _sigmoid(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return 0.5 * (1.0 + np.tanh(0.5 * x))
