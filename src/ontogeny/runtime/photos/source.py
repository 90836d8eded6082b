"""Which photographs are to be scored: a folder and its folders, a table or a list of paths, or a
bucket. They are named one after another, in an order that is always the same, and never all held.
"""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ontogeny.core.errors import ConfigError, DataError, MissingExtra, StoreError, unknown
from ontogeny.core.files import absolute, decoding
from ontogeny.worlds.photos.images import SUFFIXES

COLUMNS = ("photo", "path", "image", "file", "filename", "filepath", "uri", "url")
TABLES = {".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".txt": "text"}
ROWS = 8192  # of a Parquet file that are read at once

Tell: TypeAlias = Callable[[str, str], None]
"""Told what was not looked into, and why."""


def is_remote(place: str) -> bool:
    """Return whether it names a place that fsspec opens: s3://…, https://…, memory://…"""
    return "://" in place


@dataclass(frozen=True)
class PhotoSource:
    """Where photographs are named. `names` yields them, `location` says where one lies."""

    place: str
    """As the person gave it, from the root."""
    kind: Literal["folder", "bucket", "parquet", "csv", "text"]
    root: str
    """What the names are relative to."""
    column: str | None = None
    """Of a table: the one with the paths."""

    def names(self, tell: Tell = lambda what, why: None) -> Iterator[str]:
        """Yield the photographs' names. Raises `DataError` where what names them can't be read."""
        walks = {"folder": _in_folder, "bucket": _in_bucket}
        if self.kind in walks:
            return walks[self.kind](self.root, tell)
        return _in_table(Path(self.place), self.kind, self.column)

    def location(self, name: str) -> str:
        """Return the path or the address of the photograph of this name."""
        if is_remote(name) or not self.root:
            return name
        if is_remote(self.root):
            return f"{self.root.rstrip('/')}/{name}"
        return os.path.join(self.root, os.path.expanduser(name))


def photo_source(
    place: Path | str, column: str | None = None, photos: Path | str | None = None
) -> PhotoSource:
    """Return where photographs are named: a folder, a Parquet or CSV file with a `column` of paths
    (by default one that is called so), a text file with a path a line, or an address of a bucket.
    Paths in a file are relative to the folder `photos`, by default to the file's own.

    Raises `ConfigError` for what is none of these, and for a column that is not there, `DataError`
    where it can't be read, and `MissingExtra` for an address without fsspec.
    """
    if is_remote(str(place)):
        fsspec_module()
        return PhotoSource(str(place), "bucket", str(place))
    where = absolute(place)
    if where.is_dir():
        _check_unused(column, photos, where)
        return PhotoSource(str(where), "folder", str(where))
    if not where.exists():
        raise ConfigError(
            "there is no such file or folder",
            where=str(where),
            hint="give a folder of photographs, or a table of paths",
        )
    if where.suffix.lower() not in TABLES:
        raise ConfigError(
            "it is no folder, and no table of paths by its name",
            where=str(where),
            hint=f"a table of paths is one of {', '.join(TABLES)}",
        )
    kind = TABLES[where.suffix.lower()]
    if kind != "text":
        column = _column(where, kind, column)
    base = str(photos) if photos is not None and is_remote(str(photos)) else None
    root = base or str(absolute(photos) if photos is not None else where.parent)
    if base is None and photos is not None and not Path(root).is_dir():
        raise ConfigError("there is no such folder", where=root, hint="--photos names a folder")
    return PhotoSource(str(where), kind, root, column)  # pyright: ignore[reportArgumentType]


def fsspec_module() -> Any:
    """Return fsspec. Raises `MissingExtra` where it is not installed."""
    try:
        return importlib.import_module("fsspec")
    except ImportError as error:
        raise MissingExtra(
            f"addresses are opened by fsspec ({error})",
            where="photographs",
            hint="pip install fsspec, and what it needs for your store (s3fs, gcsfs, adlfs)",
        ) from error


def arrow(name: str = "pyarrow") -> Any:
    """Return a module of pyarrow. Raises `MissingExtra` where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtra(
            f"Parquet needs pyarrow ({error})",
            where="photographs",
            hint="pip install 'ontogeny[beauty]'",
        ) from error


def _check_unused(column: str | None, photos: Path | str | None, where: Path) -> None:
    for option, value in (("--column", column), ("--photos", photos)):
        if value is not None:
            raise ConfigError(
                f"{option} is for tables of paths, and this is a folder",
                where=str(where),
                hint=f"leave {option} out",
            )


def _in_folder(root: str, tell: Tell) -> Iterator[str]:
    """Yield the pictures in a folder by name, and then those in its folders."""
    waiting = [""]
    while waiting:
        at = waiting.pop()
        try:
            with os.scandir(os.path.join(root, at)) as entries:
                there = sorted((entry.name, _kind(entry)) for entry in entries)
        except OSError as error:
            tell(os.path.join(root, at), f"the folder can't be read ({error.strerror or error})")
            continue
        for name, kind in there:
            if kind == "link":
                tell(os.path.join(root, at, name), "a link to a folder, which is not followed")
            elif kind == "file" and _is_photo(name):
                yield os.path.join(at, name)
        folders = [name for name, kind in there if kind == "folder" and not _is_hidden(name)]
        waiting += [os.path.join(at, name) for name in reversed(folders)]


def _kind(entry: os.DirEntry[str]) -> str:
    """Return "file", "folder", or "link" for a link to a folder, which could lead in a circle."""
    if not entry.is_dir():
        return "file"
    return "link" if entry.is_symlink() else "folder"


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__"))


def _is_photo(name: str) -> bool:
    return not _is_hidden(name) and os.path.splitext(name)[1].lower() in SUFFIXES


def _in_bucket(root: str, tell: Tell) -> Iterator[str]:
    """Yield the pictures below an address, folder by folder."""
    fs, top = fsspec_module().core.url_to_fs(root)
    top, waiting = str(top).rstrip("/"), [""]
    while waiting:
        at = waiting.pop()
        try:
            there = sorted((e["name"].rstrip("/"), e["type"]) for e in fs.ls(f"{top}/{at}", True))
        except Exception as error:  # of any store
            if not at:
                raise DataError(f"it can't be listed ({error!r:.200})", where=root) from error
            tell(f"{root}/{at}", f"the folder can't be read ({error!r:.200})")
            continue
        pairs = [(name.rsplit("/", 1)[-1], kind) for name, kind in there]
        yield from (f"{at}{name}" for name, kind in pairs if kind == "file" and _is_photo(name))
        folders = [name for name, kind in pairs if kind == "directory" and not _is_hidden(name)]
        waiting += [f"{at}{name}/" for name in reversed(folders)]


def _column(where: Path, kind: str, column: str | None) -> str:
    """Return the column with the paths."""
    try:
        if kind == "parquet":
            with arrow("pyarrow.parquet").ParquetFile(where) as table:
                there = list(table.schema_arrow.names)
        else:
            with where.open(newline="", encoding="utf-8-sig") as file:
                there = next(csv.reader(file, delimiter=_delimiter(where)), [])
    except MissingExtra:
        raise
    except Exception as error:  # of a file that is something else
        raise DataError(f"it can't be read ({error!r:.200})", where=str(where)) from error
    if column is not None:
        if column not in there:
            raise unknown("column", column, there, str(where))
        return column
    spelt = {name.strip().lower(): name for name in there}
    for name in COLUMNS:
        if name in spelt:
            return spelt[name]
    raise ConfigError(
        f"none of its columns is called {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}",
        where=str(where),
        hint=f"name the one with the paths: --column {there[0] if there else 'NAME'}",
    )


def _delimiter(where: Path) -> str:
    return "\t" if where.suffix.lower() == ".tsv" else ","


def _in_table(where: Path, kind: str, column: str | None) -> Iterator[str]:
    """Yield the paths of a table, in its order. Empty ones are left out."""
    try:
        with decoding(str(where), "it can't be read"):
            if kind == "parquet":
                with arrow("pyarrow.parquet").ParquetFile(where) as table:
                    for batch in table.iter_batches(ROWS, columns=[column]):
                        yield from (str(path) for path in batch.column(0).to_pylist() if path)
            else:
                with where.open(newline="", encoding="utf-8-sig") as file:
                    if kind == "text":
                        yield from (line for row in file if (line := row.strip()))
                    else:
                        for row in csv.DictReader(file, delimiter=_delimiter(where)):
                            if path := (row.get(column or "") or "").strip():
                                yield path
    except StoreError as error:
        raise DataError(error.what, where=error.where) from error
