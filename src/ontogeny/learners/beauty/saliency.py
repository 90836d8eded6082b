"""What moved a photograph's score: each part of it is blurred away in turn, and scored again.

Source: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks" (occlusion),
with a blur in the place of grey, which would be an edge of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, UInt8

PARTS = 7  # a side: as many as the network's last maps have
WIDTH = 0.6  # of a part, the standard deviation of what is blurred away
BLUR = 0.5  # of a part, the blur's own


def score_moves(
    photo: UInt8[np.ndarray, "side side 3"],
    score: Callable[[UInt8[np.ndarray, "photo side side 3"]], Float[np.ndarray, " photo"]],
) -> Float[np.ndarray, "7 7"]:
    """Return how much each part adds to the score: what is lost where it is blurred away. Negative
    where the score is better without it.
    """
    side = len(photo)
    blurred = _blurred(photo, BLUR * side / PARTS)
    near = _bumps(side)
    given = [photo]
    for row in near:
        for column in near:
            mask = (row[:, None] * column[None, :])[..., None]
            given.append(np.rint(photo + mask * (blurred - photo)).astype(np.uint8))
    found = np.asarray(score(np.stack(given)), np.float64)
    return (found[0] - found[1:]).reshape(PARTS, PARTS)


def _bumps(side: int) -> Float[np.ndarray, "7 side"]:
    """Return for each part of a side how near every pixel is: 1 in its middle."""
    part = side / PARTS
    middles = (np.arange(PARTS) + 0.5) * part - 0.5
    far = np.abs(np.arange(side)[None] - middles[:, None]) / part
    return np.exp(-0.5 * (np.maximum(far - 0.5, 0.0) / (WIDTH / 2)) ** 2)


def _blurred(photo: np.ndarray, deviation: float) -> Float[np.ndarray, "side side 3"]:
    """Return the photograph blurred by a Gaussian."""
    reach = int(3 * deviation)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    kernel /= kernel.sum()
    wide = np.pad(photo.astype(np.float64), ((reach, reach), (reach, reach), (0, 0)), "reflect")
    for axis in (0, 1):
        wide = np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), axis, wide)
    return wide
