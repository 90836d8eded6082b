"""Where a score errs: by decile of what it says, which is its calibration, and by topic.

Each group has the mean of what was said and of what people say, with its interval. On the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Shaped

from ontogeny.core.errors import ConfigError, DataError

NORMAL = 1.959963984540054  # 95 % of a normal distribution lie within so many deviations


class GroupErrors(NamedTuple):
    """What was said and what was true, group by group; errors are said minus true."""

    names: tuple[str, ...]
    counts: Int[np.ndarray, " group"]
    said: Float[np.ndarray, " group"]
    true: Float[np.ndarray, " group"]
    deviation: Float[np.ndarray, " group"]
    """The standard deviation of the errors in the group; NaN of one."""
    absolute: Float[np.ndarray, " group"]
    """The mean absolute error."""

    @property
    def error(self) -> Float[np.ndarray, " group"]:
        """The mean error: above 0 where the score flatters."""
        return self.said - self.true

    @property
    def margin(self) -> Float[np.ndarray, " group"]:
        """How far the mean error may be off: 1.96 standard errors; NaN in a group of one."""
        return NORMAL * self.deviation / np.sqrt(self.counts)

    @property
    def biased(self) -> tuple[str, ...]:
        """The groups whose mean error is further from 0 than it may be by chance, once as many
        groups are looked at (Bonferroni's bound).
        """
        from scipy.stats import norm

        widened = float(norm.isf(0.025 / max(1, len(self.names)))) / NORMAL
        beyond = np.abs(self.error) > widened * self.margin  # False where it is NaN
        return tuple(name for name, is_so in zip(self.names, beyond, strict=True) if is_so)


def errors_by_decile(
    said: Shaped[np.ndarray, " _"], true: Shaped[np.ndarray, " _"], parts: int = 10
) -> GroupErrors:
    """Return the errors of the tenths (or other `parts`) of what was said, the lowest first; equals
    are never parted, so that parts may be missing. Raises `ConfigError` for no parts, `DataError`
    for rows that differ in length, are empty, or not finite.
    """
    if parts < 1:
        raise ConfigError(f"{parts} parts", where="errors_by_decile", hint="use 1 or more")
    said, true = _checked(said, true)
    first = np.searchsorted(np.sort(said), said, side="left")
    last = np.searchsorted(np.sort(said), said, side="right")
    place = np.minimum((first + last) * parts // (2 * len(said)), parts - 1)
    return _grouped(said, true, place, [str(part + 1) for part in range(parts)])


def errors_by_topic(
    said: Shaped[np.ndarray, " _"], true: Shaped[np.ndarray, " _"], topics: Sequence[str]
) -> GroupErrors:
    """Return the errors by topic, in the order of the alphabet; see `errors_by_decile`."""
    said, true = _checked(said, true)
    if len(topics) != len(said):
        raise DataError(f"{len(topics)} topics of {len(said)} scores", where="errors_by_topic")
    names, place = np.unique(np.asarray(topics, str), return_inverse=True)
    return _grouped(said, true, place, [str(name) for name in names])


def _checked(said: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    said, true = np.asarray(said, np.float64), np.asarray(true, np.float64)
    if said.shape != true.shape or not said.size:
        raise DataError(f"{said.size} scores, {true.size} ratings", where="errors_by_group")
    if not (np.isfinite(said).all() and np.isfinite(true).all()):
        raise DataError("scores or ratings that are not finite", where="errors_by_group")
    return said, true


def _grouped(
    said: np.ndarray, true: np.ndarray, place: np.ndarray, names: Sequence[str]
) -> GroupErrors:
    count = np.bincount(place, minlength=len(names))
    there = np.flatnonzero(count)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, values, minlength=len(names))[there] / count[there]

    error = said - true
    n = count[there]
    off = (error - np.bincount(place, error, minlength=len(names))[place] / count[place]) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = np.where(n > 1, np.sqrt(mean(off) * n / (n - 1)), np.nan)
    return GroupErrors(
        tuple(names[group] for group in there.tolist()),
        n,
        mean(said),
        mean(true),
        deviation,
        mean(abs(error)),
    )
