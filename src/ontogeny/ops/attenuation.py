"""What a correlation would be, were what it is measured with not noisy.

Noise in ratings lowers every correlation with them: by the root of their reliability, the share of
a mean rating's variance that is the thing's own. Sources: Spearman 1904, "The Proof and Measurement
of Association between Two Things"; Searle, Casella and McCulloch 1992 for the variance components.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import DataError


def reliability_of_means(unit: Shaped[np.ndarray, " _"], value: Shaped[np.ndarray, " _"]) -> float:
    """Return the reliability of the mean ratings of units: between² / (between² + within² / m), the
    mean over units of m ratings each.

    The variances are those of a one-way analysis, between² = (MS_between - MS_within) / m_0, which
    may be below 0: so then is the reliability, and it says that the units do not differ. What
    raters differ in counts as noise: give what is left after `two_way` where they are known. Raises
    `DataError` where there are not two units, or no unit has two ratings, and for what is not
    finite.
    """
    x = np.asarray(value, np.float64)
    if len(unit) != len(x) or not np.isfinite(x).all():
        raise DataError("ratings that are not finite, or no unit for each", where="reliability")
    place = np.unique(unit, return_inverse=True)[1] if len(x) else np.zeros(0, np.int64)
    count = np.bincount(place).astype(np.float64)
    n, units = count.sum(), len(count)
    if units < 2 or n == units:
        raise DataError(
            f"{len(x)} ratings of {units} units",
            where="reliability_of_means",
            hint="reliability takes two units, and two ratings of some",
        )
    means = np.bincount(place, x) / count
    within = ((x - means[place]) ** 2).sum() / (n - units)
    spread = (count * (means - x.mean()) ** 2).sum() / (units - 1)
    between = (spread - within) / ((n - (count**2).sum() / n) / (units - 1))
    total = between + within / count
    if not (np.abs(total) > 0).all():
        raise DataError("all ratings are the same", where="reliability_of_means")
    return float((between / total).mean())


def disattenuated(correlation: float, *reliabilities: float) -> float:
    """Return the correlation over the root of the reliability of either side, or of both. It may
    come out above 1, by chance or where the reliability is estimated too low: that is shown.

    It is exact for Pearson's correlation of what has additive noise; for ranks it is close, and
    used so. Raises `DataError` for a reliability that is not in (0, 1].
    """
    for one in reliabilities:
        if not 0 < one <= 1:
            raise DataError(
                f"a reliability of {one:.4g}: the ratings say nothing of what is rated",
                where="disattenuated",
                hint="gather more ratings of each",
            )
    return float(correlation / np.sqrt(np.prod(reliabilities)))
