"""Which rows of a table may be matched: every other is left out by a named rule, and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from ontogeny.core.errors import DataError
from ontogeny.social.matching.columns import MISSING, crossed, labels, numbers
from ontogeny.social.matching.design import Design


class Excluded(NamedTuple):
    """A rule, and how many rows, or covariates, it left out."""

    rule: str
    number: int


@dataclass(frozen=True, eq=False)
class Admitted:
    """The rows that may be matched. Every array has them along its first axis."""

    row: Int[np.ndarray, " n"]
    """Where they are in the table."""
    treated: Bool[np.ndarray, " n"]
    covariates: Float[np.ndarray, "n d"]
    names: tuple[str, ...]
    """Of the covariates that vary."""
    stratum: Int[np.ndarray, " n"]
    cluster: Int[np.ndarray, " n"] | None
    outcome: Float[np.ndarray, " n"] | None
    before: Float[np.ndarray, " n"] | None
    """NaN where it is missing or infinite, which leaves no row out."""
    dose: Float[np.ndarray, " n"] | None
    excluded: tuple[Excluded, ...]


def admit(columns: dict[str, Shaped[np.ndarray, " row"]], design: Design) -> Admitted:
    """Return the rows that may be matched, and what was left out.

    Raises `DataError` for a column of another type, a treatment of other than two values, no
    treated rows, no controls, covariates that are all constant, or one cluster alone.
    """
    treatment = numbers(columns[design.treatment], design.treatment)
    n = len(treatment)
    seen = np.unique(treatment[~np.isnan(treatment)])
    if not set(seen) <= {0.0, 1.0}:
        raise DataError(
            f"it has {len(seen)} values, such as {seen[-1]:g}",
            where=f"column {design.treatment}",
            hint="a treatment is 0 or 1, or a truth value",
        )
    single = {
        name: numbers(columns[name], name)
        for name in (design.outcome, design.dose, *design.covariates)
        if name is not None
    }
    before = numbers(columns[design.before], design.before) if design.before else None
    stratum = crossed([labels(columns[name]) for name in design.exact], n)
    cluster = labels(columns[design.cluster]) if design.cluster else None
    kept = np.ones(n, bool)
    excluded: list[Excluded] = []

    def leave_out(rule: str, rows: np.ndarray) -> None:
        if count := int(np.count_nonzero(rows & kept)):
            excluded.append(Excluded(rule, count))
            kept[rows] = False

    leave_out(f"{design.treatment} is missing", np.isnan(treatment))
    for name, values in single.items():
        doses = name == design.dose  # which a control need not have
        leave_out(
            f"{name} is missing or infinite",
            ~np.isfinite(values) & ((treatment == 1) | (not doses)),
        )
    leave_out("a column of exact is missing", stratum == MISSING)
    if cluster is not None:
        leave_out(f"{design.cluster} is missing", cluster == MISSING)
    if design.identity:
        identity = labels(columns[design.identity])
        _refuse_twins(identity, treatment, kept, design.identity, leave_out)
    treated = treatment == 1
    for word, of_them in (("treated", treated), ("untreated", ~treated)):
        if not np.any(kept & of_them):
            raise DataError(
                f"no row is {word}, of {n}",
                where=f"column {design.treatment}",
                hint=_told(excluded) or "give rows with 0 and rows with 1",
            )
    row = np.flatnonzero(kept)
    names = [name for name in design.covariates if np.ptp(single[name][row]) > 0]
    if not names:
        raise DataError(
            "they are all constant", where="covariates", hint="name one that differs among rows"
        )
    excluded += [
        Excluded(f"covariate {name} is constant", 1)
        for name in design.covariates
        if name not in names
    ]
    if cluster is not None and np.ptp(cluster[row]) == 0:
        raise DataError(
            f"all {len(row)} rows are in one cluster, which tells nothing of others",
            where=f"column {design.cluster}",
            hint="leave the cluster out, and intervals are over pairs",
        )
    return Admitted(
        row,
        treated[row],
        np.stack([single[name][row] for name in names], axis=1),
        tuple(names),
        stratum[row],
        None if cluster is None else np.unique(cluster[row], return_inverse=True)[1],
        None if design.outcome is None else single[design.outcome][row],
        None if before is None else np.where(np.isfinite(before), before, np.nan)[row],
        None if design.dose is None else single[design.dose][row],
        tuple(excluded),
    )


def _refuse_twins(
    identity: np.ndarray,
    treatment: np.ndarray,
    kept: np.ndarray,
    name: str,
    leave_out: Callable[[str, np.ndarray], None],
) -> None:
    """Leave out, of the rows that are kept so far, those of nobody and of somebody who came."""
    leave_out(f"{name} is missing", identity == MISSING)
    rows = np.flatnonzero(kept)
    if not len(rows):
        return
    who, first, member = np.unique(identity[rows], return_index=True, return_inverse=True)
    times, treated = np.bincount(member), np.bincount(member, treatment[rows], len(who))
    both, later = np.zeros_like(kept), np.zeros_like(kept)
    both[rows] = ((treated > 0) & (treated < times))[member]
    later[rows] = True
    later[rows[first]] = False
    leave_out(f"{name} is both treated and untreated", both)
    leave_out(f"{name} came in an earlier row", later)


def _told(excluded: list[Excluded]) -> str:
    return "left out: " + "; ".join(f"{e.rule} ({e.number})" for e in excluded) if excluded else ""
