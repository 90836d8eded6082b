"""The rows of a run's store, and what they may hold. A file may be damaged, or come from anyone:
each row that is read goes through here, and one that can't be is named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ontogeny.core.errors import StoreError

MOST = 2**31 - 1  # rounds, slots
LONG = 2**20  # characters of a text
DEEP = 32  # lists and objects in one another
PLENTY = 2**22  # numbers that are made room for, however few are recorded
SPARSE = 16  # times the rows that there are, of more
LAST = 1e11  # seconds since 1970: the year 5138
BARE = ("strategy", "executor", "space", "learner")
"""What a run of a bare learner says of itself, where a recipe's has fields."""


class Heir(NamedTuple):
    """A slot that moved at the start of a round."""

    round: int
    slot: int
    parent: int
    inherit: bool
    parent_round: int  # in which the parent was what the slot took; the round before, as a rule


class Event(NamedTuple):
    """Something that happened. `slot` is None for what concerns the whole run."""

    round: int
    slot: int | None
    time: float
    kind: str
    detail: str


class Artifact(NamedTuple):
    """A file beside the store; `path` is relative to the run's folder."""

    round: int
    kind: str
    path: str
    bytes: int
    time: float


def refused(what: str, where: str) -> StoreError:
    """Return the error to raise for a row that can't be."""
    return StoreError(what, where=where, hint="see what is whole with: ontogeny verify RUN")


def check_row(table: str, row: Sequence[Any], where: str) -> None:
    """Raise `StoreError` unless the row is one that the table may hold."""
    for (column, fits), value in zip(COLUMNS[table].items(), row, strict=True):
        if not fits(value):
            raise refused(
                f"{column} is {value!r:.60}", f"{where}, table {table}, row {tuple(row)!r:.200}"
            )


def run_values(rows: Iterable[Sequence[Any]], where: str) -> dict[str, Any]:
    """Return what the table `run` says of the run. Raises `StoreError` for what is no JSON, and for
    a value that none of its kind can be.
    """
    known: dict[str, Any] = {}
    for key, text in rows:
        place = f"{where}, table run, key {key!r:.60}"
        if not (_text(key) and isinstance(text, str) and len(text) <= 16 * LONG):
            raise refused(f"it is {str(text)[:60]!r}", place)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise refused(f"it is not JSON ({error!s:.60})", place) from error
        if not (_shallow(value) and KEYS.get(key, _anything)(value)):
            raise refused(f"it is {text:.60}", place)
        known[key] = value
    return known


def read_heirs(rows: Sequence[Sequence[Any]], where: str) -> list[Heir]:
    """Return the rows of the table `lineage`. Raises `StoreError` for one that can't be, and for a
    line that leads back to itself: whoever is inherited from lived before.
    """
    if {type(value) for row in rows for value in row} <= {int}:
        table = np.array(rows, np.int64).reshape(-1, len(Heir._fields))
        low = np.array([0, 0, 0, 0, -1])
        bad = ((table < low) | (table > [MOST, MOST, MOST, 1, MOST])).any(axis=1)
        bad |= (table[:, 4] < 0) & (table[:, 0] > 0)
        worst = rows[int(np.argmax(bad))] if bad.any() else None
    else:
        table = np.zeros((0, len(Heir._fields)), np.int64)
        worst = next(row for row in rows if {type(value) for value in row} != {int})
    if worst is not None:
        raise refused("it can't be", f"{where}, table lineage, row {tuple(worst)!r:.200}")
    if (row := _circle(table)) is not None:
        raise refused(
            "its line leads back to itself", f"{where}, table lineage, row {tuple(rows[row])}"
        )
    return [Heir(n, slot, parent, bool(took), came) for n, slot, parent, took, came in rows]


