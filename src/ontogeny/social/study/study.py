"""The study, whole: three tables in, the network described, two experiments, the outlook of a
recommender; and every table in between, kept in a folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.core.json_values import json_value
from ontogeny.social.network.communities import communities
from ontogeny.social.network.graph import Graph
from ontogeny.social.study.curves import exposure_curve, gap_curve
from ontogeny.social.study.experiments import (
    Experiments,
    Exposure,
    Imbalance,
    exposure,
    imbalance,
)
from ontogeny.social.study.network_told import network_told
from ontogeny.social.study.outlook import Outlook, outlooks
from ontogeny.social.study.overview import Overview, overview_of
from ontogeny.social.study.told import Told, told_of_exposure, told_of_imbalance
from ontogeny.social.study.users import Users, users_of
from ontogeny.social.study.windows import windows_of
from ontogeny.social.tables.admission import Tables, admit_tables
from ontogeny.social.tables.embedded import Embedded
from ontogeny.social.tables.engine import Engine
from ontogeny.social.tables.reading import Reading

FILES = {
    "tables/photos.parquet": "photos as they came, with the rule that leaves a row out",
    "tables/follows.parquet": "follows, likewise",
    "tables/events.parquet": "events, likewise",
    "tables/users.parquet": "users, and their numbers",
    "windows/users.parquet": "what each user was like in A, came to follow in B, and did in C",
    "network.parquet": "each user's quality, popularity, core, community and class",
    "exposure.parquet": "the first experiment: a row a user",
    "exposure_pairs.parquet": "its pairs, as rows of that table",
    "imbalance.parquet": "the second experiment: a row a user",
    "imbalance_pairs.parquet": "its pairs, by users' numbers",
}


@dataclass(frozen=True, eq=False)
class Study:
    """What was found; what could not be asked is None, and why is in `not_done`."""

    folder: Path
    tables: Tables
    users: Users
    overview: Overview
    exposure: Exposure | None
    imbalance: Imbalance | None
    outlooks: tuple[Outlook, ...]
    not_done: tuple[str, ...]

    @property
    def experiments(self) -> tuple[Told, ...]:
        """Those that could be done, as they are told."""
        first = () if self.exposure is None else (told_of_exposure(self.exposure),)
        second = () if self.imbalance is None else (told_of_imbalance(self.imbalance),)
        return (*first, *second)

    @property
    def network_told(self) -> tuple[str, ...]:
        """What the network is like, in sentences."""
        return network_told(self.overview.described)

    @property
    def files(self) -> list[tuple[str, str]]:
        """What is kept in the folder, and what is in it."""
        return [(name, what) for name, what in FILES.items() if (self.folder / name).exists()]

    def to_dict(self) -> dict[str, Any]:
        """Return all but the tables, for JSON; what is not a number is None."""
        return json_value(
            {
                "folder": str(self.folder),
                "windows": str(self.users.windows),
                "rows": dict(self.tables.read),
                "left_out": self.tables.told,
                "network": self.overview.described.to_dict(),
                "findings": [one.finding for one in self.experiments],
                "experiments": {
                    one.words.title: {
                        **one.result.to_dict(),
                        "along": None if one.dose is None else one.dose.to_dict(),
                        "beside": one.beside,
                    }
                    for one in self.experiments
                },
                "recommending": self.outlooks,
                "not_done": self.not_done,
            }
        )

    def __str__(self) -> str:
        lines = [f"windows: {self.users.windows}", *self.tables.told, "", *self.network_told]
        for one in self.experiments:
            found = one.finding
            lines += ["", f"{found.title}: {found.verdict}", f"  {found.sentence}"]
            lines += [f"  but {why}" for why in found.against]
        return "\n".join([*lines, *(f"\nnot done: {why}" for why in self.not_done)])


def study_tables(
    photos: Any,
    follows: Any,
    events: Any,
    folder: Path,
    *,
    reading: Reading | None = None,
    engine: Engine | None = None,
    start: str | None = None,
    t0: str | float | None = None,
    t1: str | float | None = None,
    t2: str | None = None,
    how: Experiments | None = None,
    rewirings: int = 100,
    tell: Callable[[str], None] = lambda what: None,
) -> Study:
    """Return the study of three tables: paths of Parquet or CSV, dicts of arrays, or frames.

    `start`, `t0`, `t1` and `t2` bound the windows (three equal ones by default); `how` says how the
    experiments are made; `tell` is told what is being done. Raises `ConfigError` and `DataError`
    for tables, windows and settings that cannot be used; an experiment that cannot be made is told
    in `not_done`.
    """
    how, seed = how or Experiments(), (how or Experiments()).seed
    tell("reading the tables")
    tables = admit_tables(
        photos, follows, events, folder / "tables", engine or Embedded(), reading or Reading()
    )
    tell("a table of users")
    windows = windows_of(tables.first, tables.last, start, t0, t1, t2)
    users = users_of(tables, windows, folder / "windows")
    tell("the network")
    overview = overview_of(tables, rewirings=rewirings, seed=seed)
    _keep(folder / "network.parquet", _network(overview))
    not_done: list[str] = []

    def tried(what: str, make: Callable[[], Any]) -> Any:
        tell(what)
        try:
            return make()
        except DataError as error:
            not_done.append(f"{what}: {error}")
            return None

    group = communities(Graph.of(users.number, users.source, users.target), seed)
    first: Exposure | None = tried("following better people", lambda: exposure(users, group, how))
    second: Imbalance | None = tried("a large gap", lambda: imbalance(users, group, how))
    if first is not None:
        _keep(folder / "exposure.parquet", first.table)
        _keep(folder / "exposure_pairs.parquet", first.matched.pairs)
    if second is not None:
        _keep(folder / "imbalance.parquet", second.table)
        _keep(folder / "imbalance_pairs.parquet", second.matched.pairs)
    told: tuple[Outlook, ...] = ()
    if first is not None and second is not None:
        tell("recommending")
        told = outlooks(
            overview.graph,
            overview.quality.shrunk,
            overview.popularity,
            exposure_curve(first),
            gap_curve(second),
            seed=seed,
        )
    return Study(folder, tables, users, overview, first, second, told, tuple(not_done))


def _network(overview: Overview) -> dict[str, np.ndarray]:
    described = overview.described
    label = None if described.classes is None else described.classes.label
    return {
        "number": np.arange(described.users),
        "quality": overview.quality.mean,
        "shrunk quality": overview.quality.shrunk,
        "popularity": overview.popularity,
        "followers": overview.graph.in_degree,
        "following": overview.graph.out_degree,
        "core": described.core,
        "community": described.community,
        **({} if label is None else {"class": label}),
    }


def _keep(path: Path, columns: Any) -> None:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    parquet.write_table(arrow.table(dict(columns)), path, compression="zstd")
