"""One table a user, made in SQL by windows: what they were like, whom they came to follow, and what
they did then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped

from ontogeny.social.study.windows import Window, Windows, Workings
from ontogeny.social.tables.admission import Tables
from ontogeny.social.tables.engine import Table, sql

HERE = "ontogeny.social.study"


@dataclass(frozen=True, eq=False)
class Users:
    """Columns by users' numbers, the window of each, and the graph of those who were followed
    before t0.
    """

    windows: Windows
    columns: Mapping[str, Shaped[np.ndarray, " user"]]
    window: Mapping[str, Window]
    source: Int[np.ndarray, " tie"]
    target: Int[np.ndarray, " tie"]

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.columns["number"])


def users_of(tables: Tables, windows: Windows, folder: Path) -> Users:
    """Return the users' table, kept as `users.parquet` in the folder, with what it is made from."""
    kind = tables.reading.kind
    words: dict[str, Any] = {name: kind(name) for name in ("favourite", "login", "join")}
    fan = {"favourite": words["favourite"]}
    work = Workings(tables, windows, folder)

    def text(name: str, **values: Any) -> str:
        return sql(HERE, name, **values)

    a, c = windows.middle("A"), windows.middle("C")
    work.make(
        "begun",
        text("begun"),
        "covariate",
        dict.fromkeys(("photos", "follows", "events"), "A"),
        lasting=True,
    )
    work.make("uploads", text("uploads", middle=a), "covariate", {"photos": "A"})
    work.make("activity", text("activity", middle=a, **words), "covariate", {"events": "A"})
    work.make("received", text("received", **fan), "covariate", {"events": "A"})
    work.make("followed", text("followed"), "covariate", {"follows": "A"}, lasting=True)
    near = {"uploads": "uploads"}
    work.make("following", text("following"), "covariate", {"follows": "A"}, near, lasting=True)
    work.make("newly", text("newly"), "exposure", {"follows": "B"}, near)
    work.make("uploads_after", text("uploads", middle=c), "outcome", {"photos": "C"})
    work.make("activity_after", text("activity", middle=c, **words), "outcome", {"events": "C"})
    work.make("received_after", text("received", **fan), "outcome", {"events": "C"})
    columns, window = work.gather(folder / "users.parquet")
    until = Table(tables.files["follows"].path, None, None, windows.t0)
    ties = tables.engine.read(text("ties"), {"follows": until, "users": tables.files["users"]})
    order = np.lexsort((ties["target"], ties["source"]))
    return Users(windows, columns, window, ties["source"][order], ties["target"][order])
