"""`stream`: a grown network on a video, a camera, or what is piped in."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from ontogeny.cli.words import parse, say
from ontogeny.core.errors import ConfigError, DataError, OntogenyError, StoreError
from ontogeny.core.files import absolute

if TYPE_CHECKING:
    from ontogeny.learners.streaming.product import VideoModel
    from ontogeny.views.pictures.watched import Written

KEPT = 8  # frames that a schedule is measured on


@dataclass(frozen=True)
class Stream:
    """Draw over a video what a grown network says of it, or write that down; and say how fast."""

    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")]
    """A video; a camera's number; or - for a video on standard input."""
    model: str
    """A run of a network that watches video, or the folder of a product."""
    out: Path
    """What to write: an MP4 with what is said drawn in, or .jsonl, an object a frame."""
    budget: float | None = None
    """Milliseconds a frame may take, live: a file plays as a camera that gives a frame in so many,
    and what has waited for longer is dropped for what is newer."""
    schedule: Literal["auto", "tick", "threads", "parallel", "onnx"] = "auto"
    """How the network runs: in one compiled tick, its stages on threads, its blocks side by side,
    by onnxruntime; or what measures fastest of the first three."""
    fit: Literal["crop", "whole"] = "crop"
    """What the network sees of a frame: its middle, or the whole of it, squeezed."""
    frames: int | None = None
    """Stop after so many."""
    size: str | None = None
    """WIDTHxHEIGHT of raw frames on standard input, bytes of red, green and blue."""
    rate: float | None = None
    """Raw frames a second (25)."""
    json: bool = False
    """Print one JSON object."""


def stream(arguments: list[str]) -> int:
    """Watch a video, and write what is said of it."""
    chosen = parse(Stream, "stream", arguments)
    out, size = _checked(chosen)

    from ontogeny.cli import SIGNALLED
    from ontogeny.runtime.interruption import asked_to_stop
    from ontogeny.runtime.machine import prepare
    from ontogeny.views.pictures.watched import text
    from ontogeny.worlds.videos.decoding import pyav

    pyav()
    prepare(1)
    model = _opened(chosen.model)
    signals: list[int] = []
    with asked_to_stop(lambda: None, signals) as stopped:
        try:
            answer = _watched(chosen, out, size, model, stopped)
        except DataError:
            if not signals:  # what is cut short may look like a broken video
                raise
            return SIGNALLED + signals[0]
    answer["stopped"] = bool(signals)
    say(answer, chosen.json, lambda: text(answer))
    return SIGNALLED + signals[0] if signals else 0


def _watched(
    chosen: Stream,
    out: Path,
    size: tuple[int, int] | None,
    model: VideoModel,
    stopped: Callable[[], bool],
) -> dict[str, Any]:
    """Watch the video, and return what there is to say of it."""
    import numpy as np

    from ontogeny.runtime.video.line import open_line
    from ontogeny.runtime.video.reader import VideoReader
    from ontogeny.runtime.video.source import VideoSource
    from ontogeny.runtime.video.watching import watch
    from ontogeny.views.pictures.film import is_mp4
    from ontogeny.views.pictures.watched import Written, told_of

    source = VideoSource(
        chosen.source,
        model.frame,
        whole=chosen.fit == "whole",
        pictures=is_mp4(out),
        raw_size=size,
        raw_rate=chosen.rate,
        stopped=stopped,
    )
    budget = None if chosen.budget is None else chosen.budget / 1e3
    is_live = budget is not None or source.is_camera
    some = list(np.random.default_rng(0).integers(0, 256, (KEPT, *model.frame), np.uint8))
    line = open_line(model, chosen.schedule, some, may_delay=not is_live)
    paced = budget is not None and not source.is_live
    reader = VideoReader(source.frames(), budget, is_paced=paced, stopped=stopped)
    wrote = Written(out, source, model, shows=sys.stderr.isatty() and not chosen.json)
    frames = itertools.islice(reader, chosen.frames)
    with contextlib.closing(line.running), contextlib.closing(wrote):
        for answer in watch(frames, line, model.prediction_latency, is_live):
            wrote.add(answer, reader.dropped)
    if reader.failed is not None:
        raise _with_rest(reader.failed, wrote)
    return told_of(model, source, reader, line, wrote)


def _checked(chosen: Stream) -> tuple[Path, tuple[int, int] | None]:
    """Return where to write, and the size of raw frames. Raises `ConfigError`."""
    out = absolute(chosen.out)
    if out.suffix.lower() not in (".mp4", ".jsonl"):
        raise ConfigError(f"{out.name} is neither", where="--out", hint="end it in .mp4 or .jsonl")
    if chosen.source != "-" and absolute(chosen.source).resolve() == out.resolve():
        raise ConfigError("the video would be lost", where="--out", hint="name another file")
    if not out.parent.is_dir():
        raise ConfigError(
            f"there is no folder {out.parent}", where="--out", hint="make it first, with mkdir"
        )
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise StoreError(
            "it can't be written",
            where=str(out),
            hint="choose another place for --out, in a folder of yours",
        )
    for name in ("budget", "frames", "rate"):
        value = getattr(chosen, name)
        if value is not None and not 0 < value < float("inf"):
            raise ConfigError(f"it is {value:g}", where=f"--{name}", hint="give more than 0")
    if chosen.size is None:
        return out, None
    sides = chosen.size.lower().split("x")
    if len(sides) != 2 or not all(s.isdecimal() and int(s) for s in sides):
        raise ConfigError(f"it is {chosen.size!r}", where="--size", hint="for example 640x480")
    return out, (int(sides[0]), int(sides[1]))


def _opened(name: str) -> VideoModel:
    from ontogeny.learners.streaming.product import VideoModel
    from ontogeny.recipes.products import load_product

    product = load_product(name)
    if not isinstance(product, VideoModel):
        raise ConfigError(
            f"it holds a {product.kind}, and no network that watches video",
            where=name,
            hint="grow one, for example: ontogeny grow video-keypoints",
        )
    return product


def _with_rest(error: BaseException, wrote: Written) -> BaseException:
    """Return the error, with where to find what was written before it."""
    if not isinstance(error, OntogenyError) or not wrote.count:
        return error
    found = f"{error.hint}; what was written before it is good: {wrote.out}"
    return type(error)(error.what, where=error.where, hint=found)
