"""Whom people of a simulated platform follow, and since when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped

from ontogeny.worlds.platform.acts import standard
from ontogeny.worlds.platform.follow_graphs import Follows, once
from ontogeny.worlds.platform.people import People
from ontogeny.worlds.platform.tables import times

LOOKED_AT = 6  # people whom one looks at before following one of them
NEAR = 0.3  # of these: followees of a followee
MORE = 1.2  # new followees of who is of average activity, in B
TASTE, BY_QUALITY, BY_ACTIVITY, BY_HIDDEN = 0.3, 0.8, 0.25, 0.8
"""How much one goes by quality: on average, and how that goes by one's own quality, and so on."""
TODAY = 3  # people whom everybody follows in the last days, where a leak is planted


class Seen(NamedTuple):
    """What everybody could see in window A."""

    quality: Float[np.ndarray, " user"]
    """Mean score, NaN without scored photos."""
    near: Float[np.ndarray, " user"]
    """Mean quality of followees."""
    activity: Float[np.ndarray, " user"]
    received: Float[np.ndarray, " user"]
    """Favourites."""


def newly_followed(people: People, seen: Seen, rng: np.random.Generator) -> Follows:
    """Return who newly follows whom in B.

    Out of a few people, most of them drawn by popularity, one is followed: by quality times one's
    own taste for it, plus Gumbel's noise. Taste goes by what is in the tables of A, and by the
    hidden cause.
    """
    n = people.follows.users
    active = standard(np.log1p(seen.activity))
    own, busy = standard(seen.quality), np.exp(0.5 * active)
    taste = TASTE + BY_QUALITY * own + BY_ACTIVITY * active + BY_HIDDEN * people.hidden
    times_new = rng.poisson(MORE * busy * (people.joined < _end_of_a(people)))
    source = np.repeat(np.arange(n, dtype=np.int32), times_new)
    chosen, best = source, np.full(len(source), -np.inf)
    for _ in range(LOOKED_AT):
        through = people.feed.seen(source, NEAR, rng)
        nearer = people.feed.seen(through, NEAR, rng)
        worth = taste[source] * own[nearer] - np.log(-np.log(1 - rng.random(len(source))))
        chosen, best = np.where(worth > best, nearer, chosen), np.maximum(worth, best)
    old = people.follows
    new = once(n, source, chosen)
    fresh = ~_among(_keys(new), _keys(old))
    fresh &= people.joined[new.target] < _end_of_a(people)
    return Follows(n, new.source[fresh], new.target[fresh])


def follow_table(
    people: People,
    new: Follows,
    seen: Seen,
    better: Bool[np.ndarray, " user"] | None,
    days: int,
    rng: np.random.Generator,
) -> dict[str, Shaped[np.ndarray, " follow"]]:
    """Return who follows whom since when, in the order of time: the graph in A, or since both are
    there; new ones in B; and, where people are `better` or not, a few in the last days.
    """
    old, third = people.follows, days / 3
    parts = [(old, _since(people.joined, old, third, days, rng))]
    parts.append((new, third * (1 + rng.random(len(new.source)))))
    if better is not None:
        leaked = _of_today(better, seen.quality, rng)
        taken = np.concatenate([_keys(old), _keys(new)])
        leaked_new = ~_among(_keys(leaked), np.sort(taken))
        leaked_new &= people.joined[leaked.source] < 2 * third
        leaked_new &= people.joined[leaked.target] < 2 * third
        leaked = Follows(old.users, leaked.source[leaked_new], leaked.target[leaked_new])
        parts.append((leaked, days * (1 - 0.02 * rng.random(len(leaked.source)))))
    day = np.concatenate([part[1] for part in parts])
    order = np.argsort(day, kind="stable")
    return {
        "source": np.concatenate([part[0].source for part in parts])[order].astype(np.int64),
        "target": np.concatenate([part[0].target for part in parts])[order].astype(np.int64),
        "time": times(day[order]),
    }


def _end_of_a(people: People) -> float:
    return people.days / 3


def _since(
    joined: np.ndarray, graph: Follows, third: float, days: int, rng: np.random.Generator
) -> np.ndarray:
    begin = np.maximum(joined[graph.source], joined[graph.target])
    end = np.where(begin < third, third, days)
    return begin + rng.random(len(begin)) * (end - begin)


def _of_today(better: np.ndarray, quality: np.ndarray, rng: np.random.Generator) -> Follows:
    known = np.flatnonzero(~np.isnan(quality))
    ordered = known[np.argsort(quality[known])]
    tenth = max(1, len(ordered) // 10)
    source = np.repeat(np.arange(len(quality)), TODAY)
    at = rng.integers(tenth, size=len(source))
    target = np.where(better[source], ordered[-1 - at], ordered[at])
    return once(len(quality), source, target)


def _keys(graph: Follows) -> np.ndarray:
    return graph.source.astype(np.int64) * graph.users + graph.target


def _among(some: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Return which of some keys are among others in order."""
    at = np.searchsorted(ordered, some)
    return ordered[np.minimum(at, len(ordered) - 1)] == some
