"""What matching found: one frozen value with every table in it, that prints as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.json_values import json_value
from ontogeny.social.matching.admission import Admitted, Excluded
from ontogeny.social.matching.balance import Balance
from ontogeny.social.matching.controls import Controls
from ontogeny.social.matching.design import Design
from ontogeny.social.matching.dose import DoseResponse
from ontogeny.social.matching.effects import Effect, Risks
from ontogeny.social.matching.pairing import Paired
from ontogeny.social.matching.sensitivity import Bounds, EValue
from ontogeny.social.matching.verdict import Verdict


class Findings(NamedTuple):
    """What is found of an outcome."""

    naive: Effect
    """The difference of all treated and all untreated rows, before matching."""
    effect: Effect
    adjusted: Effect
    risks: Risks | None
    bounds: Bounds
    e_value: EValue
    dose: DoseResponse | None
    controls: Controls
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Matched:
    """Pairs, their balance, and what they say of the outcome, if there is one."""

    design: Design
    rows: Admitted
    paired: Paired
    alone: tuple[Excluded, ...]
    """Treated rows without a control, by what kept them so."""
    balance: Balance
    found: Findings | None
    notes: tuple[str, ...]

    @property
    def pairs(self) -> dict[str, Shaped[np.ndarray, " m"]]:
        """A table with a row for each pair: the rows of your table, the weight, and how far apart
        they are on the logit of the propensity.
        """
        pairs, logit = self.paired.pairs, self.paired.propensity.logit
        return {
            "treated": self.rows.row[pairs.treated],
            "control": self.rows.row[pairs.control],
            "weight": pairs.weight,
            "apart": np.abs(logit[pairs.treated] - logit[pairs.control]),
        }

    @property
    def effect(self) -> Effect:
        """The effect on the treated. Raises `AttributeError` when no outcome was named."""
        if self.found is None:
            raise AttributeError("no outcome was named, so there is no effect")
        return self.found.effect

    def to_dict(self) -> dict[str, Any]:
        """Return all of it but the rows and the pairs, as JSON takes it; what is not finite is
        None.
        """
        fit = self.paired.propensity
        whole = {
            "design": vars(self.design),
            "rows": len(self.rows.row),
            "treated": int(self.rows.treated.sum()),
            "matched": len(self.paired.pairs.unique),
            "pairs": len(self.paired.pairs.treated),
            "caliper": self.paired.caliper,
            "excluded": [one._asdict() for one in (*self.rows.excluded, *self.alone)],
            "propensity": {
                "intercept": fit.intercept,
                "coefficients": dict(zip(fit.names, fit.coefficients, strict=True)),
                "converged": fit.converged,
                "certain": fit.certain,
            },
            "balance": vars(self.balance),
            "notes": self.notes,
        }
        if self.found is not None:
            told = self.found._asdict()
            controls = self.found.controls
            told["controls"] = {
                **vars(controls),
                "past_differs": controls.past_differs,
                "placebo_fails": controls.placebo_fails,
            }
            whole |= told
        return json_value(whole)

    def __str__(self) -> str:
        fit, pairs, treated = (
            self.paired.propensity,
            self.paired.pairs,
            int(self.rows.treated.sum()),
        )
        lines = [
            f"{len(pairs.unique):,} of {treated:,} treated rows matched to "
            f"{len(np.unique(pairs.control)):,} of {len(self.rows.row) - treated:,} controls "
            f"({_rules(self.design)}; caliper {self.paired.caliper:.3g} on the logit)",
            *(f"left out: {e.rule}: {e.number:,}" for e in (*self.rows.excluded, *self.alone)),
            *(f"note: {note}" for note in self.notes),
            "",
            f"{'balance':<28}{'SMD before':>11}{'after':>8}{'var. ratio':>12}{'after':>8}",
        ]
        b = self.balance
        for name, *values in zip(
            *(b.names, b.before, b.after, b.variance_ratio_before, b.variance_ratio_after),
            strict=True,
        ):
            one, two, three, four = values
            lines.append(f"{_cut(name, 27):<28}{one:>+11.3f}{two:>+8.3f}{three:>12.2f}{four:>8.2f}")
        if self.found is not None:
            lines += ["", *_of_outcome(self.found, self.design), "", *_of_verdict(self.found)]
        if not fit.converged:
            lines.append("the propensity did not converge")
        return "\n".join(lines)


def _rules(design: Design) -> str:
    nearest = "the score" if design.within == "score" else "all covariates"
    exact = f", exact on {', '.join(design.exact)}" if design.exact else ""
    return (
        f"{design.ratio}:1, nearest on {nearest}, "
        f"{'with' if design.replace else 'without'} replacement{exact}"
    )


def _of_outcome(found: Findings, design: Design) -> list[str]:
    lines = [
        f"effect on {design.outcome} of {design.treatment}, for the treated "
        f"({found.effect.how}, {design.confidence:.0%} intervals)",
        f"  before matching   {found.naive}",
        f"  matched           {found.effect}",
        f"  and adjusted      {found.adjusted}",
    ]
    if (risk := found.risks) is not None:
        lines.append(
            f"  risk              {risk.treated:.4g} against {risk.control:.4g}: relative "
            f"{risk.relative:.3g} [{risk.low:.3g}, {risk.high:.3g}]"
        )
        if risk.mcnemar is not None:
            lines.append(
                f"  McNemar           {risk.only_treated} against {risk.only_control} pairs, "
                f"p {risk.mcnemar:.2g}"
            )
    lines.append(
        f"  to explain it away an unseen cause needs gamma {found.bounds.largest:.2f} "
        f"({found.bounds.test}), E-value {found.e_value.estimate:.2f} "
        f"(of the interval {found.e_value.limit:.2f})"
    )
    if (past := found.controls.before) is not None:
        lines.append(f"  on {design.before}, before it {past}")
    if len(placebo := found.controls.placebo):
        lines.append(
            f"  permuted          mean {placebo[:, 0].mean():+.3g} of {len(placebo)}; "
            f"{found.controls.found} leave 0 out"
        )
    if (dose := found.dose) is not None:
        lines += ["", f"along {design.dose}: effect [interval], pairs"]
        for at, value, low, high, n in zip(
            dose.dose, dose.effect, dose.low, dose.high, dose.pairs, strict=True
        ):
            lines.append(f"  {at:>10.4g}  {value:+.4g} [{low:+.4g}, {high:+.4g}], {n:,}")
        lines.append(
            "  its sign does not turn"
            if dose.turn is None
            else f"  its sign turns {'upwards' if dose.turn.rising else 'downwards'} at "
            f"{dose.turn.dose:.4g} [{dose.turn.low:.4g}, {dose.turn.high:.4g}]"
        )
    return lines


def _of_verdict(found: Findings) -> list[str]:
    marks = {True: "yes", False: "NO", None: "?"}
    return [
        f"verdict: {found.verdict.word}",
        *(f"  {marks[r.holds]:<4}{r.rule}: {r.measured}" for r in found.verdict.rules),
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
