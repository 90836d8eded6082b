"""The two experiments on a table of users: what following better people does to one's photos, and
what a large gap to those one follows does to one's activity.

Each holds back, as its control, how its own outcome moved within window A, and matches on how the
other's did. Everybody is described by window A alone. Source: Aiello et al. 2017 for the questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.social.matching.admission import Excluded
from ontogeny.social.matching.effects import Effect
from ontogeny.social.matching.match import match
from ontogeny.social.matching.matched import Matched
from ontogeny.social.study.users import Users
from ontogeny.social.study.windows import DAY, refuse_leaks

Column = Shaped[np.ndarray, " user"]
SHARED = (
    *("tenure", "uploads", "given", "received", "logins", "following", "followers", "reciprocity"),
    "quality",
)


@dataclass(frozen=True)
class Experiments:
    """How the experiments are made. Raises `ConfigError` for what cannot be meant."""

    least: int = 1
    """Scored photos that a user must have in A to have a quality."""
    least_after: int = 1
    """And in C."""
    bins: int = 2
    """Quantiles of tenure, activity and new follows in which both of a pair must be the same."""
    share: float = 1 / 3
    """Of those who newly follow, so many with the best followees are treated, and so many with the
    worst are controls."""
    extreme: float = 0.1
    """The share of users with the largest gaps, who are treated."""
    middle: float = 0.4
    """The share with the smallest, whichever way, who are controls."""
    replace: bool = False
    """Whether a control may serve several treated users."""
    confidence: float = 0.95
    resamples: int = 1000
    placebos: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = {
            "least": (self.least < 1, "use 1 or more"),
            "least_after": (self.least_after < 1, "use 1 or more"),
            "bins": (self.bins < 1, "use 1 or more"),
            "share": (not 0 < self.share <= 0.5, "use up to a half"),
            "extreme": (not 0 < self.extreme < 0.5, "use less than a half"),
            "middle": (not 0 < self.middle < 1, "use less than 1"),
        }
        for name, (is_wrong, hint) in wrong.items():
            if is_wrong:
                raise ConfigError(
                    f"{getattr(self, name)!r}", where=f"experiments {name}", hint=hint
                )


class Survivors(NamedTuple):
    """Those without the outcome, and what the effect would be if they had this or that one."""

    treated: int
    treated_missing: int
    control: int
    control_missing: int
    as_no: Effect
    """If nobody who is missing had the outcome."""
    as_yes: Effect
    """If all of them had."""
    lowest: Effect
    """If the missing among the treated had not, and among the controls had."""
    highest: Effect
    """The other way round."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """E1: newly following the best third, beside newly following the worst third."""

    matched: Matched
    """On better photos in C than in A, 0 or 1."""
    change: Matched
    """On how much better: quality in C less that in A."""
    survivors: Survivors
    excluded: tuple[Excluded, ...]
    """Users who are in neither arm, and why."""
    table: Mapping[str, Column]
    """What was matched, a row a user; `user` is their number."""


@dataclass(frozen=True, eq=False)
class Imbalance:
    """E2: followees far better than oneself, beside as good ones, on declining: less than half as
    much a day in C as in A, or nothing.
    """

    matched: Matched
    mirror: Matched | None
    """The same of those whose followees are far worse; None where that can't be matched."""
    dose: Matched
    """Everybody with better followees than the controls', along the gap: its `found.dose` has a
    turn where there is a double edge."""
    excluded: tuple[Excluded, ...]
    table: Mapping[str, Column]


