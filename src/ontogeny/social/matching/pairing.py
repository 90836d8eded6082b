"""From admitted rows to pairs: the propensity is fitted, then the design's rule makes pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool

from ontogeny.social.matching.admission import Admitted, Excluded
from ontogeny.social.matching.design import Design
from ontogeny.social.matching.nearest import closest_first
from ontogeny.social.matching.pairs import Pairs
from ontogeny.social.matching.propensity import Propensity, fit_propensity
from ontogeny.social.matching.windows import by_windows, whitened


class Paired(NamedTuple):
    """Pairs, the propensity behind them, and the caliper as a difference of logits."""

    propensity: Propensity
    caliper: float
    pairs: Pairs


def pair_up(rows: Admitted, design: Design, seed: int) -> Paired:
    """Return the pairs that the design makes of the rows: none without common support."""
    propensity = fit_propensity(rows.covariates, rows.treated, rows.names, design.ridge)
    spread = propensity.logit.std()
    caliper = float("inf") if design.caliper is None else float(design.caliper * spread)
    pairs = pairs_of(rows, propensity.logit, caliper, design, seed)
    return Paired(propensity, caliper, pairs)


def pairs_of(rows: Admitted, score: np.ndarray, caliper: float, design: Design, seed: int) -> Pairs:
    """Return the pairs, given any score a row. Without replacement, the second controls are looked
    for when everybody has had a first.
    """
    rng = np.random.default_rng([seed, 0])
    spread = whitened(rows.covariates) if design.within == "mahalanobis" else None
    if design.replace:
        return by_windows(
            *(score, spread, rows.treated, rows.stratum, caliper),
            *(design.window, design.ratio, True, rng),
        )
    found: list[Pairs] = []
    of_them: Bool[np.ndarray, " n"] = np.ones(len(score), bool)
    for _ in range(design.ratio):
        at = np.flatnonzero(of_them)
        part = score[at], rows.treated[at], rows.stratum[at]
        if spread is None:
            pairs = closest_first(*part, caliper, rng)
        else:
            pairs = by_windows(
                part[0], spread[at], *part[1:], caliper, design.window, 1, False, rng
            )
        pairs = Pairs(at[pairs.treated], at[pairs.control])
        found.append(pairs)
        of_them[rows.treated] = False
        of_them[pairs.treated] = True  # who found nobody will not find a second
        of_them[pairs.control] = False
        if not len(pairs.treated):
            break
    return Pairs.ordered(
        *(np.concatenate([getattr(p, side) for p in found]) for side in ("treated", "control"))
    )


def why_alone(rows: Admitted, paired: Paired) -> tuple[Excluded, ...]:
    """Return why treated rows have no control, with counts."""
    alone = rows.treated.copy()
    alone[paired.pairs.treated] = False
    strange = alone & ~np.isin(rows.stratum, rows.stratum[~rows.treated])
    looked = np.flatnonzero(alone | ~rows.treated)
    near = by_windows(
        *(paired.propensity.logit[looked], None, rows.treated[looked], rows.stratum[looked]),
        *(paired.caliper, 2, 1, True, np.random.default_rng(0)),
    )
    n_alone, n_strange = int(np.count_nonzero(alone)), int(np.count_nonzero(strange))
    taken = len(near.unique)
    told = (
        Excluded("treated, and no control has the same values of exact", n_strange),
        Excluded("treated, and no control is within the caliper", n_alone - n_strange - taken),
        Excluded("treated, and others have the controls that it looked at", taken),
    )
    return tuple(one for one in told if one.number)
