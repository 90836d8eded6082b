"""Photographs by our backbone, by a plain session of onnxruntime, or scored into a file.

    python photo_rates.py SECONDS onnxruntime|jax photos.npy
    python photo_rates.py SECONDS session photos.npy --model model.onnx [--batch N] [--threads N]
    python photo_rates.py 0 score FOLDER|LIST --out FILE [--decoders N] [--colours]

A session is as onnxruntime makes it, but for its number of threads. `--colours` scores by the
colours of a few places in the place of the network. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime


class Scores(NamedTuple):
    """What a scorer says."""

    score: np.ndarray
    percentile: np.ndarray
    spread: np.ndarray


class Mean:
    """A scorer that costs nothing."""

    def of_features(self, features: np.ndarray) -> Scores:
        """Return the features' mean."""
        score = features.mean(axis=1)
        return Scores(score, score, score)


class Colours:
    """The colours of a few places, in the place of the network."""

    version = "colours"

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        """Return 2,560 numbers a photograph."""
        small = photos[:, ::8, ::8].reshape(len(photos), -1) / np.float32(255)
        return np.pad(small, ((0, 0), (0, 2560 - small.shape[1])))


def main() -> None:
    """Do it, and print how many photographs were seen in how many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("how", choices=["onnxruntime", "jax", "session", "score"])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--decoders", type=int, default=2)
    parser.add_argument("--colours", action="store_true")
    chosen = parser.parse_args()
    count, seconds = _scored(chosen) if chosen.how == "score" else _seen(chosen)
    print(json.dumps({"torch": onnxruntime.__version__, "photos": count, "seconds": seconds}))


def _scored(chosen: Any) -> tuple[int, float]:
    from ontogeny.runtime.photos.judging import Judge
    from ontogeny.runtime.photos.scoring import score_photos
    from ontogeny.runtime.photos.source import photo_source

    judge: Any = Judge(Mean(), Colours() if chosen.colours else None)  # pyright: ignore
    source = photo_source(chosen.photos)
    begun = time.perf_counter()
    found = score_photos(source, judge, chosen.out, workers=chosen.decoders)
    assert found.counts.scored == found.counts.photos, found.counts.problems
    return found.counts.photos, time.perf_counter() - begun


def _seen(chosen: Any) -> tuple[int, float]:
    photos = np.load(chosen.photos)
    see: Callable[[np.ndarray], Any] = _own(chosen) if chosen.how != "session" else _session(chosen)
    batch = photos[: chosen.batch]
    see(batch)
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < chosen.seconds or not count:
        see(batch)
        count += len(batch)
    return count, time.perf_counter() - begun


def _own(chosen: Any) -> Callable[[np.ndarray], Any]:
    from ontogeny.learners.beauty.backbone import Backbone

    return Backbone(chosen.how, chosen.threads)


def _session(chosen: Any) -> Callable[[np.ndarray], Any]:
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = chosen.threads
    session: Any = onnxruntime.InferenceSession(
        str(chosen.model), options, providers=["CPUExecutionProvider"]
    )
    return lambda some: session.run(None, {"photos": some})


if __name__ == "__main__":
    main()
