"""A study of what quality does to people, from three tables to a report: `og.study`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ontogeny.core.files import absolute, replace_file
from ontogeny.social.study.experiments import Experiments
from ontogeny.social.study.study import Study, study_tables
from ontogeny.social.tables.engine import Engine
from ontogeny.social.tables.reading import Reading
from ontogeny.views import page
from ontogeny.views.studies.study_page import study_html

REPORT, NUMBERS = "report.html", "study.json"


def study(
    photos: Any,
    follows: Any,
    events: Any,
    folder: Path | str,
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
    """Return what quality does to people on a platform, and write it to a folder: `report.html`,
    `study.json`, and every table in between as Parquet.

    `photos` (id, user, time, score), `follows` (source, target, time) and `events` (user, time,
    kind, photo) are paths of Parquet or CSV, dicts of arrays, or frames; `reading` maps names and
    says what may be in them. `start`, `t0`, `t1`, `t2` bound the windows of covariates, exposure
    and outcome: three equal ones by default; times (2015-03-01), or days after the start. `how`
    says how the experiments are made, `engine` what works on the tables: DuckDB here, or
    `social.tables.distributed.Distributed` on a cluster.

    Raises `ConfigError` and `DataError` for what cannot be used, `MissingExtra` without the extra
    `study`. Rows that cannot be used are left out by rules that the report names and counts.

    >>> from ontogeny.worlds.platform.simulated import platform
    >>> from ontogeny.worlds.platform.config import PlatformConfig
    >>> lived = platform(PlatformConfig(users=300), seed=0)
    >>> found = og.study(lived.photos, lived.follows, lived.events, "study", rewirings=5)
    >>> found.overview.described.users
    300
    >>> (found.folder / "report.html").exists()
    True
    """
    folder = absolute(Path(folder))
    folder.mkdir(parents=True, exist_ok=True)
    found = study_tables(
        photos,
        follows,
        events,
        folder,
        reading=reading,
        engine=engine,
        start=start,
        t0=t0,
        t1=t1,
        t2=t2,
        how=how,
        rewirings=rewirings,
        tell=tell,
    )
    tell("the report")
    with replace_file(folder / NUMBERS, "write the numbers") as part:
        part.write_text(json.dumps(found.to_dict(), indent=1), encoding="utf-8")
    page.write(folder / REPORT, study_html(found))
    return found
