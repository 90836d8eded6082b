"""How three tables are read: which of their columns mean what, and what may be in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from ontogeny.core.errors import ConfigError, unknown

Meaning: TypeAlias = Literal["user", "photo", "time", "number", "kind"]

_COLUMNS: dict[str, dict[str, Meaning]] = {
    "photos": {"id": "photo", "user": "user", "time": "time", "score": "number"},
    "follows": {"source": "user", "target": "user", "time": "time"},
    "events": {"user": "user", "time": "time", "kind": "kind", "photo": "photo"},
}
COLUMNS: Mapping[str, Mapping[str, Meaning]] = MappingProxyType(_COLUMNS)
"""The tables, their columns, and what is in them."""
KINDS = ("join", "favourite", "login")
FURTHEST = 1e300  # a score beyond it is taken for infinite


@dataclass(frozen=True)
class Reading:
    """Raises `ConfigError` for what cannot be meant."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For each table, how its columns are called: `{"photos": {"user": "owner_id"}}`."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """How the kinds of events are called: `{"favourite": "like"}`."""
    scores: tuple[float, float] = (-FURTHEST, FURTHEST)
    """From where to where scores go; another, or NaN, is taken away and counted."""
    zone: Literal["UTC"] | None = None
    """What times without a zone are in, where others have one. Without it such tables are refused;
    where no table has a zone, all are taken for UTC."""
    until: str | None = None
    """A time from which on all is in the future; None for now."""
    joined_only: bool = False
    """Whether only who has joined by an event is a user; others are then missing users."""
    ids_as_text: bool = False
    """Whether ids are text, though they look like numbers (007)."""

    def __post_init__(self) -> None:
        for table, columns in self.names.items():
            if table not in COLUMNS:
                raise unknown("table", table, COLUMNS, where="names")
            for column in columns:
                if column not in COLUMNS[table]:
                    raise unknown("column", column, COLUMNS[table], where=f"names of {table}")
            called = [columns.get(column, column) for column in COLUMNS[table]]
            if len(set(called)) < len(called):
                raise ConfigError(f"two columns are one: {called}", where=f"names of {table}")
        for kind in self.kinds:
            if kind not in KINDS:
                raise unknown("kind of event", kind, KINDS, where="kinds")
        if not self.scores[0] < self.scores[1]:
            raise ConfigError(f"{self.scores}", where="scores", hint="give the lower one first")
        self.until_microseconds()

    def name_of(self, table: str, column: str) -> str:
        """Return how a column is called in the file."""
        return self.names.get(table, {}).get(column, column)

    def kind(self, kind: str) -> str:
        """Return how a kind of event is called in the file."""
        return self.kinds.get(kind, kind)

    def until_microseconds(self) -> int:
        """Return from when on all is in the future, in microseconds since 1970."""
        return microseconds(self.until, "until") if self.until else int(_now())


def microseconds(time: str, where: str) -> int:
    """Return a time, such as 2015-03-01 or 2015-03-01T12:00, as microseconds since 1970. Raises
    `ConfigError`.
    """
    try:
        found = np.datetime64(time, "us")
    except ValueError as error:
        raise ConfigError(
            f"{time!r} is no time ({error})", where=where, hint="give it as 2015-03-01, in UTC"
        ) from error
    if np.isnat(found):
        raise ConfigError(f"{time!r} is no time", where=where, hint="give it as 2015-03-01, in UTC")
    return int(found.astype(np.int64))


def _now() -> np.int64:
    return np.datetime64("now", "us").astype(np.int64)
