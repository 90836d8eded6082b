"""A network described, all of it at once: `describe(graph, quality, popularity)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import rankdata

from ontogeny.core.errors import DataError
from ontogeny.ops.rank_correlation import pearson
from ontogeny.social.network.ageing import Ageing, by_age
from ontogeny.social.network.assortativity import assortativity
from ontogeny.social.network.classes import user_classes
from ontogeny.social.network.communities import communities, modularity
from ontogeny.social.network.cores import core_numbers, core_profile
from ontogeny.social.network.described import Described
from ontogeny.social.network.graph import Graph, per_user
from ontogeny.social.network.illusions import friendship_paradox, majority_illusion
from ontogeny.social.network.inequality import gini, lorenz
from ontogeny.social.network.quadrants import quadrants
from ontogeny.social.network.resampling import Statistic, bootstrapped

Said = TypeVar("Said")

TOPS = (0.05, 0.1, 0.2)  # what may be called of high quality


def describe(
    graph: Graph,
    quality: Float[np.ndarray, " n"],
    popularity: Float[np.ndarray, " n"],
    *,
    age: Float[np.ndarray, " n"] | None = None,
    cluster: Int[np.ndarray, " n"] | None = None,
    rewirings: int = 100,
    resamples: int = 200,
    confidence: float = 0.95,
    seed: int = 0,
) -> Described:
    """Return what there is to say of a network, with intervals where a number is an estimate.

    `quality` is each user's mean score, shrunk (`quality_of`), and `popularity` the favourites of a
    photo: NaN for users without photos. Intervals are over users, or with `cluster` over whole
    clusters. What cannot be said (no ages, nothing that varies, too few users) is left out, and why
    is in the notes. Raises `DataError` for a graph without follows, arrays of another length or
    type, or fewer than two users of known quality.
    """
    if not graph.m:
        raise DataError(
            f"{graph.n} users and no follows ({graph.loops} of oneself were left out)",
            where="describe",
            hint="give who follows whom",
        )
    q, f = per_user(graph, "quality", quality), per_user(graph, "popularity", popularity)
    if np.count_nonzero(~np.isnan(q)) < 2:
        raise DataError("quality is known of one user alone", where="describe")
    notes: list[str] = []

    def tried(what: str, say: Callable[[], Said]) -> Said | None:
        try:
            return say()
        except DataError as error:
            notes.append(f"{what}: {error}")
            return None

    k = graph.in_degree.astype(np.float64)
    held = {"quality": q, "popularity": f, "followers": k}
    paradoxes = {name: friendship_paradox(graph, values) for name, values in held.items()}
    illusion = majority_illusion(graph, q)
    parts = tuple(quadrants(q, f, top) for top in TOPS)
    statistics: dict[str, Statistic] = {}
    for name, values in held.items():
        if stat := tried(f"Gini of {name}", lambda v=values: _weighted_gini(v)):
            statistics[f"gini of {name}"] = stat
    if correlation := tried("quality and popularity", lambda: _rank_correlation(q, f)):
        statistics["correlation of quality and popularity"] = correlation
    for name, paradox in paradoxes.items():
        statistics[f"followees have more {name}"] = _share(paradox.more, paradox.known)
    statistics["majority illusion"] = _share(illusion.deceived, illusion.asked)
    for part in parts:
        statistics[f"unseen of the best {part.top:.0%}"] = _share(part.unseen, part.good)
    estimates = bootstrapped(
        statistics,
        graph.n,
        cluster,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
    )
    varied = {"quality": q, "popularity": f}
    for name in [name for name, v in varied.items() if np.nanmin(v) == np.nanmax(v)]:
        notes.append(f"assortativity of {name}: it is {np.nanmax(varied.pop(name)):g} for all")
    alike = tried("assortativity", lambda: assortativity(graph, varied, rewirings, seed)) or {}
    ages: dict[str, Ageing] = {}
    if age is None:
        notes.append("trends by age of account: no ages are given")
    else:
        since = per_user(graph, "age", age)
        for name, values in held.items():
            said = tried(f"{name} by age", lambda v=values: by_age(since, v))
            if said is not None:
                ages[name] = said
    core = core_numbers(graph)
    community = communities(graph, seed)
    curves = {
        "popularity": tried("Lorenz curve of popularity", lambda: lorenz(f[~np.isnan(f)])),
        "quality": tried("Lorenz curve of quality", lambda: lorenz(q[~np.isnan(q)])),
        "popularity by quality": tried("popularity by quality", lambda: _concentration(f, q)),
    }
    features = {"log followers": np.log1p(k), "quality": q}
    if not (f < 0).any():
        features["log popularity"] = np.log1p(f)
    return Described(
        graph.n,
        graph.m,
        graph.loops,
        graph.repeats,
        graph.reciprocity,
        int(np.count_nonzero(~np.isnan(q))),
        estimates,
        {name: curve for name, curve in curves.items() if curve is not None},
        alike,
        core,
        core_profile(core, held),
        paradoxes,
        illusion,
        parts,
        parts[1].talents(q),
        tried("classes of users", lambda: user_classes(features, seed=seed)),
        ages,
        community,
        modularity(graph, community),
        tuple(notes),
    )


def _share(of: Bool[np.ndarray, " n"], among: Bool[np.ndarray, " n"]) -> Statistic:
    rows, part = np.flatnonzero(among), of[among]

    def share(weight: np.ndarray) -> float:
        w = weight[rows]
        total = float(w.sum())
        return float(w[part].sum()) / total if total else float("nan")

    return share


def _weighted_gini(values: np.ndarray) -> Statistic:
    rows = np.flatnonzero(~np.isnan(values))
    ordered = rows[np.argsort(values[rows], kind="stable")]
    x, order = values[ordered], np.arange(len(ordered))
    gini(x, order=order)  # refuses what it has to
    return lambda weight: gini(x, weight[ordered], order)


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> Statistic:
    rows = np.flatnonzero(~np.isnan(one) & ~np.isnan(other))
    if len(rows) < 3 or np.ptp(one[rows]) == 0 or np.ptp(other[rows]) == 0:
        raise DataError(f"{len(rows)} users have both, which need to vary", where="describe")
    a, b = (rankdata(values[rows]) for values in (one, other))  # once: ranks hardly change
    return lambda weight: float(pearson(a, b, weight[rows]))


def _concentration(f: np.ndarray, q: np.ndarray) -> np.ndarray:
    known = ~np.isnan(f) & ~np.isnan(q)
    return lorenz(f[known], q[known])
