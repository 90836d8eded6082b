"""How users differ by the age of their account."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.errors import DataError
from ontogeny.ops.rank_correlation import spearman


class Ageing(NamedTuple):
    """A row for each group of accounts, by age."""

    age: Float[np.ndarray, " row"]
    """The mean age of a group, in the unit given."""
    users: Int[np.ndarray, " row"]
    mean: Float[np.ndarray, " row"]
    error: Float[np.ndarray, " row"]
    """The mean's standard error."""
    trend: float
    """Spearman's correlation of age and quantity."""


def by_age(age: Float[np.ndarray, " n"], values: Float[np.ndarray, " n"], rows: int = 10) -> Ageing:
    """Return a quantity by the age of accounts, in groups of equally many. Raises `DataError` where
    fewer than two users have both, or all are of one age.
    """
    known = ~np.isnan(age) & ~np.isnan(values)
    a, v = age[known], values[known]
    if len(a) < 2 or np.ptp(a) == 0:
        raise DataError(
            f"{len(a)} users have an age and a value, and ages need to differ", where="by_age"
        )
    edges = np.unique(np.quantile(a, np.linspace(0, 1, rows + 1)[1:-1]))
    row = np.unique(np.searchsorted(edges, a, side="right"), return_inverse=True)[1]
    users = np.bincount(row)
    mean = np.bincount(row, v) / users
    squares = np.bincount(row, (v - mean[row]) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(squares / (users - 1) / users)
    trend = float(spearman(a, v)) if np.ptp(v) > 0 else float("nan")
    return Ageing(np.bincount(row, a) / users, users, mean, error, trend)
