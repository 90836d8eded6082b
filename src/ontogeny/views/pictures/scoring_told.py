"""Scoring while it runs, and what came of it."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from ontogeny.core.text import visible
from ontogeny.runtime.photos.score_parts import Counts
from ontogeny.runtime.photos.scoring import Scored
from ontogeny.views.quantities import count, duration, number

OFTEN, SELDOM = 0.5, 30.0  # seconds between two lines: on a terminal, and in a log
RECENT = 60  # lines over which speed is measured
SHOWN = 5  # problems that are said; all are in the table


class ScoringProgress:
    """Says on `stream` how far it is: `tell` is told after each photograph."""

    def __init__(
        self,
        total: int | None,
        stream: TextIO = sys.stderr,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._total, self._stream, self._clock = total, stream, clock
        self._live = stream.isatty()
        self._marks: deque[tuple[float, int]] = deque(maxlen=RECENT)
        self._shown = clock()

    def tell(self, counts: Counts, under_way: int) -> None:
        """Say it, if it is time to."""
        now, done = self._clock(), counts.photos + under_way
        if not self._marks:
            self._marks.append((now, done))
        if now - self._shown < (OFTEN if self._live else SELDOM):
            return
        self._shown = now
        self._marks.append((now, done))
        line = self.line(counts, done)
        print(
            f"\r{line}\x1b[K" if self._live else line,
            end="" if self._live else "\n",
            file=self._stream,
            flush=True,
        )

    def line(self, counts: Counts, done: int) -> str:
        """Return how far it is: photographs, a second, time left, those without a score."""
        (begun, before), (now, _) = self._marks[0], self._marks[-1]
        pace = (done - before) / (now - begun) if now > begun else 0.0
        of = f" of {self._total:,}" if self._total else ""
        parts = [f"{done:,}{of} photographs"]
        if pace:
            parts.append(f"{number(pace)}/s")
            if self._total:
                parts.append(f"{duration(max(0, self._total - done) / pace)} left")
        if counts.unread:
            parts.append(f"{counts.unread:,} unreadable")
        return ", ".join(parts)

    def close(self) -> None:
        """Leave the line."""
        if self._live:
            print("\r\x1b[K", end="", file=self._stream, flush=True)


def told_of(scored: Scored) -> dict[str, Any]:
    """Return what came of it, in JSON's terms."""
    counts = scored.counts
    return {
        "scores": str(scored.out),
        "finished": not scored.stopped,
        "photographs": counts.photos,
        "scored": counts.scored,
        "unreadable": counts.unread,
        "duplicates": counts.same,
        "noted": counts.noted,
        "kept_from_before": scored.kept,
        "problems": counts.problems,
        "not_looked_into": scored.not_looked,
        "seconds": scored.seconds,
        "photographs_a_second": scored.rate,
    }


def text(scored: Scored) -> str:
    """Return what came of it, for a person."""
    counts = scored.counts
    new = counts.photos - scored.kept
    pace = f"{duration(scored.seconds)}, {number(scored.rate)} a second" if new else ""
    before = f", {scored.kept:,} of them before" if scored.kept else ""
    end = (
        "" if not scored.stopped else "stopped; what is done is kept, and the same command goes on"
    )
    lines = [
        f"{visible(str(scored.out))}: {count(counts.scored, 'photograph')} scored"
        f"{before}{f' ({pace})' if pace else ''}"
    ]
    if end:
        lines.append(end)
    if counts.same:
        lines.append(f"{counts.same:,} have the content of one before, and are not scored again")
    if counts.noted:
        lines.append(f"{counts.noted:,} have a note of what was made of them: the column notes")
    if counts.unread:
        lines.append(f"{counts.unread:,} can't be read; all are in the table, as problem:")
        some = list(counts.problems.items())[:SHOWN]
        lines += [f"  {visible(photo)}: {why}" for photo, why in some]
        if counts.unread > len(some):
            lines.append(f"  and {counts.unread - len(some):,} more")
    if scored.n_not_looked:
        lines.append(f"{count(scored.n_not_looked, 'place')} not looked into:")
        lines += [f"  {visible(w)}: {why}" for w, why in list(scored.not_looked.items())[:SHOWN]]
    return "\n".join(lines)
