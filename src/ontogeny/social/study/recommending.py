"""Whom to recommend, by five rules: a list of creators for every user, none of whom they follow.

*Just above* is what the paper's findings suggest: people gain from seeing better content, and lose
heart where it is far better than their own. So it draws creators from a band that begins at a
user's own level. The others are what platforms do, and what to hold it against.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float, Int

from ontogeny.core.errors import ConfigError
from ontogeny.social.network.graph import Graph

BAND = 0.5  # standard deviations of quality, from one's own level up
TRIES = 3  # drawn for each place in a list: those that are followed already are dropped
NOBODY = -1


class Rule(Protocol):
    """Returns candidates for every user, more than are wanted, in the order of preference."""

    def __call__(
        self,
        quality: Float[np.ndarray, " user"],
        popularity: Float[np.ndarray, " user"],
        many: int,
        rng: np.random.Generator,
    ) -> Int[np.ndarray, "user candidate"]:
        """Creators are those whose quality is known; `NOBODY` where there is none to name."""
        ...


def recommend(
    rule: str,
    graph: Graph,
    quality: Float[np.ndarray, " user"],
    popularity: Float[np.ndarray, " user"],
    many: int = 5,
    seed: int = 0,
) -> Int[np.ndarray, "user {many}"]:
    """Return up to `many` creators for every user, who does not follow them yet; `NOBODY` fills up.

    `rule` is a name of `RULES`; creators are users whose quality is not NaN. Raises `ConfigError`
    for an unknown rule, or where nobody's quality is known.
    """
    if rule not in RULES:
        raise ConfigError(
            f"there is no rule {rule!r}", where="recommend", hint=f"use {', '.join(RULES)}"
        )
    if np.isnan(quality).all():
        raise ConfigError(
            "nobody's quality is known", where="recommend", hint="score some photos first"
        )
    rng = np.random.default_rng([seed, 41])
    drawn = RULES[rule](quality, popularity, many, rng)
    user = np.arange(graph.n)[:, None]
    wanted = (drawn != NOBODY) & (drawn != user) & ~_follows(graph, drawn) & ~_repeated(drawn)
    order = np.argsort(~wanted, axis=1, kind="stable")[:, :many]
    listed = np.where(np.take_along_axis(wanted, order, 1), np.take_along_axis(drawn, order, 1), -1)
    return np.pad(listed, ((0, 0), (0, many - listed.shape[1])), constant_values=NOBODY)


def just_above(
    quality: np.ndarray, popularity: np.ndarray, many: int, rng: np.random.Generator
) -> np.ndarray:
    """Return creators drawn evenly from the band above each user's own level; from the lowest band
    for who has none. Nobody is better than the best: they are shown the band below them.
    """
    creators = np.flatnonzero(~np.isnan(quality))
    ranked = creators[np.argsort(quality[creators], kind="stable")]
    levels = quality[ranked]
    band = BAND * float(levels.std())
    own = np.where(np.isnan(quality), levels[0], quality)
    first = np.searchsorted(levels, own, "right")
    last = np.searchsorted(levels, own + band, "right")
    alone = last - first < many  # the best: as many of those nearest to them
    first = np.where(alone, np.maximum(len(ranked) - 2 * many, 0), first)
    last = np.where(alone, len(ranked), last)
    place = first[:, None] + rng.random((len(own), TRIES * many)) * (last - first)[:, None]
    return ranked[place.astype(np.int64)]


def popular(
    quality: np.ndarray, popularity: np.ndarray, many: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the most popular creators, the same for all."""
    return _top(np.where(np.isnan(quality), -np.inf, popularity), many, len(quality))


def best(
    quality: np.ndarray, popularity: np.ndarray, many: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the creators of the highest quality, the same for all."""
    return _top(np.where(np.isnan(quality), -np.inf, quality), many, len(quality))


def alike(
    quality: np.ndarray, popularity: np.ndarray, many: int, rng: np.random.Generator
) -> np.ndarray:
    """Return creators drawn from the band around each user's own level."""
    creators = np.flatnonzero(~np.isnan(quality))
    ranked = creators[np.argsort(quality[creators], kind="stable")]
    half = max(round(len(ranked) * 0.05), many)
    levels = quality[ranked]
    own = np.searchsorted(levels, np.where(np.isnan(quality), levels[0], quality))
    first = np.clip(own - half, 0, max(len(ranked) - 2 * half, 0))
    reach = min(2 * half, len(ranked))
    return ranked[first[:, None] + rng.integers(reach, size=(len(own), TRIES * many))]


def at_random(
    quality: np.ndarray, popularity: np.ndarray, many: int, rng: np.random.Generator
) -> np.ndarray:
    """Return creators drawn evenly."""
    creators = np.flatnonzero(~np.isnan(quality))
    return creators[rng.integers(len(creators), size=(len(quality), TRIES * many))]


RULES: Mapping[str, Rule] = MappingProxyType({
    "just above": just_above,
    "popular": popular,
    "best": best,
    "alike": alike,
    "random": at_random,
})  # fmt: skip


def _top(values: np.ndarray, many: int, users: int) -> np.ndarray:
    """Return the highest for all users: more than `many`, as some follow some of them already."""
    listed = np.argsort(-values, kind="stable")[: 8 * many]
    listed = listed[np.isfinite(values[listed])]
    return np.broadcast_to(listed, (users, len(listed)))


def _follows(graph: Graph, drawn: np.ndarray) -> Bool[np.ndarray, "user candidate"]:
    """Return whether each user follows each candidate."""
    edges = graph.source.astype(np.int64) * graph.n + graph.target
    asked = np.arange(graph.n, dtype=np.int64)[:, None] * graph.n + np.maximum(drawn, 0)
    place = np.searchsorted(edges, asked)
    return (place < len(edges)) & (edges[np.minimum(place, len(edges) - 1)] == asked)


def _repeated(drawn: np.ndarray) -> Bool[np.ndarray, "user candidate"]:
    """Return whether a candidate stood in the list before."""
    order = np.argsort(drawn, axis=1, kind="stable")
    ranked = np.take_along_axis(drawn, order, 1)
    same = np.zeros(drawn.shape, bool)
    same[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
    found = np.empty_like(same)
    np.put_along_axis(found, order, same, 1)
    return found
