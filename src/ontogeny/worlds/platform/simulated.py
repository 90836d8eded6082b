"""A platform where people show photos, follow each other, and what that does to them is known.

People have skill, alike among those who are linked; their photos' scores scatter around it, and
around waves of their own, so that who was good in a while falls back. They log in, favour photos,
and join at some day. Three windows of equal length: in A all is as they are; in B they follow new
people, the better the better they did in A themselves; in C comes what was planted
(`platform_effects`). So the plain difference misleads: who follows the best falls back furthest.
Hidden: a cause that nobody sees has people follow better ones, and grow better and less active by
itself. Leak: nothing is an effect, but who did well in C follows better people at its end, and who
did not follows worse, so that quantities as of today tell of the outcome.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

from ontogeny.worlds.platform.acts import mean_by, standard
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.effects import (
    BOTTOM,
    THIRDS,
    TOP,
    TURN,
    Truth,
    effect_on,
    lift,
    ranks,
    strain,
)
from ontogeny.worlds.platform.follow_graphs import Follows
from ontogeny.worlds.platform.follows import Seen, follow_table, newly_followed
from ontogeny.worlds.platform.people import gather
from ontogeny.worlds.platform.stretch import Stretch, lived
from ontogeny.worlds.platform.tables import event_table, photo_table

DECLINE = -1.2  # the logit of declining, of somebody of average quality and popularity
BY_QUALITY, BY_FAVOUR = -0.3, -0.25  # and how it goes by these, in deviations


class Platform(NamedTuple):
    """The three tables, as columns, and the truth. Ids count from 0; users are of all tables.

    `photos`: id, user, time, score (NaN: not scored). `follows`: source, target, time. `events`:
    user, time, kind (join, login, favourite), photo (a float, NaN where there is none). Rows are in
    the order of time, which is UTC.
    """

    photos: dict[str, Shaped[np.ndarray, " photo"]]
    follows: dict[str, Shaped[np.ndarray, " follow"]]
    events: dict[str, Shaped[np.ndarray, " event"]]
    truth: Truth


def platform(config: PlatformConfig, seed: int, graph: Follows | None = None) -> Platform:
    """Return a platform; the same seed gives the same one. `graph` takes the place of the generated
    one, and its number of users that of the config.

    Raises `ConfigError` for a graph of fewer than 50 users or without follows.
    """
    rng = np.random.default_rng([seed, 31])
    third = config.days / 3
    people = gather(config, graph, rng)
    halves = [
        lived(people, config, begin * third, end * third, rng)
        for begin, end in ((0, 0.5), (0.5, 1))
    ]
    seen = _seen(halves, people.follows)
    new = newly_followed(people, seen, rng)
    middle = lived(people, config, third, 2 * third, rng)
    exposed = mean_by(new.source, seen.quality[new.target], people.follows.users)
    effective = config.planted in ("one-sided", "double-edged")
    boost = config.exposure * effective * lift(exposed)
    gap = np.where(seen.activity > 0, seen.near - seen.quality, np.nan)
    rank = ranks(gap)
    lean = DECLINE + BY_QUALITY * standard(seen.quality)
    lean += BY_FAVOUR * standard(np.log1p(seen.received))
    strained = config.imbalance * strain(rank, config.planted)
    luck = rng.random(len(gap))
    falls, falls_anyway = (luck < 1 / (1 + np.exp(-x)) for x in (lean + strained, lean))
    last = lived(people, config, 2 * third, 3 * third, rng, boost, falls)
    quality, plain = (mean_by(last.photos.user, s, len(gap)) for s in (last.score, last.plain))
    a_day, anyway = (np.where(f, last.declined, last.whole) / third for f in (falls, falls_anyway))
    half = np.where(seen.activity > 0, seen.activity / third / 2, np.nan)
    best, known = ~np.isnan(exposed), ~np.isnan(gap)
    best[best] = exposed[best] > np.quantile(exposed[best], THIRDS[1]) if best.any() else False
    turns = config.planted == "double-edged" and known.any()
    truth = Truth(
        config.planted,
        effect_on(best, quality, plain, seen.quality, above=True),
        effect_on(known & (rank > TOP), a_day, anyway, half, above=False),
        effect_on(known & (rank < BOTTOM), a_day, anyway, half, above=False),
        float(np.quantile(gap[known], TURN)) if turns else None,
        (0.0, third, 2 * third, 3 * third),
        people.skill,
        people.hidden,
        exposed,
        gap,
    )
    better = quality > seen.quality if config.planted == "leak" else None
    stretches = [*halves, middle, last]
    photos, place = photo_table(stretches)
    return Platform(
        photos,
        follow_table(people, new, seen, better, config.days, rng),
        event_table(stretches, place, people.joined),
        truth,
    )


def _seen(halves: list[Stretch], follows: Follows) -> Seen:
    n = follows.users
    owner = np.concatenate([half.photos.user for half in halves])
    quality = mean_by(owner, np.concatenate([half.score for half in halves]), n)
    favoured = np.concatenate([half.photos.user[half.favoured] for half in halves])
    return Seen(
        quality,
        mean_by(follows.source, quality[follows.target], n),
        np.sum([half.whole for half in halves], axis=0),
        np.bincount(favoured, minlength=n).astype(np.float64),
    )
