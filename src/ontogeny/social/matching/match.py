"""Matching: what a treatment did, from a table in which nobody drew lots for it.

Treated rows are paired with untreated ones that were as likely to be treated, by their covariates;
what differs within pairs is the effect on the treated, as far as nothing unseen decides both. How
far that is, is asked by controls and bounds, and said in the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri, stdtr, stdtrit

from ontogeny.core.errors import DataError
from ontogeny.social.matching.admission import Admitted, admit
from ontogeny.social.matching.balance import Balance, balance_of
from ontogeny.social.matching.columns import read_columns
from ontogeny.social.matching.controls import Controls, placebos
from ontogeny.social.matching.design import Design, Within
from ontogeny.social.matching.dose import dose_response
from ontogeny.social.matching.effects import Effect, adjusted_values, att, discordant, risks
from ontogeny.social.matching.matched import Findings, Matched
from ontogeny.social.matching.pairing import Paired, pair_up, why_alone
from ontogeny.social.matching.pairs import Pairs
from ontogeny.social.matching.propensity import Propensity
from ontogeny.social.matching.sensitivity import (
    binary_bounds,
    e_value,
    e_value_of_difference,
    signed_rank_bounds,
)
from ontogeny.social.matching.verdict import judge


def match(
    table: Any,
    treatment: str,
    covariates: Sequence[str],
    outcome: str | None = None,
    *,
    before: str | None = None,
    dose: str | None = None,
    exact: Sequence[str] = (),
    cluster: str | None = None,
    identity: str | None = None,
    ratio: int = 1,
    replace: bool = False,
    caliper: float | None = 0.2,
    within: Within = "mahalanobis",
    window: int = 64,
    ridge: float = 1e-8,
    confidence: float = 0.95,
    resamples: int = 1000,
    placebos: int = 20,
    seed: int = 0,
) -> Matched:
    """Return treated rows matched to untreated ones, how alike they are, and the effect on the
    outcome, with controls, bounds and a verdict.

    `table` is a dict of arrays, a frame of pandas, polars or pyarrow, or the path of a Parquet file
    or a CSV; all else are names of its columns, and settings of `Design`, which explains them.
    Raises `ConfigError` for names and settings that cannot be used, `DataError` for columns of
    another type, no treated rows, no controls, no covariate that varies, one cluster alone, and no
    common support. Rows that miss something are left out and counted.

    >>> rng = np.random.default_rng(0)
    >>> skill = rng.normal(size=800)
    >>> taught = rng.random(800) < 1 / (1 + np.exp(1.5 - skill))
    >>> score = skill + 0.5 * taught + 0.5 * rng.normal(size=800)
    >>> table = {"skill": skill, "taught": taught, "score": score}
    >>> result = og.match(table, "taught", ["skill"], "score")
    >>> result.found.naive.value > 1 > result.effect.high > 0.5 > result.effect.low
    True
    >>> result.found.verdict.word
    'supported'
    """
    design = Design(
        treatment,
        (covariates,) if isinstance(covariates, str) else tuple(covariates),
        outcome,
        before,
        dose,
        (exact,) if isinstance(exact, str) else tuple(exact),
        cluster,
        identity,
        ratio,
        replace,
        caliper,
        within,
        window,
        ridge,
        confidence,
        resamples,
        placebos,
        seed,
    )
    rows = admit(read_columns(table, design.columns), design)
    paired = pair_up(rows, design, seed)
    if not len(paired.pairs.treated):
        raise DataError(
            "no treated row has a control within the caliper "
            f"({paired.caliper:.3g} on the logit): there is no common support",
            where="match",
            hint=f"{paired.propensity.strongest!r} tells them apart most; leave out what decides "
            "the treatment by itself, or widen the caliper",
        )
    fit = paired.propensity
    balance = balance_of(rows.covariates, fit.logit, rows.treated, rows.names, paired.pairs)
    found = None if rows.outcome is None else _findings(rows, paired, design, balance)
    alone = why_alone(rows, paired)
    return Matched(design, rows, paired, alone, balance, found, _notes(fit, rows))


def effect_of(rows: Admitted, paired: Paired, design: Design, values: np.ndarray) -> Effect:
    """Return the effect on the values, by the pairs."""
    return att(
        *(values, paired.pairs, rows, paired.propensity.logit),
        *(design.confidence, design.resamples, design.seed),
    )


def _findings(rows: Admitted, paired: Paired, design: Design, balance: Balance) -> Findings:
    outcome, pairs = rows.outcome, paired.pairs
    assert outcome is not None
    measured = partial(effect_of, rows, paired, design)
    effect = measured(outcome)
    adjusted = measured(adjusted_values(outcome, pairs, rows.covariates))
    of_two = set(np.unique(outcome)) <= {0.0, 1.0}
    risk = risks(outcome, pairs, design.confidence) if of_two else None
    b, c = discordant(outcome, pairs) if of_two else (None, None)
    if b is None or c is None:
        bounds = signed_rank_bounds(pairs.differences(outcome))
    else:
        bounds = binary_bounds(b, c)
    if risk is not None:
        strength = e_value(risk.relative, risk.low, risk.high)
    else:
        deviation = float(outcome[pairs.control].std())
        quantile = float(ndtri((1 + design.confidence) / 2))
        strength = e_value_of_difference(effect.value, effect.standard_error, deviation, quantile)
    controls = Controls(
        None if rows.before is None else _past(rows, rows.before, paired, design),
        placebos(rows, partial(_placebo, design), design.placebos, design.seed),
    )
    matched = len(pairs.unique) / int(rows.treated.sum())
    clusters = None if rows.cluster is None else len(np.unique(rows.cluster))
    return Findings(
        _naive(outcome, rows.treated, design.confidence),
        effect,
        adjusted,
        risk,
        bounds,
        strength,
        None
        if rows.dose is None
        else dose_response(
            *(outcome, rows.dose, pairs, rows.cluster),
            *(design.confidence, design.resamples, design.seed),
        ),
        controls,
        judge(effect, adjusted, balance, matched, bounds, controls, clusters),
    )


def _past(
    rows: Admitted, before: Float[np.ndarray, " n"], paired: Paired, design: Design
) -> Effect | None:
    """Return the effect on the past, by the pairs in which both have one; None of none."""
    treated, control = paired.pairs.treated, paired.pairs.control
    known = np.isfinite(before[treated]) & np.isfinite(before[control])
    if not known.any():
        return None
    pairs = Pairs(treated[known], control[known])
    return effect_of(rows, paired._replace(pairs=pairs), design, np.nan_to_num(before))


def _placebo(design: Design, rows: Admitted, number: int) -> Effect | None:
    assert rows.outcome is not None
    paired = pair_up(rows, design, design.seed + 1 + number)
    if len(paired.pairs.unique) < 2:
        return None
    return effect_of(rows, paired, design, rows.outcome)


def _naive(outcome: np.ndarray, treated: np.ndarray, confidence: float) -> Effect:
    """Return the difference of means of all rows, with Welch's interval."""
    sides = outcome[treated], outcome[~treated]
    value = float(sides[0].mean() - sides[1].mean())
    if min(map(len, sides)) < 2:
        return Effect(value, float("inf"), -float("inf"), float("inf"), 1.0, "Welch")
    parts = [float(side.var(ddof=1)) / len(side) for side in sides]
    error = float(np.sqrt(sum(parts)))
    if error == 0:
        return Effect(value, 0.0, value, value, float(value == 0), "Welch")
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True)
    )
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * error
    p = float(2 * stdtr(freedom, -abs(value) / error))
    return Effect(value, error, value - reach, value + reach, p, "Welch")


def _notes(fit: Propensity, rows: Admitted) -> tuple[str, ...]:
    notes: list[str] = []
    if fit.certain:
        notes.append(
            f"the covariates tell {fit.certain:,} rows' treatment for certain (to within 1e-6), "
            f"{fit.strongest} most: they are separated there"
        )
    if not fit.converged:
        notes.append(f"the propensity's fit did not settle in {fit.steps} steps")
    if rows.covariates.shape[1] > np.linalg.matrix_rank(np.corrcoef(rows.covariates.T)):
        notes.append("covariates are not independent: some are sums of others")
    return tuple(notes)