def check_extent(rounds: int, slots: int, names: int, rows: Callable[[], int], where: str) -> None:
    """Raise `StoreError` when the numbers of so many metrics would fill far more room than the rows
    that are recorded: one row can name any round and any slot.
    """
    cells = rounds * slots * (names + 10)  # what views compute of them is counted in
    if cells > PLENTY and cells > SPARSE * (there := rows()):
        raise refused(
            f"{rounds:,} rounds of {slots:,} members are told of, by {there:,} rows", where
        )


def _circle(table: np.ndarray) -> int | None:
    """Return a row of the lineage whose line leads back to itself; None when there is none."""
    number, slot, parent, came = table[:, 0], table[:, 1], table[:, 2], table[:, 4]
    if not (came >= number).any():  # all lines lead to earlier rounds
        return None
    # The row before: the last of the parent's slot, up to the round that was taken from.
    order = np.lexsort((number, slot))
    keys = slot[order] * (MOST + 1) + number[order]
    place = np.searchsorted(keys, parent * (MOST + 1) + came, side="right") - 1
    found = order[np.maximum(place, 0)]
    none = len(table)
    before = np.where((place >= 0) & (slot[found] == parent), found, none)
    before = np.append(before, none)
    for _ in range(none.bit_length()):  # twice as far back each time
        before = before[before]
    left = np.flatnonzero(before[:none] != none)
    return int(left[0]) if left.size else None


def _count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MOST


def _number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 2**1000


def _real(value: Any) -> bool:  # any float, NaN too
    return type(value) is float or _number(value)


def _seconds(value: Any) -> bool:
    return _number(value) and 0 <= value <= LAST


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONG


def _path(value: Any) -> bool:
    return _text(value) and not {"", ".", ".."} & set(value.split("/")) and "\0" not in value


def _anything(value: Any) -> bool:
    del value
    return True


def _maybe(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or fits(value)


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _named(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


def _fields(**kinds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return whether an object's fields of these names, where it has them, are of their kinds."""
    return lambda value: (
        isinstance(value, dict)
        and all(fits(value[name]) for name, fits in kinds.items() if name in value)
    )


def _facts(value: Any) -> bool:
    return isinstance(value, dict) and all(
        fact is None or _number(fact) for name, fact in value.items() if name.endswith("bytes")
    )


def _shallow(value: Any, depth: int = DEEP) -> bool:
    inside = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, dict | list):
        return True
    return depth > 0 and all(_shallow(part, depth - 1) for part in inside)


_REPLAY = _fields(
    source=_text,
    line=_each(lambda pair: _each(_count)(pair) and len(pair) == 2),
    score=lambda value: _each(_maybe(_real))(value) and len(value) > 0,
    arms=lambda arms: _named(_each(_count))(arms) and arms.keys() <= {"schedule", "fixed"},
)
_SPEC = _fields(
    kind=_text,
    low=_maybe(_real),
    high=_maybe(_real),
    options=_maybe(_each(lambda o: o is None or type(o) is bool or _real(o) or _text(o))),
)
_COUNTS = {"population": _maybe(_count), "rounds": _maybe(_count), "steps": _maybe(_count)}
KEYS: dict[str, Callable[[Any], bool]] = {
    **_COUNTS,
    "seed": lambda seed: seed is None or type(seed) is int,
    "recipe": _maybe(_text),
    "fields": _maybe(_fields(**_COUNTS)),
    "repeat": _maybe(_text),
    "status": _text,
    "begun": _maybe(_seconds),
    "ended": _maybe(_seconds),
    "compile_seconds": _maybe(_real),
    "units": _maybe(_named(_number)),
    "papers": _maybe(_each(_text)),
    "space": _maybe(_named(_SPEC)),
    "machine": _maybe(_facts),
    "memory": _maybe(_named(_maybe(_number))),
    "replay": _maybe(_REPLAY),
}  # what views and growths take for granted; other keys may hold anything
COLUMNS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "event": {
        "round": _count,
        "slot": _maybe(_count),
        "time": _seconds,
        "kind": _text,
        "detail": _text,
    },
    "artifact": {"round": _count, "kind": _text, "path": _path, "bytes": _number, "time": _seconds},
}
