"""What people of a platform do in a stretch of days: uploads, logins, favourites. Arrays with a
value a row, rows in the order of users.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Int32

from ontogeny.worlds.platform.follow_graphs import Follows

SLOTS = 8  # a user, on average, of the table that famous ones are drawn from


class Acts(NamedTuple):
    """Who did something, and when, in days."""

    user: Int32[np.ndarray, " row"]
    day: Float[np.ndarray, " row"]

    def of(self, rows: Bool[np.ndarray, " row"]) -> Acts:
        """Return some of the rows."""
        return Acts(self.user[rows], self.day[rows])


class Feed(NamedTuple):
    """Where people look: at those whom they follow, and at the famous."""

    target: Int32[np.ndarray, " follow"]
    first: Int[np.ndarray, " users+1"]
    """Where each user's followees begin among the targets."""
    famous: Int32[np.ndarray, " slot"]

    def seen(
        self, viewer: Int32[np.ndarray, " row"], near: float, rng: np.random.Generator
    ) -> Int32[np.ndarray, " row"]:
        """Return somebody for each viewer: with probability `near` one whom they follow."""
        degree = np.diff(self.first)[viewer]
        local = (rng.random(len(viewer)) < near) & (degree > 0)
        found = self.famous[rng.integers(len(self.famous), size=len(viewer))]
        followee = self.first[viewer[local]] + _below(degree[local], rng)
        found[local] = self.target[followee]
        return found


def feed_of(follows: Follows, fame: Float[np.ndarray, " user"]) -> Feed:
    """Return the feed of a graph; the famous are looked at in proportion to `fame`."""
    slots = np.rint(np.cumsum(fame) / fame.sum() * SLOTS * follows.users).astype(np.int64)
    famous = np.repeat(np.arange(follows.users, dtype=np.int32), np.diff(slots, prepend=0))
    degree = np.bincount(follows.source, minlength=follows.users)
    return Feed(follows.target, np.append(0, np.cumsum(degree)), famous)


def acts(
    per_day: Float[np.ndarray, " user"],
    joined: Float[np.ndarray, " user"],
    begin: float,
    end: float,
    rng: np.random.Generator,
) -> Acts:
    """Return acts from `begin` to `end`, as many as Poisson's law has of so many a day; nobody does
    anything before they join.
    """
    since = np.maximum(joined, begin)
    span = np.maximum(end - since, 0)
    times = rng.poisson(per_day * span)
    user = np.repeat(np.arange(len(per_day), dtype=np.int32), times)
    return Acts(user, since[user] + rng.random(len(user)) * span[user])


def favourites(
    given: Acts,
    feed: Feed,
    photos: Acts,
    end: float,
    rng: np.random.Generator,
) -> tuple[Acts, Int[np.ndarray, " row"]]:
    """Return who favoured when, and the row of `photos` (in the order of users) that each favoured.

    The owner is drawn from the feed, and the photo from the owner's; who finds none favours
    nothing. Nobody favours their own, or one that is not there yet.
    """
    owner = feed.seen(given.user, 0.5, rng)
    count = np.bincount(photos.user, minlength=len(feed.first) - 1)
    there = (count[owner] > 0) & (owner != given.user)
    owner, given = owner[there], given.of(there)
    photo = (np.cumsum(count) - count)[owner] + _below(count[owner], rng)
    taken = photos.day[photo]
    later = taken + rng.random(len(taken)) * (end - taken)
    return Acts(given.user, np.where(given.day > taken, given.day, later)), photo


def mean_by(
    user: Int32[np.ndarray, " row"], values: Float[np.ndarray, " row"], users: int
) -> Float[np.ndarray, " user"]:
    """Return each user's mean of the values that are known; NaN for who has none."""
    known = ~np.isnan(values)
    count = np.bincount(user[known], minlength=users)
    total = np.bincount(user[known], values[known], users)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def standard(values: Float[np.ndarray, " user"]) -> Float[np.ndarray, " user"]:
    """Return the values in deviations from their mean; 0 for those that are unknown."""
    known = ~np.isnan(values)
    spread = values[known].std() if known.any() else 0.0
    middle = values[known].mean() if known.any() else 0.0
    return np.where(known, (values - middle) / (spread if spread > 0 else 1.0), 0.0)


def _below(most: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a whole number from 0 and below each of `most`."""
    return (rng.random(len(most)) * most).astype(np.int64)
