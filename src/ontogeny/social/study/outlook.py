"""What a recommender of links would do to people, if what the study measured is true.

Everybody is shown a list by one rule, and follows each of it with the same probability. The effect
of the new followees' quality, and of the gap between all followees and oneself, is read from the
measured curves. What is assumed, and can be wrong: the curves are causes, and the same for all;
they are linear between what was measured, and level beyond; lists of all rules are accepted alike;
nobody unfollows; and whom one is shown changes nothing but one's own outcomes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.social.network.graph import Graph
from ontogeny.social.network.quadrants import quadrants
from ontogeny.social.study.recommending import NOBODY, RULES, recommend

ACCEPTED = 0.3  # of what is shown


class Curve(NamedTuple):
    """The effect on a probability along a quantity, and its standard errors; `at` rises."""

    at: Float[np.ndarray, " step"]
    effect: Float[np.ndarray, " step"]
    error: Float[np.ndarray, " step"]

    def drawn(self, times: int, rng: np.random.Generator) -> Float[np.ndarray, "draw step"]:
        """Return curves that may as well be: the measured one first."""
        drawn = self.effect + rng.normal(size=(times, len(self.at))) * self.error
        return np.concatenate([self.effect[None], drawn])


class Outlook(NamedTuple):
    """What a rule is expected to do, with 95 % intervals for what the curves leave open."""

    rule: str
    better: tuple[float, float, float]
    """Rise in the share of users who upload better photos: expected, low, high."""
    declining: tuple[float, float, float]
    """Rise in the share of users whose activity declines."""
    exposed: float
    """Mean quality of those newly followed, less that of who follows."""
    gap: float
    """Mean gap between followees and oneself, afterwards."""
    reached: float
    """Share of creators who gain a follower."""
    talent: float
    """Share of new follows that go to creators of high quality whom few see."""


def outlooks(
    graph: Graph,
    quality: Float[np.ndarray, " user"],
    popularity: Float[np.ndarray, " user"],
    exposure: Curve,
    gap: Curve,
    *,
    rules: tuple[str, ...] = tuple(RULES),
    many: int = 5,
    accepted: float = ACCEPTED,
    resamples: int = 500,
    seed: int = 0,
) -> tuple[Outlook, ...]:
    """Return what each rule is expected to do to users whose own quality is known."""
    return tuple(
        _outlook(
            rule,
            graph,
            quality,
            popularity,
            accept(recommend(rule, graph, quality, popularity, many, seed), accepted, seed),
            exposure,
            gap,
            np.random.default_rng([seed, 43]),
            resamples,
        )
        for rule in rules
    )


def accept(
    listed: Int[np.ndarray, "user place"], probability: float, seed: int
) -> Int[np.ndarray, "user place"]:
    """Return who of the list is followed: each with this probability, `NOBODY` in other places."""
    rng = np.random.default_rng([seed, 42])
    return np.where(rng.random(listed.shape) < probability, listed, NOBODY)


def _outlook(
    rule: str,
    graph: Graph,
    quality: np.ndarray,
    popularity: np.ndarray,
    followed: np.ndarray,
    exposure: Curve,
    gap: Curve,
    rng: np.random.Generator,
    resamples: int,
) -> Outlook:
    new = followed != NOBODY
    seen = np.where(new, quality[np.maximum(followed, 0)], 0.0)
    count, total = new.sum(axis=1), seen.sum(axis=1)
    known = ~np.isnan(quality[graph.target])
    source, of_target = graph.source[known], quality[graph.target[known]]
    before_count = np.bincount(source, minlength=graph.n)
    before_total = np.bincount(source, of_target, graph.n)
    own = ~np.isnan(quality)
    takes = own & (count > 0)
    exposed = total[takes] / count[takes]
    after = _gap(before_total + total, before_count + count, quality)
    before = _gap(before_total, before_count, quality)
    lifted = exposure.drawn(resamples, rng) @ _weights(exposure, exposed)
    moved = takes & ~np.isnan(before)
    strained = gap.drawn(resamples, rng) @ (
        _weights(gap, after[moved]) - _weights(gap, before[moved])
    )
    gained = np.unique(followed[new])
    part = quadrants(quality, popularity)
    unseen = part.good & part.unseen
    return Outlook(
        rule,
        _interval(lifted * takes.sum() / own.sum()),
        _interval(strained * moved.sum() / own.sum()),
        float(np.mean(exposed - quality[takes])) if takes.any() else float("nan"),
        float(np.nanmean(np.where(own, after, np.nan))),
        len(gained) / int(own.sum()),
        float(unseen[followed[new]].mean()) if new.any() else 0.0,
    )


def _gap(total: np.ndarray, count: np.ndarray, quality: np.ndarray) -> np.ndarray:
    near = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return near - quality


def _weights(curve: Curve, at: np.ndarray) -> Float[np.ndarray, " step"]:
    """Return how much each of the curve's values counts in the mean effect at some places."""
    if len(at) == 0:
        return np.zeros(len(curve.at))
    return np.array([np.interp(at, curve.at, unit).mean() for unit in np.eye(len(curve.at))])


def _interval(draws: np.ndarray) -> tuple[float, float, float]:
    low, high = np.quantile(draws[1:], [0.025, 0.975])
    return float(draws[0]), float(low), float(high)