def exposure(
    users: Users, communities: Int[np.ndarray, " user"], how: Experiments | None = None
) -> Exposure:
    """Return E1. Raises `DataError` where nobody is left in an arm, or `og.match` refuses."""
    how = how or Experiments()
    refuse_leaks(
        {
            "covariate": ["quality_a", "near_a", "uploads_a", "acts_a"],
            "exposure": ["exposed_b", "new_ties_b"],
            "outcome": ["quality_c", "scored_c"],
        },
        users.window,
    )
    c, described = users.columns, _described(users)
    quality = np.where(c["scored_a"] >= how.least, c["quality_a"], np.nan)
    after = np.where(c["scored_c"] >= how.least_after, c["quality_c"], np.nan)
    exposed = c["exposed_b"]
    everyone = np.ones(users.number, bool)
    kept, excluded = _kept(
        everyone,
        {
            "began after window A": np.isnan(c["begun_a"]),
            "followed nobody new in B": c["new_ties_b"] == 0,
            "newly followed nobody with a quality": np.isnan(exposed),
            "without a quality in A": np.isnan(quality),
        },
    )
    if not kept.any():
        raise DataError("nobody is left", where="experiment exposure", hint=_told(excluded))
    low, high = np.quantile(exposed[kept], [how.share, 1 - how.share])
    kept, between = _kept(
        kept, {"newly followed people between the thirds": (exposed > low) & (exposed <= high)}
    )
    better = np.where(np.isnan(after), np.nan, after > quality)
    first, second = c["quality_first_a"], c["quality_second_a"]
    unknown = np.isnan(first) | np.isnan(second)
    table = {
        "user": c["number"],
        "best": (exposed > high).astype(np.float64),
        "exposed": exposed,
        **described,
        "trend": _log_ratio(_acts(c, "second"), _acts(c, "first")),
        "near": np.where(np.isnan(c["near_a"]), np.nanmean(c["near_a"]), c["near_a"]),
        "near unknown": np.isnan(c["near_a"]).astype(np.float64),
        "new follows": np.log1p(c["new_ties_b"]),
        "better": better,
        "change": after - quality,
        "better before": np.where(unknown, np.nan, second > first),
        "change before": second - first,
        "community": communities,
        **_bins(kept, how.bins, tenure=described["tenure"], activity=described["activity"]),
        **_bins(kept, how.bins, ties=c["new_ties_b"]),
    }
    table = {name: values[kept] for name, values in table.items()}
    covariates = [*SHARED, "trend", "near", "near unknown", "new follows"]
    exact = ["tenure bin", "activity bin", "ties bin"]
    matched = _matched(table, "best", covariates, "better", "better before", exact, how)
    change = _matched(table, "best", covariates, "change", "change before", exact, how)
    return Exposure(
        matched,
        change,
        _survivors(table, covariates, exact, how),
        (*excluded, *between),
        table,
    )


def imbalance(
    users: Users, communities: Int[np.ndarray, " user"], how: Experiments | None = None
) -> Imbalance:
    """Return E2. Raises `DataError` where nobody is left in an arm, or `og.match` refuses."""
    how = how or Experiments()
    refuse_leaks(
        {
            "covariate": ["quality_a", "uploads_a", "acts_a"],
            "exposure": ["near_a"],
            "outcome": ["uploads_c", "acts_c"],
        },
        users.window,
    )
    c, described = users.columns, _described(users)
    quality = np.where(c["scored_a"] >= how.least, c["quality_a"], np.nan)
    gap = c["near_a"] - quality
    before, after = (
        (c["uploads_a"] + c["acts_a"]) / users.windows.days("A"),
        (c["uploads_c"] + c["acts_c"]) / users.windows.days("C"),
    )
    kept, excluded = _kept(
        np.ones(users.number, bool),
        {
            "began after window A": np.isnan(c["begun_a"]),
            "without a quality in A": np.isnan(quality),
            "followed nobody with a quality": np.isnan(c["near_a"]),
            "did nothing in A": before == 0,
        },
    )
    if not kept.any():
        raise DataError("nobody is left", where="experiment imbalance", hint=_told(excluded))
    first, second = _acts(c, "first"), _acts(c, "second")
    worst, best = np.quantile(gap[kept], [how.extreme, 1 - how.extreme])
    edge = np.quantile(np.abs(gap[kept]), how.middle)
    small = np.abs(gap) <= edge
    table = {
        "user": c["number"],
        "gap": gap,
        **described,
        "quality trend": _or_zero(c["quality_second_a"] - c["quality_first_a"]),
        "declined": (after < before / 2).astype(np.float64),
        "declined before": np.where(first > 0, second < first / 2, np.nan),
        "community": communities,
        **_bins(kept, how.bins, tenure=described["tenure"], activity=described["activity"]),
        "far better": _arms(gap > best, small),
        "far worse": _arms(gap < worst, small),
        "better": _arms(gap > edge, small),
    }
    table = {name: values[kept] for name, values in table.items()}
    covariates = [*SHARED, "quality trend"]
    exact = ["tenure bin", "activity bin"]
    said = ("declined", "declined before", exact, how)
    try:
        mirror = _matched(table, "far worse", covariates, *said)
    except DataError:
        mirror = None
    return Imbalance(
        _matched(table, "far better", covariates, *said),
        mirror,
        _matched(table, "better", covariates, *said, dose="gap"),
        excluded,
        table,
    )


