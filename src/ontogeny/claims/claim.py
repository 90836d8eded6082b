"""A claim: what a paper says, what was measured here, and whether it holds by the rule beside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from ontogeny.ops.statistics import Interval


@dataclass(frozen=True)
class Claim:
    """One claim. `measured` carries the means and their intervals; `threshold` is the rule that
    decides `holds`.
    """

    claim: str
    paper: str
    measured: str
    threshold: str
    holds: bool

    @classmethod
    def above(
        cls,
        claim: str,
        paper: str,
        measured: str,
        *differences: Interval,
        threshold: str = "the interval of the difference above 0",
    ) -> Self:
        """Return the claim that holds when every interval lies above 0."""
        return cls(claim, paper, measured, threshold, all(bool(d.low > 0) for d in differences))
