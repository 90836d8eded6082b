"""A line of blocks: numbers over time in the height of a letter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(
    values: Sequence[float] | np.ndarray, width: int, bounds: tuple[float, float] | None = None
) -> str:
    """Return at most `width` blocks, each the mean of a stretch of the values, lowest to highest
    block by value.

    `bounds` are the values of the lowest and the highest block (the values' own when not given), so
    that two lines can share a scale. What is outside them is drawn at the end; what is not finite
    is a blank.
    """
    array = np.asarray(values, float)
    if array.size == 0 or width < 1:
        return ""
    means = stretch_means(array, width)
    low, high = bounds or span(array)
    top = len(BLOCKS) - 1

    def block(mean: float) -> str:
        if np.isnan(mean):
            return " "
        place = (mean - low) / (high - low) if high > low else 0.5
        return BLOCKS[round(float(np.clip(place, 0, 1)) * top)]

    return "".join(block(mean) for mean in means)


def stretch_means(values: Sequence[float] | np.ndarray, most: int) -> list[float]:
    """Return the means of at most so many stretches of the values, as even as they can be, over
    what is finite; NaN of nothing.
    """
    array = np.asarray(values, float)
    array = np.where(np.isfinite(array), array, np.nan)
    return [_mean(part) for part in np.array_split(array, max(min(most, array.size), 1))]


def span(*series: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest finite number of all the series; (0, 0) where there is
    none.
    """
    joined = np.concatenate([np.asarray(s, float) for s in series]) if series else np.zeros(0)
    finite = joined[np.isfinite(joined)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _mean(part: np.ndarray) -> float:
    seen = part[~np.isnan(part)]
    return float(seen.mean()) if seen.size else float("nan")
