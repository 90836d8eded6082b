"""What the treatment did to those who had it (ATT), from matched pairs, with intervals.

ATT = mean over matched treated rows of (own outcome - mean of its controls' outcomes). Its standard
error is, in this order: with clusters, that of a bootstrap over whole clusters of rows, pairs held
as they are; of controls that serve several, Abadie and Imbens's (2006, theorem 7, with one
neighbour for the variance); else that of the paired differences. The adjusted one takes away what
is left of covariates in a pair, by a linear regression among matched controls (Abadie and Imbens
2011). Risks: relative risk with the interval of its logarithm (Katz 1978), McNemar's exact test.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.special import bdtr, ndtri, stdtr, stdtrit

from ontogeny.social.matching.admission import Admitted
from ontogeny.social.matching.pairs import Pairs

CELLS = 1 << 24  # resamples times clusters that are drawn in one go


class Effect(NamedTuple):
    """An effect, its interval, and the two-sided p of none at all."""

    value: float
    standard_error: float
    low: float
    high: float
    p: float
    how: str
    """How its error was found."""

    def __str__(self) -> str:
        return f"{self.value:+.4g} [{self.low:+.4g}, {self.high:+.4g}], p {self.p:.2g}"

    @property
    def differs(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


class Risks(NamedTuple):
    """Of an outcome that is 0 or 1."""

    treated: float
    control: float
    relative: float
    """The relative risk; NaN where no control has the outcome."""
    low: float
    high: float
    only_treated: int | None
    """Pairs in which only the treated row has the outcome, and only the control; None when pairs
    are not 1:1 without replacement."""
    only_control: int | None
    mcnemar: float | None
    """Its exact two-sided p."""


def att(
    values: Float[np.ndarray, " n"],
    pairs: Pairs,
    rows: Admitted,
    logit: Float[np.ndarray, " n"],
    confidence: float,
    resamples: int,
    seed: int,
) -> Effect:
    """Return the effect on values of all admitted rows."""
    differences = pairs.differences(values)
    value, n = float(differences.mean()), len(differences)
    served = np.bincount(pairs.control, minlength=len(values))
    if rows.cluster is not None:
        error, freedom = _over_clusters(values, pairs, rows.cluster, resamples, seed)
        how = f"bootstrap over {freedom + 1} clusters"
    elif served.max() > 1:
        error, freedom = _abadie_imbens(values, pairs, rows, logit, differences), n - 1
        how = "Abadie and Imbens, controls serve several"
    else:
        error = float(differences.std(ddof=1) / np.sqrt(n)) if n > 1 else np.inf
        how, freedom = "paired differences", n - 1
    if not np.isfinite(error) or freedom < 1:
        return Effect(value, float("inf"), -float("inf"), float("inf"), 1.0, how)
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    if error == 0:
        p = 1.0 if value == 0 else 0.0
    else:
        p = float(2 * stdtr(freedom, -abs(value) / error))
    return Effect(value, error, value - reach, value + reach, p, how)


def adjusted_values(
    values: Float[np.ndarray, " n"], pairs: Pairs, covariates: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, " n"]:
    """Return the values less what a linear regression among the matched controls, weighted as they
    are used, says of the covariates. Their ATT is the adjusted one.
    """
    weight = pairs.row_weights(len(values))[1]
    used = weight > 0
    scale = covariates.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (covariates - covariates.mean(axis=0)) / scale
    design = np.column_stack([np.ones(used.sum()), standard[used]]) * np.sqrt(weight[used])[:, None]
    slopes = np.linalg.lstsq(design, values[used] * np.sqrt(weight[used]), rcond=1e-9)[0]
    return values - standard @ slopes[1:]


def risks(values: Float[np.ndarray, " n"], pairs: Pairs, confidence: float) -> Risks:
    """Return the risks of an outcome that is 0 or 1."""
    of_treated = values[pairs.unique]
    n = len(of_treated)
    p_t = float(of_treated.mean())
    weight = pairs.weight
    p_c = float(np.average(values[pairs.control], weights=weight))
    use = pairs.row_weights(len(values))[1]
    effective = float(use.sum() ** 2 / np.sum(use**2))  # controls, as many as they are worth
    relative = low = high = float("nan")
    if p_c > 0 and p_t > 0:
        error = np.sqrt((1 - p_t) / (n * p_t) + (1 - p_c) / (effective * p_c))
        reach = float(ndtri((1 + confidence) / 2) * error)
        relative = p_t / p_c
        low, high = relative * np.exp(-reach), relative * np.exp(reach)
    elif p_c > 0:
        relative = 0.0
    b, c = discordant(values, pairs)
    mcnemar = None if b is None or c is None else exact_mcnemar(b, c)
    return Risks(p_t, p_c, relative, float(low), float(high), b, c, mcnemar)


def discordant(
    values: Float[np.ndarray, " n"], pairs: Pairs
) -> tuple[int, int] | tuple[None, None]:
    """Return how many pairs have the outcome in the treated row alone, and in the control alone;
    None where pairs are not 1:1 without replacement.
    """
    if len(pairs.unique) < len(pairs.treated) or len(np.unique(pairs.control)) < len(pairs.control):
        return None, None
    own, other = values[pairs.treated] > 0, values[pairs.control] > 0
    return int(np.count_nonzero(own & ~other)), int(np.count_nonzero(~own & other))


def exact_mcnemar(b: int, c: int) -> float:
    """Return the two-sided p of b and c discordant pairs under Binomial(b + c, 1/2)."""
    return min(1.0, float(2 * bdtr(min(b, c), b + c, 0.5))) if b + c else 1.0


def _over_clusters(
    values: np.ndarray, pairs: Pairs, cluster: Int[np.ndarray, " n"], resamples: int, seed: int
) -> tuple[float, int]:
    """Return the standard error, and the clusters with matched rows less one."""
    weights = pairs.row_weights(len(values))
    involved = np.unique(cluster[(weights[0] > 0) | (weights[1] > 0)])
    count = len(involved)
    # the sums that the two means are of, cluster by cluster
    sums = np.stack(
        [
            np.bincount(cluster, part, cluster.max() + 1)[involved]
            for w in weights
            for part in (w, w * values)
        ]
    )
    rng = np.random.default_rng([seed, 1])
    drawn: list[np.ndarray] = []
    block = max(1, CELLS // count)
    for begin in range(0, resamples, block):
        times = rng.multinomial(count, np.full(count, 1 / count), min(block, resamples - begin))
        of_treated, above, of_controls, below = sums @ times.T
        ok = (of_treated > 0) & (of_controls > 0)  # a resample without one of them says nothing
        drawn.append(above[ok] / of_treated[ok] - below[ok] / of_controls[ok])
    found = np.concatenate(drawn)
    return (float(found.std(ddof=1)) if len(found) > 1 else float("inf")), count - 1


def _abadie_imbens(
    values: np.ndarray,
    pairs: Pairs,
    rows: Admitted,
    logit: np.ndarray,
    differences: np.ndarray,
) -> float:
    n = len(differences)
    weight = pairs.row_weights(len(values))[1]
    squares = np.bincount(pairs.control, pairs.weight**2, len(values))
    order = np.lexsort((logit, rows.stratum))
    order = order[~rows.treated[order]]
    step = np.diff(values[order])
    same = np.diff(rows.stratum[order]) == 0
    apart = np.where(same, np.diff(logit[order]), np.inf)
    # the variance of a control's outcome, from its neighbour on the score
    before, after = np.r_[np.inf, apart], np.r_[apart, np.inf]
    to_before, to_after = np.r_[0.0, step], np.r_[step, 0.0]
    nearest = np.where(before < after, to_before, to_after)
    own = np.zeros(len(values))
    own[order] = np.where(np.isinf(np.minimum(before, after)), 0.0, nearest**2 / 2)
    spread = float(np.sum((differences - differences.mean()) ** 2))
    return float(np.sqrt(spread + np.sum((weight**2 - squares) * own)) / n)
