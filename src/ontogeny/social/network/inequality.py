"""How unequally something is held: Gini's coefficient and Lorenz's curve."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import DataError


def gini(
    values: Float[np.ndarray, " n"],
    weights: Float[np.ndarray, " n"] | None = None,
    order: Int[np.ndarray, " n"] | None = None,
) -> float:
    """Return Gini's coefficient of values of 0 or more: 0 is all alike, (n - 1) / n one has all.

    G = 2 sum_i i x_(i) / (n sum x) - (n + 1) / n; `weights` count rows several times. `order` is
    that of the values, where it is known. NaN where all is 0 or nothing is there. Raises
    `DataError` for values below 0 or unknown.
    """
    if np.isnan(values).any() or (len(values) and values.min() < 0):
        raise DataError("values are unknown or below 0", where="gini", hint="leave these out")
    order = np.argsort(values, kind="stable") if order is None else order
    x = values[order]
    w = np.ones(len(x)) if weights is None else weights[order]
    whole = np.cumsum(w)
    held = w * x
    total = float(held.sum())
    if not total > 0:
        return float("nan")
    return float(np.sum(held * (2 * whole - w - whole[-1])) / (whole[-1] * total))


def lorenz(
    values: Float[np.ndarray, " n"],
    by: Float[np.ndarray, " n"] | None = None,
    points: int = 101,
) -> Float[np.ndarray, "points 2"]:
    """Return shares of users, and what these hold of the whole: of those who hold least, or with
    `by` (a concentration curve) of those who are lowest in something else.

    Users who are alike in `by` share what they hold. Raises `DataError` where nothing is held.
    """
    order = np.argsort(values if by is None else by, kind="stable")
    x = values[order]
    if not len(x) or not x.sum() > 0:
        raise DataError("nothing is held", where="lorenz")
    if by is not None:
        _, member = np.unique(by[order], return_inverse=True)
        x = (np.bincount(member, x) / np.bincount(member))[member]
    at = np.append(0.0, np.cumsum(x))
    at /= at[-1]
    share = np.linspace(0, 1, points)
    return np.column_stack([share, np.interp(share, np.arange(len(x) + 1) / len(x), at)])
