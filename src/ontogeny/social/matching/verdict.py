"""What a matching comes to, in one word, by rules that are written beside it.

`not supported`: the interval of the effect has 0 in it. `fragile`: it has not, but a rule below
fails. `supported`: every rule that could be asked holds; those that could not are said.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from ontogeny.social.matching.balance import LARGEST_SMD, VARIANCE_RATIOS, Balance
from ontogeny.social.matching.controls import LEVEL, Controls
from ontogeny.social.matching.effects import Effect
from ontogeny.social.matching.sensitivity import Bounds

Word: TypeAlias = Literal["supported", "fragile", "not supported"]
LEAST_MATCHED = 0.5
LEAST_GAMMA = 1.1
LEAST_CLUSTERS = 10


class Rule(NamedTuple):
    """A rule, what was measured, and whether it holds; None where it could not be asked."""

    rule: str
    measured: str
    holds: bool | None


class Verdict(NamedTuple):
    """The word, and the rules that it comes from."""

    word: Word
    rules: tuple[Rule, ...]

    @property
    def failed(self) -> tuple[Rule, ...]:
        """The rules that do not hold."""
        return tuple(rule for rule in self.rules if rule.holds is False)


def judge(
    effect: Effect,
    adjusted: Effect,
    balance: Balance,
    matched: float,
    bounds: Bounds,
    controls: Controls,
    clusters: int | None,
) -> Verdict:
    """Return the verdict. `matched` is the share of the treated rows that have a control."""
    low, high = VARIANCE_RATIOS
    ratios = balance.variance_ratio_after[:-1]
    past, (mean_p, found_p) = controls.before, (controls.mean_p, controls.found_p)
    same_sign = effect.value * adjusted.value > 0
    first = Rule("the interval of the effect leaves 0 out", str(effect), effect.differs)
    others = (
        Rule(
            "so does the one adjusted for what is left of the covariates, on the same side",
            str(adjusted),
            adjusted.differs and same_sign,
        ),
        Rule(
            f"every |SMD| below {LARGEST_SMD}, variance ratios from {low} to {high}",
            f"|SMD| up to {balance.worst:.3f}, ratios {ratios.min():.2f} to {ratios.max():.2f}",
            balance.balanced,
        ),
        Rule(
            f"at least {LEAST_MATCHED:.0%} of the treated have a control",
            f"{matched:.1%}",
            matched >= LEAST_MATCHED,
        ),
        Rule(
            f"no effect on the outcome before the treatment (p at least {LEVEL})",
            "no such outcome was given" if past is None else str(past),
            None if past is None else not controls.past_differs,
        ),
        Rule(
            "no effect of permuted treatments (p at least 0.01 for their mean and their number)",
            "fewer than five were made"
            if mean_p is None or found_p is None
            else f"mean {controls.placebo[:, 0].mean():+.3g}, p {mean_p:.2g}; "
            f"{controls.found} of {len(controls.placebo)} leave 0 out, p {found_p:.2g}",
            None if controls.placebo_fails is None else not controls.placebo_fails,
        ),
        Rule(
            f"something unseen must change the odds of treatment by at least {LEAST_GAMMA} to "
            "explain it away (Rosenbaum)",
            f"{bounds.test}: gamma {bounds.largest:.2f}",
            bounds.largest >= LEAST_GAMMA,
        ),
        Rule(
            f"at least {LEAST_CLUSTERS} clusters",
            "no clusters were given" if clusters is None else f"{clusters} clusters",
            None if clusters is None else clusters >= LEAST_CLUSTERS,
        ),
    )
    word: Word = "supported"
    if any(rule.holds is False for rule in others):
        word = "fragile"
    return Verdict(word if first.holds else "not supported", (first, *others))
