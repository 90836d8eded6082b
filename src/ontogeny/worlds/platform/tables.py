"""The tables of a simulated platform, as columns and as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from ontogeny.core.errors import MissingExtra, StoreError
from ontogeny.core.files import replace_folder
from ontogeny.worlds.platform.stretch import Stretch

if TYPE_CHECKING:
    from ontogeny.worlds.platform.simulated import Platform

BEGIN = np.datetime64("2020-01-01", "us")
MICROSECONDS = 86_400_000_000  # of a day
KINDS = np.array(["join", "login", "favourite"])
TABLES = ("photos", "follows", "events")


def times(days: Float[np.ndarray, " row"]) -> Shaped[np.ndarray, " row"]:
    """Return days since the platform's begin as times, to the microsecond."""
    return BEGIN + (days * MICROSECONDS).astype("timedelta64[us]")


def photo_table(
    stretches: Sequence[Stretch],
) -> tuple[dict[str, Shaped[np.ndarray, " photo"]], Int[np.ndarray, " photo"]]:
    """Return the photos in the order of time, and the id of each in the order of stretches."""
    day = np.concatenate([stretch.photos.day for stretch in stretches])
    order = np.argsort(day, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    table = {
        "id": np.arange(len(order)),
        "user": np.concatenate([s.photos.user for s in stretches])[order].astype(np.int64),
        "time": times(day[order]),
        "score": np.concatenate([stretch.score for stretch in stretches])[order],
    }
    return table, place


def event_table(
    stretches: Sequence[Stretch],
    place: Int[np.ndarray, " photo"],
    joined: Float[np.ndarray, " user"],
) -> dict[str, Shaped[np.ndarray, " event"]]:
    """Return the events in the order of time."""
    n = len(joined)
    users, days = [np.arange(n, dtype=np.int32)], [joined]
    kinds, photos = [np.zeros(n, np.int8)], [np.full(n, np.nan)]
    first = 0
    for stretch in stretches:
        logins, favours = stretch.logins, stretch.favours
        users += [logins.user, favours.user]
        days += [logins.day, favours.day]
        kinds += [np.full(len(part.user), i, np.int8) for i, part in ((1, logins), (2, favours))]
        photos += [np.full(len(logins.user), np.nan), place[first + stretch.favoured] * 1.0]
        first += len(stretch.photos.user)
    day = np.concatenate(days)
    order = np.argsort(day, kind="stable")
    return {
        "user": np.concatenate(users)[order].astype(np.int64),
        "time": times(day[order]),
        "kind": KINDS[np.concatenate(kinds)[order]],
        "photo": np.concatenate(photos)[order],
    }


def write_platform(
    platform: Platform,
    folder: Path,
    about: dict[str, Any] | None = None,
    tell: Callable[[str], None] = lambda name: None,
) -> Path:
    """Write photos.parquet, follows.parquet, events.parquet and truth.json into a new folder, and
    return it; `about` goes into truth.json, and `tell` hears of each table before it is written.

    Raises `StoreError` for a folder that is there already, `MissingExtra` without pyarrow.
    """
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtra(
            "tables are written by pyarrow, which is not installed",
            where=str(folder),
            hint="pip install 'ontogeny[beauty]'",
        ) from error
    refuse_folder(folder)
    with replace_folder(folder) as part:
        for name in TABLES:
            tell(name)
            columns = {
                column: _arrow(arrow, column, values)
                for column, values in getattr(platform, name).items()
            }
            parquet.write_table(arrow.table(columns), part / f"{name}.parquet")
        truth = {**(about or {}), **platform.truth.to_dict()}
        (part / "truth.json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    return folder


def refuse_folder(folder: Path) -> None:
    """Raise `StoreError` for a folder that is there already."""
    if folder.exists() or folder.is_symlink():
        raise StoreError(
            "there is something of that name already, and it is kept",
            where=str(folder),
            hint="name another folder, or remove that one",
        )


def _arrow(arrow: Any, column: str, values: np.ndarray) -> Any:
    if column == "kind":
        code = np.searchsorted(np.sort(KINDS), values).astype(np.int8)
        return arrow.DictionaryArray.from_arrays(code, np.sort(KINDS)).cast(arrow.string())
    if column == "time":
        return arrow.array(values, arrow.timestamp("us", tz="UTC"))
    if column == "photo":
        gone = np.isnan(values)
        return arrow.array(np.where(gone, 0, values).astype(np.int64), mask=gone)
    return arrow.array(values, from_pandas=True)  # NaN is null
