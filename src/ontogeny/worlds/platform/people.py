"""The people of a simulated platform: what they are before anything happens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.platform.acts import Feed, feed_of, mean_by, standard
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.follow_graphs import Follows, follow_graph

EARLY, LATE = 0.5, 0.03  # of A, within which accounts begin; share of accounts that begin in C
BUSY, APART = 0.7, 0.5  # deviations of the logarithm of rates: of all acts together, and of each
SHARED = 0.1  # deviation of what parts of the network have in common in C


class People(NamedTuple):
    """What people are."""

    days: int
    joined: Float[np.ndarray, " user"]
    skill: Float[np.ndarray, " user"]
    hidden: Float[np.ndarray, " user"]
    """0 unless it is planted."""
    shared: Float[np.ndarray, " user"]
    """What a part of the network has in common in C."""
    rates: Float[np.ndarray, "kind user"]
    """Uploads, logins and favourites a day."""
    follows: Follows
    feed: Feed


def gather(config: PlatformConfig, graph: Follows | None, rng: np.random.Generator) -> People:
    """Return people, of the graph or of a generated one. Raises `ConfigError` for a graph of fewer
    than 50 users or without follows.
    """
    if graph is None:
        graph = follow_graph(
            config.users, config.followees, config.degree_exponent, config.mixing, rng
        )
    elif graph.users < 50 or not len(graph.source):
        raise ConfigError(
            f"{graph.users} users and {len(graph.source)} follows",
            where="platform: graph",
            hint="give 50 users or more, who follow somebody",
        )
    n, a = graph.users, config.days / 3
    joined = EARLY * a * rng.random(n) ** 2
    joined[rng.random(n) < LATE] = 2 * a + rng.random() * 0.5 * a
    skill = alike(rng.normal(size=n), graph, config.homophily)
    shared = SHARED * alike(alike(rng.normal(size=n), graph, 3.0), graph, 3.0)
    busy = rng.normal(size=n)
    each = np.array([config.uploads, config.logins, config.favours])[:, None] / config.days
    rates = each * np.exp(BUSY * busy + APART * rng.normal(size=(3, n)) - (BUSY**2 + APART**2) / 2)
    popular = np.bincount(graph.target, minlength=n) + 1.0
    fame = popular * np.exp(rng.normal(size=n) + 0.3 * skill)
    hidden = np.zeros(n)
    if config.planted == "hidden":
        around = standard(mean_by(graph.source, skill[graph.target], n))
        apart = standard(around - np.mean(around * skill) * skill)
        hidden = config.hidden * (0.6 * apart + 0.8 * rng.normal(size=n))
    return People(config.days, joined, skill, hidden, shared, rates, graph, feed_of(graph, fame))


def alike(
    values: Float[np.ndarray, " user"], graph: Follows, strength: float
) -> Float[np.ndarray, " user"]:
    """Return values that took on their neighbours' mean twice, standardised."""
    ends = graph.source, graph.target
    degree = np.maximum(
        np.bincount(ends[0], minlength=graph.users) + np.bincount(ends[1], minlength=graph.users), 1
    )
    for _ in range(2):
        total = np.bincount(ends[0], values[ends[1]], graph.users)
        total += np.bincount(ends[1], values[ends[0]], graph.users)
        values = values + strength * total / degree
    return standard(values)
