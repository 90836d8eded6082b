"""How alike matched rows are: standardised differences of means, and ratios of variances.

SMD = (mean of the treated - mean of the controls) / sqrt((s_t² + s_c²) / 2), with the deviations of
all rows, before matching, so that it can only fall as the means come nearer. Balanced is what is
within 0.1, with variances within a factor of 2. Sources: Austin 2009; Rubin 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from ontogeny.social.matching.pairs import Pairs

LARGEST_SMD = 0.1
VARIANCE_RATIOS = (0.5, 2.0)


@dataclass(frozen=True, eq=False)
class Balance:
    """A value for each covariate, before and after matching; the propensity's logit comes last.

    It is what a love plot draws.
    """

    names: tuple[str, ...]
    before: Float[np.ndarray, " d"]
    after: Float[np.ndarray, " d"]
    variance_ratio_before: Float[np.ndarray, " d"]
    variance_ratio_after: Float[np.ndarray, " d"]

    @property
    def worst(self) -> float:
        """The largest |SMD| of a covariate after matching."""
        return float(np.max(np.abs(self.after[:-1])))

    @property
    def balanced(self) -> bool:
        """Whether every covariate is, by the rule above."""
        low, high = VARIANCE_RATIOS
        ratio = self.variance_ratio_after[:-1]
        return self.worst < LARGEST_SMD and bool(np.all((ratio >= low) & (ratio <= high)))


def balance_of(
    covariates: Float[np.ndarray, "n d"],
    logit: Float[np.ndarray, " n"],
    treated: Bool[np.ndarray, " n"],
    names: tuple[str, ...],
    pairs: Pairs,
) -> Balance:
    """Return the balance of the covariates and of the logit."""
    as_treated, as_control = pairs.row_weights(len(treated))
    found: list[tuple[float, float, float, float]] = []
    for values in [*covariates.T, logit]:
        (mean_t, var_t), (mean_c, var_c) = (
            _moments(values, rows.astype(float)) for rows in (treated, ~treated)
        )
        matched_t, matched_c = _moments(values, as_treated), _moments(values, as_control)
        spread = np.sqrt((var_t + var_c) / 2)
        found.append(
            (
                _ratio(mean_t - mean_c, spread, 0.0),
                _ratio(matched_t[0] - matched_c[0], spread, 0.0),
                _ratio(var_t, var_c, 1.0),
                _ratio(matched_t[1], matched_c[1], 1.0),
            )
        )
    return Balance((*names, "logit of the propensity"), *np.array(found).T)


def _moments(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean and variance."""
    rows = weight > 0
    mean = float(np.average(values[rows], weights=weight[rows]))
    return mean, float(np.average((values[rows] - mean) ** 2, weights=weight[rows]))


def _ratio(above: float, below: float, of_nothing: float) -> float:
    """Return the ratio, and `of_nothing` for 0 / 0."""
    if below == 0:
        return of_nothing if above == 0 else float(np.copysign(np.inf, above))
    return above / below
