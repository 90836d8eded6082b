"""`beauty study`: what quality does to people, from three tables to a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from ontogeny.cli.words import parse, say, tell_passing
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted
from ontogeny.social.tables.reading import FURTHEST

if TYPE_CHECKING:
    from ontogeny.social.tables.engine import Engine

TABLES = ("photos", "follows", "events")
ENDINGS = (".parquet", "", ".csv")  # a folder is one of Parquet files


@dataclass(frozen=True)
class Study:
    """Study what quality does to people on a platform: who is recognised, and what seeing better
    photos, or being far below those one follows, causes. Writes a report, and every table.
    """

    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]
    """With photos, follows and events: each .parquet, .csv, or a folder of Parquet."""
    out: Path | None = None
    """The folder to write: `study` in that one by default."""
    photos: Path | None = None
    """The table of photos (id, user, time, score), if it lies elsewhere."""
    follows: Path | None = None
    """That of follows (source, target, time)."""
    events: Path | None = None
    """That of events (user, time, kind, photo)."""
    names: tuple[str, ...] = ()
    """How columns are called: photos.user=owner_id …"""
    kinds: tuple[str, ...] = ()
    """How kinds of events are called: favourite=like …"""
    scores: tuple[float, float] = (-FURTHEST, FURTHEST)
    """From where to where scores go; others are taken away, and counted."""
    zone: Literal["UTC"] | None = None
    """What times without a zone are in, where others have one."""
    start: str | None = None
    """When the covariates' window begins: 2015-03-01."""
    t0: str | None = None
    """When the exposure's begins: a time, or days after the start."""
    t1: str | None = None
    """When the outcome's begins."""
    t2: str | None = None
    """When that ends."""
    rewirings: int = 100
    """Networks rewired at random that likeness is held against."""
    on: Literal["duckdb", "daft", "ray"] = "duckdb"
    """What works on the tables: DuckDB in this process, Daft in it, or Daft on a Ray cluster."""
    address: str | None = None
    """The cluster's."""
    memory: str | None = None
    """What DuckDB may take, such as 4GB; beyond, it uses the disk."""
    seed: int = 0
    """Of bootstraps, permutations and communities."""
    json: bool = False
    """Print one JSON object: all that is in study.json."""


def study(arguments: list[str]) -> int:
    """Study a platform."""
    chosen = parse(Study, "beauty study", arguments)
    from ontogeny.social.study.experiments import Experiments
    from ontogeny.social.tables.reading import Reading
    from ontogeny.studying import REPORT
    from ontogeny.studying import study as study_folder

    names: dict[str, dict[str, str]] = {}
    for path, called in _mapped(chosen.names, "--names", "photos.user=owner_id"):
        table, dot, column = path.partition(".")
        if not dot:
            raise ConfigError(f"{path!r}", where="--names", hint="say photos.user=owner_id")
        names.setdefault(table, {})[column] = called
    reading = Reading(
        names=names,
        kinds=dict(_mapped(chosen.kinds, "--kinds", "favourite=like")),
        zone=chosen.zone,
        scores=chosen.scores,
    )
    tables = [getattr(chosen, name) or table_in(chosen.folder, name) for name in TABLES]
    out = absolute(chosen.out or chosen.folder / "study")
    photos, follows, events = tables
    found = study_folder(
        photos,
        follows,
        events,
        out,
        reading=reading,
        engine=_engine(chosen),
        start=chosen.start,
        t0=_mark(chosen.t0),
        t1=_mark(chosen.t1),
        t2=chosen.t2,
        how=Experiments(seed=chosen.seed),
        rewirings=chosen.rewirings,
        tell=tell_passing,
    )
    tell_passing("")
    report = quoted(str(out / REPORT))
    say(found.to_dict(), chosen.json, lambda: f"{found}\n\nthe report: {report}")
    return 0


def table_in(folder: Path, name: str) -> Path:
    """Return the table of that name in a folder. Raises `DataError` where there is none, or more
    than one.
    """
    found = [path for end in ENDINGS if (path := folder / f"{name}{end}").exists()]
    if len(found) != 1:
        told = " and ".join(path.name for path in found)
        raise DataError(
            f"there are {told}" if found else f"there is no {name}.parquet or {name}.csv",
            where=str(folder),
            hint=f"name it with --{name}",
        )
    return found[0]


def _engine(chosen: Study) -> Engine:
    if chosen.on == "duckdb":
        if chosen.address is not None:
            raise ConfigError("it is a Ray cluster's", where="--address", hint="add: --on ray")
        from ontogeny.social.tables.embedded import Embedded

        return Embedded(chosen.memory)
    if chosen.memory is not None:
        raise ConfigError(f"{chosen.on} takes none", where="--memory", hint="it is for --on duckdb")
    from ontogeny.social.tables.distributed import Distributed

    return Distributed(chosen.address, ray=chosen.on == "ray")


def _mapped(pairs: Sequence[str], where: str, example: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for pair in pairs:
        name, sign, called = pair.partition("=")
        if not (name and sign and called):
            raise ConfigError(f"{pair!r}", where=where, hint=f"say {example}")
        found.append((name, called))
    return found


def _mark(given: str | None) -> str | float | None:
    """Return a time, or days after the start."""
    try:
        return None if given is None else float(given)
    except ValueError:
        return given
