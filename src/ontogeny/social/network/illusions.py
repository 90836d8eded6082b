"""What people see around them is not how people are.

Friendship paradox: followees have more followers than oneself has, on average, since who is
followed by many is met often: over follows, the mean of the in-degree is E[k²] / E[k]. The same for
quality and for popularity. Majority illusion: for more than half of whom one follows to be of the
best tenth, where a tenth of all are; beside how often that is so when followees are drawn from all
alike. It comes from few: those of the best whom many follow who have it.
Sources: Feld 1991; Eom and Jo 2014; Lerman, Yan and Wu 2016.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import bdtrc

from ontogeny.social.network.graph import Graph, neighbour_means


class Paradox(NamedTuple):
    """For whom followees have more, of users for whom both are known."""

    known: Bool[np.ndarray, " n"]
    more: Bool[np.ndarray, " n"]
    own: float
    """The mean over users,"""
    met: float
    """and over follows: of whoever is followed."""

    @property
    def share(self) -> float:
        """Of users for whom the mean of followees is above their own."""
        return float(self.more[self.known].mean()) if self.known.any() else float("nan")


class Illusion(NamedTuple):
    """The majority illusion: for whom most of whom they follow are among the best."""

    best: Bool[np.ndarray, " n"]
    asked: Bool[np.ndarray, " n"]
    """Who follows somebody whose quality is known."""
    deceived: Bool[np.ndarray, " n"]
    by_chance: float
    """The share of those asked for whom it would be so if followees were drawn from all alike."""
    nodes: Int[np.ndarray, " node"]
    """Of the best, those whom most of the deceived follow, the first the most."""
    follows: Int[np.ndarray, " node"]
    """How many of the deceived follow each."""
    followers: Int[np.ndarray, " node"]

    @property
    def share(self) -> float:
        """Of those asked who are deceived."""
        return float(self.deceived[self.asked].mean()) if self.asked.any() else float("nan")


def friendship_paradox(graph: Graph, values: Float[np.ndarray, " n"]) -> Paradox:
    """Return for whom followees have more of a quantity than they have themselves."""
    around = neighbour_means(graph, values)
    known = ~np.isnan(values) & ~np.isnan(around)
    met = values[graph.target]
    met = met[~np.isnan(met)]
    have = values[~np.isnan(values)]
    return Paradox(
        known,
        known & (np.nan_to_num(around) > np.nan_to_num(values)),
        float(have.mean()) if len(have) else float("nan"),
        float(met.mean()) if len(met) else float("nan"),
    )


def majority_illusion(
    graph: Graph, values: Float[np.ndarray, " n"], top: float = 0.1, most: int = 20
) -> Illusion:
    """Return for whom more than half of their followees, of those whose value is known, are of the
    `top` share; and the nodes that this comes from.
    """
    known = ~np.isnan(values)
    best = highest(values, top)
    share = neighbour_means(graph, np.where(known, best * 1.0, np.nan))
    asked = ~np.isnan(share)
    deceived = asked & (np.nan_to_num(share) > 0.5)
    degree = np.bincount(graph.source[known[graph.target]], minlength=graph.n)[asked]
    rate = best.sum() / max(known.sum(), 1)
    chance = bdtrc(degree // 2, degree, rate) if len(degree) else np.zeros(1)
    counted = best[graph.target] & deceived[graph.source]
    follows = np.bincount(graph.target[counted], minlength=graph.n)
    first = np.argsort(-follows, kind="stable")[:most]
    first = first[follows[first] > 0]
    return Illusion(
        best,
        asked,
        deceived,
        float(np.mean(chance)),
        first,
        follows[first],
        graph.in_degree[first],
    )


def highest(values: Float[np.ndarray, " n"], share: float) -> Bool[np.ndarray, " n"]:
    """Return who is of the highest `share` of those whose value is known, no more than that: of
    equal ones at the edge none.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), bool)
    bar = np.sort(known)[::-1][min(int(share * len(known)), len(known) - 1)]
    return np.nan_to_num(values, nan=-np.inf) > bar
