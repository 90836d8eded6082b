"""Scores that are under way: a file a partition, in a folder beside the file that they become.

A part appears whole or not at all, and holds the same rows whenever it is made; so what is killed
goes on behind its last part, and comes to the same file.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.core.errors import ConfigError, StoreError
from ontogeny.core.files import absolute, decoding, read_regular, remove, replace_file
from ontogeny.core.text import quoted
from ontogeny.runtime.photos.judging import same_scorer
from ontogeny.runtime.photos.score_table import Row, as_table, join_tables, write_table
from ontogeny.runtime.photos.source import arrow

JOB, LOCK, SAME = "job.json", "lock", "same.sqlite"
LISTED = 100  # photographs without a score that are listed


class Counts:
    """What became of the photographs so far."""

    def __init__(self) -> None:
        self.photos = self.scored = self.unread = self.same = self.noted = 0
        self.problems: dict[str, str] = {}
        """The first of those that could not be read, and why."""

    def add(self, photo: str, problem: str | None, notes: str | None, same_as: str | None) -> None:
        """Count a row."""
        self.photos += 1
        self.unread += bool(problem)
        self.same += bool(same_as)
        self.noted += bool(notes)
        self.scored += not (problem or same_as)
        if problem and len(self.problems) < LISTED:
            self.problems[photo] = problem


class Kept(NamedTuple):
    """Of a part that is there already: what is asked of it."""

    photos: list[str]
    rows: list[tuple[str, bytes | None, str | None, str | None, str | None]]
    """photo, digest, problem, notes, same_as"""


class ScoreParts:
    """The folder of parts of the file `out`, which this process alone has: see `scoring_into`."""

    def __init__(self, out: Path, about: Mapping[str, Any], skip_same: bool):
        self.out, self.about = out, about
        self.folder = folder_of(out)
        self.counts = Counts()
        self._number = 0
        self._same = Same(self.folder / SAME, self._hint) if skip_same else None

    def close(self) -> None:
        """Let go of what is open."""
        if self._same is not None:
            self._same.close()

    def take_kept(self, names: Sequence[str]) -> bool:
        """Take the next part as it was written before, if it was; return whether. Raises
        `ConfigError` where it holds other photographs.
        """
        path = self._path(self._number)
        kept = _read(path) if path.exists() else None
        if kept is None:
            self._forget()
            return False
        if kept.photos != [utf8(name) for name in names]:
            others = zip(kept.photos, map(utf8, names), strict=False)
            was, now = next((p for p in others if p[0] != p[1]), ("fewer", "more"))
            raise ConfigError(
                f"there are other photographs than when this was begun ({was!r} was, and {now!r} "
                "is, in its place)",
                where=str(self.folder),
                hint=f"bring back what was there, or begin anew: rm -r {quoted(str(self.folder))}",
            )
        for photo, digest, *rest in kept.rows:
            self.counts.add(photo, *rest)
            if self._same is not None and digest and not rest[2]:
                self._same.first(digest, photo)
        self._number += 1
        return True

    def same_as(self, digest: bytes | None, photo: str) -> str:
        """Return the photograph before this one with the same content; "" for none, or where
        those are not skipped.
        """
        if self._same is None or digest is None:
            return ""
        return self._same.first(digest, utf8(photo))

    def write(self, rows: Sequence[Row]) -> None:
        """Write the next part. Raises `StoreError`: what was written before it is kept."""
        named = [row._replace(photo=utf8(row.photo)) for row in rows]
        write_table(as_table(named, self.about), self._path(self._number), self._hint())
        self._number += 1
        for row in named:
            self.counts.add(row.photo, row.problem, row.notes, row.same_as)

    def finish(self) -> None:
        """Join all parts into the file, and remove them. Raises `StoreError`; the parts stay."""
        parts = [self._path(number) for number in range(self._number)]
        join_tables(parts, self.about, self.out, self._hint())
        self.close()
        remove(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:08d}.parquet"

    def _forget(self) -> None:
        """Remove what lies behind the first part that is missing or damaged."""
        for path in sorted(self.folder.glob("part-*.parquet")):
            if path >= self._path(self._number):
                remove(path)

    def _hint(self) -> str:
        return (
            f"{self.counts.photos:,} photographs are done and kept in {self.folder}: free some "
            "space, and the same command goes on"
        )


class Same:
    """Which content was met first where, in a file: however many there are, memory is constant."""

    def __init__(self, path: Path, hint: Callable[[], str]):
        remove(path)
        self._path, self._hint = path, hint
        with self._told():
            self._base = sqlite3.connect(path, isolation_level=None)
            self._base.execute("pragma synchronous = off")
            self._base.execute("pragma journal_mode = off")
            self._base.execute("create table met (digest blob primary key, photo) without rowid")

    def first(self, digest: bytes, photo: str) -> str:
        """Return where this content was met first; "" where it is here."""
        with self._told():
            noted = "insert or ignore into met values (?, ?)"
            if self._base.execute(noted, (digest, photo)).rowcount:
                return ""
            asked = "select photo from met where digest = ?"
            return self._base.execute(asked, (digest,)).fetchone()[0]

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            said = f"can't write what content was met ({error})"
            raise StoreError(said, where=str(self._path), hint=self._hint()) from error


@contextmanager
def scoring_into(
    out: Path | str, about: Mapping[str, Any], skip_same: bool
) -> Generator[ScoreParts]:
    """Yield the parts of a file of scores, new or as they were left. `about` is what the scores
    depend on, and the file says of itself.

    Raises `ConfigError` where the file is there already, or parts of other scores are, and
    `StoreError` where another process writes them or nothing can be written.
    """
    out = absolute(out)
    if out.suffix != ".parquet":
        raise ConfigError(
            "scores are written as Parquet", where=str(out), hint=f"--out {out.stem}.parquet"
        )
    if not out.parent.is_dir():
        raise ConfigError(
            f"there is no folder {out.parent}", where="--out", hint="make it first, with mkdir"
        )
    if out.exists():
        raise ConfigError(
            "it is there already, and would be lost",
            where=str(out),
            hint="choose another name for --out, or remove it",
        )
    folder = folder_of(out)
    try:
        folder.mkdir(exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise StoreError(
            f"can't write there ({error.strerror or error})", where=str(folder)
        ) from error
    try:
        _take(lock, folder)
        parts = ScoreParts(out, _job(folder, about), skip_same)
        try:
            yield parts
        finally:
            parts.close()
    finally:
        os.close(lock)


def folder_of(out: Path) -> Path:
    """Return the folder in which parts of this file wait for one another."""
    return out.with_name(f"{out.name}.parts")


def utf8(name: str) -> str:
    """Return a name as a table can hold it: bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _take(lock: int, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreError(
            "another process is scoring into this file", where=str(folder), hint="wait for its end"
        ) from error
    except OSError:
        pass  # this file system has no locks


def _job(folder: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the parts say of themselves: `about`, as it was written when they were begun.
    Raises `ConfigError` where that is something else.
    """
    path, words = folder / JOB, json.dumps(about, sort_keys=True, indent=1)
    if not path.exists():
        with replace_file(path, "begin to score") as part:
            part.write_text(words, encoding="utf-8")
    with decoding(str(path), "what was begun here is not readable"):
        before: dict[str, Any] = json.loads(read_regular(path))
        now: dict[str, Any] = json.loads(words)
        keys = sorted((before.keys() | now.keys()) - {"model"})  # a place: the scorer is known
        differ = [key for key in keys if not _alike(key, before.get(key), now.get(key))]
    if differ:
        key = differ[0]
        raise ConfigError(
            f"scores that were begun there differ in {', '.join(differ)} ({key} was "
            f"{before.get(key)!r}, and is {now.get(key)!r})",
            where=str(folder),
            hint=f"go on as you began, choose another --out, or: rm -r {quoted(str(folder))}",
        )
    return before


def _alike(key: str, one: Any, other: Any) -> bool:
    return same_scorer(one, other) if key == "scorer" else one == other


def _read(path: Path) -> Kept | None:
    """Return what a part holds; None for one that is damaged."""
    columns = ["photo", "digest", "problem", "notes", "same_as"]
    try:
        table = arrow("pyarrow.parquet").read_table(path, columns=columns)
        lists = [table.column(name).to_pylist() for name in columns]
    except (OSError, ValueError, KeyError):  # pyarrow's own errors are of these kinds
        return None
    return Kept(lists[0], list(zip(*lists, strict=True)))