def _described(users: Users) -> dict[str, Float[np.ndarray, " user"]]:
    """Return what everybody was like in A; counts as log(1 + count)."""
    c = users.columns
    counted = {
        **{name: c[f"{name}_a"] for name in ("uploads", "given", "received", "logins")},
        **{name: c[f"{name}_a"] for name in ("following", "followers")},
        "activity": c["uploads_a"] + c["acts_a"],
    }
    mutual = c["mutual_a"] / np.maximum(c["following_a"], 1)
    return {
        "tenure": (users.windows.t0 - c["begun_a"]) / DAY,
        **{name: np.log1p(values.astype(np.float64)) for name, values in counted.items()},
        "reciprocity": mutual,
        "quality": c["quality_a"],
    }


def _matched(
    table: dict[str, Column],
    treatment: str,
    covariates: list[str],
    outcome: str,
    before: str | None,
    exact: list[str],
    how: Experiments,
    dose: str | None = None,
    placebos: int | None = None,
) -> Matched:
    """Return the rows of both arms, matched; with a dose, a control may serve several."""
    rows = ~np.isnan(table[treatment])
    return match(
        {name: values[rows] for name, values in table.items()},
        treatment,
        covariates,
        outcome,
        before=before,
        exact=exact,
        cluster="community",
        identity="user",
        dose=dose,
        replace=how.replace or dose is not None,
        confidence=how.confidence,
        resamples=how.resamples,
        placebos=how.placebos if placebos is None else placebos,
        seed=how.seed,
    )


def _survivors(
    table: dict[str, Column], covariates: list[str], exact: list[str], how: Experiments
) -> Survivors:
    best, missing = table["best"] == 1, np.isnan(table["better"])

    def filled(values: Any) -> Effect:
        whole = table | {"better": np.where(missing, values, table["better"])}
        return _matched(whole, "best", covariates, "better", None, exact, how, placebos=0).effect

    return Survivors(
        int(best.sum()),
        int((best & missing).sum()),
        int((~best).sum()),
        int((~best & missing).sum()),
        filled(0.0),
        filled(1.0),
        filled((~best).astype(np.float64)),
        filled(best.astype(np.float64)),
    )


def _kept(
    so_far: Bool[np.ndarray, " user"], rules: Mapping[str, Bool[np.ndarray, " user"]]
) -> tuple[Bool[np.ndarray, " user"], tuple[Excluded, ...]]:
    kept, excluded = so_far.copy(), []
    for rule, out in rules.items():
        if count := int(np.count_nonzero(kept & out)):
            excluded.append(Excluded(rule, count))
            kept &= ~out
    return kept, tuple(excluded)


def _bins(
    kept: Bool[np.ndarray, " user"], bins: int, **values: Column
) -> dict[str, Int[np.ndarray, " user"]]:
    """Return in which quantile of those kept each is."""
    cuts = np.arange(1, bins) / bins
    return {
        f"{name} bin": np.searchsorted(np.unique(np.quantile(v[kept], cuts)), v, "left")
        for name, v in values.items()
    }


def _arms(
    treated: Bool[np.ndarray, " user"], control: Bool[np.ndarray, " user"]
) -> Float[np.ndarray, " user"]:
    """Return 1 for treated, 0 for controls, NaN for neither."""
    return np.where(treated, 1.0, np.where(control, 0.0, np.nan))


def _acts(columns: Mapping[str, Column], half: str) -> Float[np.ndarray, " user"]:
    return (columns[f"uploads_{half}_a"] + columns[f"acts_{half}_a"]).astype(np.float64)


def _log_ratio(
    one: Float[np.ndarray, " user"], other: Float[np.ndarray, " user"]
) -> Float[np.ndarray, " user"]:
    return np.log1p(one) - np.log1p(other)


def _or_zero(values: Float[np.ndarray, " user"]) -> Float[np.ndarray, " user"]:
    return np.where(np.isnan(values), 0.0, values)


def _told(excluded: tuple[Excluded, ...]) -> str:
    return "left out: " + "; ".join(f"{one.rule} ({one.number})" for one in excluded)
