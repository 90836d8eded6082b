"""Photo rows a second from Parquet: what everybody showed, beside the same in Polars.

Rows are drawn with a user, a time and a score, so many of each user; what is timed is the study's
own text (`uploads`: counts, and means of the window and of its halves), admitting the rows, what
Polars takes for the same counts and means, and pyarrow for a count and a mean. All give the same
means, or it is no figure. On a machine that others use too, seconds of the processor say what free
cores would take.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, load, pairwise
from ontogeny.core.errors import MissingExtra
from ontogeny.social.tables.embedded import Embedded
from ontogeny.social.tables.engine import Column, Table, sql

SIZES = (10**5, 10**6, 10**7)
QUICK = (10**4, 10**5)
EACH = 25  # rows of a user
REPEATS = 3
RATE = Target(low=5e6)
EXPONENT = Target(high=1.2)
SPAN = 10**13  # microseconds that the rows are spread over
THREADS = 2
Answers: TypeAlias = dict[str, np.ndarray]
Clock: TypeAlias = Callable[[], float]
COLUMNS = {
    "id": Column("id", "whole"),
    "user": Column("user", "whole"),
    "time": Column("time", "whole"),
    "score": Column("score", "number"),
}


def measure(quick: bool) -> Result:
    """Return seconds by rows with their exponents, and ratios to the peers."""
    sizes = QUICK if quick else SIZES
    figures: list[Figure] = []
    setting: dict[str, Any] = {"threads": THREADS, "rows of a user": EACH, "load": load()}
    medians: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            seconds = timed(Path(folder), rows, setting)
            processor = seconds.pop("processor")
            figures.append(
                Figure(
                    f"uploads by DuckDB, {rows:,} rows a second of {THREADS} free cores",
                    "rows/s",
                    [rows * THREADS / s for s in processor],
                    RATE if rows == SIZES[-1] else None,
                )
            )
            for what, values in seconds.items():
                figures.append(Figure(f"{what}, {rows:,} rows", "s", values))
                medians.setdefault(what, []).append(float(np.median(values)))
            figures += [
                Figure(
                    f"uploads by DuckDB, {rows:,} rows a second",
                    "rows/s",
                    [rows / s for s in seconds["uploads by DuckDB"]],
                    RATE if rows == SIZES[-1] else None,
                ),
                *(
                    Figure(
                        f"{what}, {rows:,} rows: its seconds / DuckDB's",
                        "ratio",
                        pairwise(seconds[what], seconds["uploads by DuckDB"]),
                    )
                    for what in seconds.keys() - {"uploads by DuckDB", "admitting by DuckDB"}
                ),
            ]
    for what, values in medians.items():
        slope = np.log(values[-1] / values[0]) / np.log(sizes[-1] / sizes[0])
        figures.append(Figure(f"{what}, exponent", "power of rows", [float(slope)], EXPONENT))
    return Result(setting, figures)


def timed(folder: Path, rows: int, setting: dict[str, Any]) -> dict[str, list[float]]:
    """Return the seconds of everybody who is here, by turns, each checked against the first."""
    path, joined = folder / f"{rows}.parquet", folder / "joined.parquet"
    write_rows(path, joined, rows)
    middle = SPAN // 2
    engine = Embedded(temporary=folder / "spill", threads=THREADS)
    text = sql("ontogeny.social.study", "uploads", middle=middle)
    admit = sql(
        "ontogeny.social.tables",
        "photos",
        **{"until": 2 * SPAN, "joined_only": 0, "low": 0.0, "high": 1.0},
    )
    answers: Answers = {}

    def clocked(what: str, question: Callable[[], np.ndarray | None]) -> Clock:
        def run() -> float:
            begun = time.perf_counter()
            answer = question()
            ended = time.perf_counter() - begun
            if answer is not None:
                answers[what] = answer
            return ended

        return run

    processor: list[float] = []

    def uploads() -> np.ndarray:
        begun = time.process_time()
        found = engine.read(text, {"photos": Table(path)})
        processor.append(time.process_time() - begun)
        return found["quality"][np.argsort(found["user"])]

    def admitting() -> None:
        seen = {"photos": Table(path, COLUMNS), "joined": Table(joined)}
        engine.write(admit, seen, folder / "admitted.parquet")

    runs = {
        "uploads by DuckDB": clocked("uploads by DuckDB", uploads),
        "admitting by DuckDB": clocked("admitting by DuckDB", admitting),
        "means by pyarrow": clocked("means by pyarrow", lambda: _pyarrow(path)),
    }
    try:
        runs["uploads by Polars"] = _polars(path, middle, setting, answers)
    except MissingExtra as error:
        setting["Polars"] = f"not here ({error.what})"
    values = by_turns(runs, REPEATS if rows <= 10**6 else 2)
    for what, answer in answers.items():
        np.testing.assert_allclose(answer, answers["uploads by DuckDB"], 1e-9, err_msg=what)
    return values | {"processor": processor}


def write_rows(path: Path, joined: Path, rows: int) -> None:
    """Write the photos, and a table of who joined that has nobody."""
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    rng = np.random.default_rng(rows)
    users = max(1, rows // EACH)
    columns = {
        "id": np.arange(rows),
        "user": np.concatenate([np.arange(users), rng.integers(0, users, rows - users)]),
        "time": 1 + np.sort(rng.integers(0, SPAN, rows)),
        "score": rng.random(rows),
        "rule": arrow.nulls(rows, arrow.string()),
    }
    parquet.write_table(arrow.table(columns), path, compression="zstd", row_group_size=122_880)
    nobody = {"user": np.zeros(0, np.int64), "begun": np.zeros(0, np.int64)}
    parquet.write_table(arrow.table(nobody), joined)


def _polars(path: Path, middle: int, setting: dict[str, Any], answers: Answers) -> Clock:
    python, means = peer_python("polars"), path.with_suffix(".npy")

    def run() -> float:
        words = str(path), str(middle), str(means), str(THREADS)
        said = ask(python, "polars_uploads.py", *words)
        setting["Polars"], answers["uploads by Polars"] = said["version"], np.load(means)
        return float(said["seconds"])

    run()  # whether it is here
    return run


def _pyarrow(path: Path) -> np.ndarray:
    parquet = import_module("pyarrow.parquet")
    table = parquet.read_table(path, columns=["user", "score"])
    found = table.group_by("user").aggregate([("score", "mean"), ("score", "count")])
    return found.sort_by("user")["score_mean"].to_numpy()
