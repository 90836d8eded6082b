"""Any number of photographs, scored into one file: decoded by several processes, seen by the
network here, written part by part.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

from ontogeny.core.errors import DataError
from ontogeny.runtime.machine import cores
from ontogeny.runtime.photos.decoding import Decoders
from ontogeny.runtime.photos.judging import PARTITION, Judge, Partition
from ontogeny.runtime.photos.score_parts import Counts, ScoreParts, scoring_into
from ontogeny.runtime.photos.score_table import Row
from ontogeny.runtime.photos.source import PhotoSource

TOLD = 100  # folders that can't be read, and links, which are listed


class Scored(NamedTuple):
    """What became of the photographs."""

    out: Path
    counts: Counts
    not_looked: dict[str, str]
    """Folders and links that were not looked into, and why: the first of them."""
    n_not_looked: int
    kept: int
    """Photographs that were done before, and kept."""
    seconds: float
    stopped: bool
    """Whether it was asked to stop before the end; the same call goes on."""

    @property
    def rate(self) -> float:
        """Photographs a second, of those that were not done before."""
        return (self.counts.photos - self.kept) / max(self.seconds, 1e-9)


class Scoring(Protocol):
    """Who turns partitions of names into rows, in their order."""

    def __call__(
        self, partitions: Iterator[Sequence[str]], source: PhotoSource, parts: ScoreParts
    ) -> Generator[list[Row] | None]:
        """Yield the rows of each partition, and None now and then: a moment to look up."""
        ...


def score_photos(
    source: PhotoSource,
    judge: Judge,
    out: Path | str,
    *,
    skip_same: bool = False,
    workers: int | None = None,
    scoring: Scoring | None = None,
    model: str | None = None,
    tell: Callable[[Counts, int], None] = lambda counts, under_way: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Scored:
    """Score the photographs into the Parquet file `out`, a row each, and return what became of
    them. What is killed, stopped, or runs out of space goes on when it is called again, to the same
    bytes.

    `workers` processes decode (one a core by default; 0: this process), `skip_same` scores no
    content twice, `scoring` runs the partitions elsewhere, `model` is where the scorer lies, which
    the file says of itself. `tell` is called with the counts and how many photographs are under way
    beyond them; `stopped` is asked now and then. Raises what `scoring_into` and `PhotoSource.names`
    raise, and `DataError` where there are no photographs.
    """
    begun, kept = time.perf_counter(), 0
    not_looked: dict[str, str] = {}
    n_not_looked = itertools.count()

    def unlooked(what: str, why: str) -> None:
        if next(n_not_looked) < TOLD:
            not_looked[what] = why

    about = {
        "source": source.place,
        "column": source.column,
        "root": source.root,
        "scorer": judge.fingerprint,
        "says": judge.says,
        "model": model,
        "skip_same": skip_same,
        "partition": PARTITION,
    }
    scoring = scoring or _here(judge, cores() if workers is None else workers)
    with scoring_into(out, about, skip_same) as parts:
        partitions = _partitions(source.names(unlooked))
        waiting: list[Sequence[str]] = []
        for names in partitions:
            if not parts.take_kept(names):
                waiting.append(names)
                break
        kept = parts.counts.photos
        todo = itertools.chain(waiting, partitions)
        halted = stopped()
        with closing(scoring(todo, source, parts)) as finished:
            under_way = 0
            while not halted and (rows := next(finished, ())) != ():
                if rows is None:
                    under_way += 1
                else:
                    parts.write(rows)
                    under_way = 0
                tell(parts.counts, under_way)
                halted = stopped()
        if not parts.counts.photos and not halted:
            raise DataError(
                "there are no photographs in it"
                + "".join(f"; {what}: {why}" for what, why in list(not_looked.items())[:1]),
                where=source.place,
                hint="pictures are known by their suffixes: .jpg, .png, .webp and others",
            )
        if not halted:
            parts.finish()
    seconds = time.perf_counter() - begun
    return Scored(
        parts.out, parts.counts, not_looked, next(n_not_looked), kept, seconds, bool(halted)
    )


def _here(judge: Judge, workers: int) -> Scoring:
    """Return what scores in this process, and decodes beside it."""

    def score(
        partitions: Iterator[Sequence[str]], source: PhotoSource, parts: ScoreParts
    ) -> Generator[list[Row] | None]:
        begun: deque[Partition] = deque()

        def locations() -> Iterator[str]:
            for names in partitions:
                begun.append(Partition(judge, names))
                yield from map(source.location, names)

        with Decoders(workers) as decoders:
            for photo in decoders.decoded(locations()):
                partition = begun[0]
                partition.add(photo, parts.same_as(photo.digest, partition.next_name))
                if partition.is_full:
                    yield begun.popleft().rows()
                else:
                    yield None

    return score


def _partitions(names: Iterator[str]) -> Iterator[Sequence[str]]:
    while some := list(itertools.islice(names, PARTITION)):
        yield some
