"""The platform as it is at the end: who follows whom, how good everybody's photos are, and how
recognised; described.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ontogeny.social.network.describe import describe
from ontogeny.social.network.described import Described
from ontogeny.social.network.graph import Graph
from ontogeny.social.network.quality import Quality, quality_of
from ontogeny.social.study.windows import DAY
from ontogeny.social.tables.admission import Tables
from ontogeny.social.tables.engine import sql

HERE = "ontogeny.social.study"


@dataclass(frozen=True, eq=False)
class Overview:
    """Arrays are by users' numbers."""

    graph: Graph
    quality: Quality
    popularity: Float[np.ndarray, " user"]
    """Favourites a photo; NaN for who shows none."""
    age: Float[np.ndarray, " user"]
    """Days since the account began, when the tables end."""
    described: Described


def overview_of(
    tables: Tables, *, rewirings: int = 100, resamples: int = 200, seed: int = 0
) -> Overview:
    """Return the platform described. Raises `DataError` without follows or scores."""
    read, files = tables.engine.read, tables.files
    scored = read(sql(HERE, "scored"), {"photos": files["photos"], "users": files["users"]})
    known = read(
        sql(HERE, "recognised", favourite=tables.reading.kind("favourite")),
        {name: files[name] for name in ("photos", "events", "users")},
    )
    ties = read(sql(HERE, "ties"), {"follows": files["follows"], "users": files["users"]})
    graph = Graph.of(tables.users, ties["source"], ties["target"])
    quality = quality_of(scored["number"], scored["score"].astype(np.float64), tables.users)
    photos, favourites = (known[name].astype(np.float64) for name in ("photos", "favourites"))
    popularity = np.divide(favourites, photos, out=np.full(tables.users, np.nan), where=photos > 0)
    age = (tables.last - known["begun"].astype(np.float64)) / DAY
    described = describe(
        graph,
        quality.shrunk,
        popularity,
        age=age,
        rewirings=rewirings,
        resamples=resamples,
        seed=seed,
    )
    return Overview(graph, quality, popularity, age, described)
