"""The claim that quality is spread evenly and recognition is not: on simulated platforms, and on a
real network with simulated content where graph-tool's is on the machine, beside the same with
recognition dealt anew.

How unequal both are is told by Gini's coefficient; where in the network they are, by the mean of
the innermost users (the tenth with the highest core numbers) over the mean of all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.errors import MissingExtra
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.social.network.cores import CoreProfile, core_numbers, core_profile
from ontogeny.social.network.graph import Graph
from ontogeny.social.network.inequality import gini
from ontogeny.social.network.quality import quality_of
from ontogeny.views.figure import Figure
from ontogeny.views.studies.network_figures import profile_figure
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.follow_graphs import Follows, packaged_graph
from ontogeny.worlds.platform.simulated import platform

PLATFORMS, USERS = (24, 6, 2), (10_000, 10_000, 400)
NETWORK = "pgp-strong-2009"
INNER = 0.1
EVEN = 0.1  # how far from 1 a ratio is that is as everywhere


class Spread(NamedTuple):
    """Of platforms: [platform]."""

    quality: np.ndarray
    popularity: np.ndarray
    """Gini's coefficients."""
    inner_quality: np.ndarray
    inner_popularity: np.ndarray
    inner_dealt: np.ndarray
    """Means of the innermost over those of all; the last of recognition dealt anew."""


def measure(how: Measuring) -> Found:
    """Return the claims, each with quality and recognition by core number on its last platform."""
    networks: dict[str, Follows | None] = {"simulated platforms": None}
    try:
        networks[f"{NETWORK} with simulated content"] = packaged_graph(NETWORK)
    except MissingExtra as error:
        how.progress(f"recognition: no real network is measured ({error.what})")
    found = [measured(where, graph, how) for where, graph in networks.items()]
    return [claim for claim, _ in found], [figure for _, figure in found]


def measured(where: str, graph: Follows | None, how: Measuring) -> tuple[Claim, Figure]:
    """Return the claim about platforms over a network, or over generated ones."""
    rows: list[tuple[float, ...]] = []
    nobody = np.zeros(0, np.int64)
    profile = CoreProfile(nobody, nobody, nobody, {})
    for seed in how.seeds(how.choose(*PLATFORMS)):
        row, profile = spread_of(graph, int(seed), how)
        rows.append(row)
    spread = Spread(*np.array(rows).T)
    quality, popularity, inner, known, dealt = (
        bootstrap_interval(v, seed=how.seed) for v in spread
    )
    how.progress(f"recognition: {len(rows)} times, {where}")
    claim = Claim(
        f"quality is spread evenly, recognition is not: {where}",
        "quality evenly over the network, recognition in a small core",
        f"Gini of quality {quality}, of recognition {popularity}; mean of the innermost tenth over "
        f"that of all: quality {inner}, recognition {known}, dealt anew {dealt}; {len(rows)} times"
        f"{how.weak()}",
        f"recognition's Gini above quality's; the innermost's quality within {EVEN:.0%} of all's, "
        "their recognition above both that and what is dealt anew",
        bool(
            popularity.low > quality.high
            and inner.low >= 1 - EVEN
            and inner.high <= 1 + EVEN
            and known.low > max(1 + EVEN, dealt.high)
        ),
    )
    name = "cores_simulated" if graph is None else "cores_real"
    what = (
        "The mean of one platform's users: their photos' quality, the favourites that a photo has, "
        "and these dealt anew,"
    )
    return claim, profile_figure(name, profile, profile.means, what)


def spread_of(
    graph: Follows | None, seed: int, how: Measuring
) -> tuple[tuple[float, ...], CoreProfile]:
    """Return how a platform's quality and recognition are spread, and both by core number."""
    config = PlatformConfig(users=how.choose(*USERS), planted="nothing")
    lived = platform(config, seed, graph)
    photos, follows, events = lived.photos, lived.follows, lived.events
    n = len(lived.truth.skill)
    network = Graph.of(n, follows["source"], follows["target"])
    quality = quality_of(photos["user"], photos["score"], n)
    favoured = events["photo"][events["kind"] == "favourite"].astype(np.int64)
    owner = np.empty(int(photos["id"].max()) + 1, np.int64)
    owner[photos["id"]] = photos["user"]
    shown = np.bincount(photos["user"], minlength=n)
    had = np.bincount(owner[favoured], minlength=n)
    popularity = np.divide(had, shown, out=np.full(n, np.nan), where=shown > 0)
    core = core_numbers(network)
    known = np.flatnonzero(~np.isnan(quality.shrunk) & ~np.isnan(popularity))
    inner = known[np.argsort(-core[known], kind="stable")[: max(int(INNER * len(known)), 1)]]
    q, f = quality.shrunk, popularity
    dealt = f.copy()
    dealt[known] = np.random.default_rng([seed, 51]).permutation(f[known])
    ratios = [float(v[inner].mean() / v[known].mean()) for v in (q, f, dealt)]
    row = (gini(q[known]), gini(f[known]), *ratios)
    return row, core_profile(core, {"quality": q, "recognition": f, "dealt anew": dealt})
