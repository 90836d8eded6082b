"""Partitions of photographs, scored on a Ray cluster by Ray Data: each is one row of a data set,
and the scoring function maps over them.

Rows come back to this process, which alone writes the parts, in their order: so a partition that
Ray runs again after a worker's death is still written once, and a killed driver goes on behind its
last part. The photographs must be where the cluster's machines can open them, by the same names.
"""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import numpy as np

from ontogeny.core.ray_cluster import joined, ray_module
from ontogeny.runtime.photos.decoding import decode
from ontogeny.runtime.photos.judging import FeatureScorer, Judge, Partition, seen_by
from ontogeny.runtime.photos.score_parts import ScoreParts
from ontogeny.runtime.photos.score_table import Row, as_table
from ontogeny.runtime.photos.scoring import Scoring
from ontogeny.runtime.photos.source import PhotoSource, arrow

WINDOW = 16  # partitions for every worker in one data set: what this process holds at most


def on_ray(
    scorer: FeatureScorer,
    address: str | None = None,
    workers: int | None = None,
    backbone: Any = None,
) -> Scoring:
    """Return what scores on the cluster at the address (`auto`: the one that runs here), or on one
    that is begun on this machine, with so many workers of one core (all cores by default).

    `backbone` makes the backbone in a worker. Raises `MissingExtra` without Ray, `ConfigError`
    where no cluster answers.
    """
    cluster, data = joined(address, cpus=workers), ray_module("ray.data")
    count = workers or max(1, int(sum(machine.cpus for machine in cluster.machines())))
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it tells of each window

    def score(
        partitions: Iterator[Sequence[str]], source: PhotoSource, parts: ScoreParts
    ) -> Generator[list[Row] | None]:
        numbers = itertools.count()
        while window := list(itertools.islice(partitions, WINDOW * count)):
            asked = {next(numbers): names for names in window}
            yield from _window(data, asked, source, parts, (scorer, backbone, source), count)

    return score


def _window(
    data: Any,
    asked: dict[int, Sequence[str]],
    source: PhotoSource,
    parts: ScoreParts,
    given: tuple[Any, ...],
    workers: int,
) -> Generator[list[Row] | None]:
    """Yield the rows of some partitions, in their order, as Ray Data computes them."""
    rows = [
        {"number": number, "names": [os.fsencode(name) for name in names]}
        for number, names in asked.items()
    ]
    found = data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Worker,
        fn_constructor_args=given,
        batch_size=1,
        num_cpus=1,
        compute=data.ActorPoolStrategy(min_size=1, max_size=min(workers, len(rows))),
    )
    early: dict[int, Any] = {}
    wanted = iter(asked)
    number = next(wanted)
    for row in found.iter_rows():
        early[row["number"]] = row["rows"]
        while number in early:
            yield _same_marked(_rows(early.pop(number), asked[number]), parts)
            number = next(wanted, -1)


class _Worker:
    """What lives in a worker of the cluster: a scorer, its backbone, and a partition at a time."""

    def __init__(self, scorer: FeatureScorer, backbone: Any, source: PhotoSource):
        self._judge = Judge(scorer, seen_by(scorer, 1) if backbone is None else backbone())
        self._source = source

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return the rows of the one partition in the batch, as bytes."""
        names = [os.fsdecode(name) for name in batch["names"][0]]
        partition = Partition(self._judge, names)
        for name in names:
            partition.add(decode(self._source.location(name)))
        return {"number": batch["number"], "rows": [_packed(partition.rows())]}


def _packed(rows: Sequence[Row]) -> bytes:
    """Return rows as bytes; names are left out, which who asked knows."""
    pa = arrow()
    table = as_table([row._replace(photo="") for row in rows], {})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _rows(packed: bytes, names: Sequence[str]) -> list[Row]:
    table = arrow().ipc.open_stream(packed).read_all()
    found: list[Row] = []
    for name, said in zip(names, table.to_pylist(), strict=True):
        look = said.pop("look")
        words = {key: said[key] or "" for key in ("problem", "notes", "same_as")}
        known: dict[str, Any] = {**said, **words, "photo": name}
        found.append(Row(**known, look=None if look is None else np.asarray(look, np.float32)))
    return found


def _same_marked(rows: list[Row], parts: ScoreParts) -> list[Row]:
    """Return the rows as they are where no content is scored twice, if that was asked for. A copy
    has been scored then, unlike in one process: the others' last bits may differ.
    """
    return [
        Row(row.photo, row.digest, "", row.notes, same)
        if (same := parts.same_as(row.digest, row.photo))
        else row
        for row in rows
    ]
