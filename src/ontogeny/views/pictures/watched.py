"""A video while a network watches it: what is written of it, and what is told in the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.learners.streaming.product import VideoModel
from ontogeny.runtime.video.line import Line
from ontogeny.runtime.video.reader import VideoReader
from ontogeny.runtime.video.sink import JsonLines, Mp4
from ontogeny.runtime.video.source import VideoSource
from ontogeny.runtime.video.watching import Answer
from ontogeny.views.pictures.film import is_mp4
from ontogeny.views.pictures.overlay import drawn, read, told
from ontogeny.views.quantities import count, duration, number

TOLD = 0.5  # seconds between two lines of progress


class Written:
    """What is written of the answers, and what was measured meanwhile."""

    def __init__(self, out: Path, source: VideoSource, model: VideoModel, shows: bool):
        self.out, self._source, self._model = out, source, model
        self._shows = shows
        self._sink: Mp4 | JsonLines | None = None
        self.count, self.latencies = 0, list[float]()
        self.draw_seconds, self.write_seconds = list[float](), list[float]()
        self.begun = self._shown = time.perf_counter()
        self.ended = self.begun

    def add(self, answer: Answer, dropped: int) -> None:
        """Write an answer. Raises `StoreError` where that can't be."""
        frame, start = answer.frame, time.perf_counter()
        told_by, said = self._model, answer.said
        found = (
            []
            if said is None
            else read(said, told_by.labels, frame.place, is_logits=told_by.is_logits)
        )
        if self._sink is None:
            size = self._source.size
            if is_mp4(self.out) and size is not None:
                self._sink = Mp4(self.out, size, self._source.rate)
            else:
                self._sink = JsonLines(self.out)
        if answer.latency is not None:
            self.latencies.append(answer.latency)
        if isinstance(self._sink, JsonLines):
            made: Any = {
                "frame": frame.number,
                "seconds": round(frame.seconds, 6),
                "said": None if answer.said is None else told(found),
                "warm": answer.is_warm,
                "latency_ms": None if answer.latency is None else round(1e3 * answer.latency, 3),
            }
            between = time.perf_counter()
            self._sink.write(made)
        else:
            assert frame.picture is not None
            made = drawn(frame.picture, frame.place, found if answer.is_warm else [])
            between = time.perf_counter()
            self._sink.write(made, frame.seconds)
        self.ended = time.perf_counter()
        self.draw_seconds.append(between - start)
        self.write_seconds.append(self.ended - between)
        self.count += 1
        self._show(dropped)

    def _show(self, dropped: int) -> None:
        if self._shows and self.ended - self._shown > TOLD:
            self._shown = self.ended
            pace = self.count / (self.ended - self.begun)
            lost = f", {dropped} dropped" if dropped else ""
            print(f"\r{self.count} frames, {pace:.1f} a second{lost}", end=" ", file=sys.stderr)

    def close(self) -> None:
        """Finish the file. Raises `StoreError` where that can't be."""
        if self._shows:
            print(file=sys.stderr)
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.close()


def told_of(
    model: VideoModel, source: VideoSource, reader: VideoReader, line: Line, wrote: Written
) -> dict[str, Any]:
    """Return what there is to say of the whole; times are in seconds."""
    pace, wall = line.pace, wrote.ended - wrote.begun
    return {
        "out": str(wrote.out),
        "frames": wrote.count,
        "dropped": reader.dropped,
        "recovered": dict(source.recovered),
        "notes": source.notes,
        "size": source.size,
        "sees": model.frame,
        "rate": source.rate,
        "schedule": line.way,
        "threads": pace.threads,
        "tick": {name: getattr(pace, name) for name in ("p50", "p90", "p99")},
        "throughput": {"network": pace.throughput, "whole": wrote.count / wall if wall else 0.0},
        "latency": _quantiles(wrote.latencies),
        "information": _age(pace.information_frames, source.rate),
        "depth": _age(pace.depth_frames, source.rate),
        "warm_up": pace.warm_up,
        "prediction_latency": model.prediction_latency,
        "schedule_latency": line.late,
        "decode": _quantiles(reader.decode_seconds),
        "draw": _quantiles(wrote.draw_seconds),
        "write": _quantiles(wrote.write_seconds),
    }


def text(answer: Mapping[str, Any]) -> str:
    """Return what was told, for a person."""
    tick, pace, latency = answer["tick"], answer["throughput"], answer["latency"]
    rows, columns = answer["sees"][:2]
    wide, high = answer["size"] or (0, 0)
    late = answer["prediction_latency"] + answer["schedule_latency"]
    steps = ", ".join(
        f"{name} {duration(answer[name]['p50'])}" for name in ("decode", "draw", "write")
    )
    threads = count(answer["threads"], "thread")
    lines = [
        f"{answer['out']}: {count(answer['frames'], 'frame')} of {wide} x {high}, seen as "
        f"{columns} x {rows}, {answer['dropped']} dropped",
        f"tick {_three(tick)}; schedule {answer['schedule']}, {threads}",
        f"{number(pace['network'])} frames a second by the network alone, {number(pace['whole'])} "
        f"with the video ({steps})",
        f"from a frame to its answer {_three(latency)}",
        f"what it knows is {_span(answer['information'])} old at the newest, "
        f"{_span(answer['depth'])} along the deepest path; {count(answer['warm_up'], 'tick')} to "
        f"warm up; it answers {count(late, 'frame')} late",
    ]
    lines += [f"recovered: {n} {what}" for what, n in answer["recovered"].items()]
    return "\n".join([*lines, *answer["notes"]])


def _quantiles(seconds: Sequence[float]) -> dict[str, float | None]:
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {name: float(np.quantile(seconds, q)) if seconds else None for name, q in shares.items()}


def _three(seconds: Mapping[str, float]) -> str:
    return " / ".join(duration(one) for one in seconds.values()) + " (p50 / p90 / p99)"


def _age(frames: int, rate: float) -> dict[str, float]:
    return {"frames": frames, "seconds": frames / rate}


def _span(age: Mapping[str, float]) -> str:
    return f"{count(int(age['frames']), 'frame')} ({duration(age['seconds'])})"
