"""A partition of photographs, judged: decoded ones go in, rows with scores come out.

It is the same wherever it runs: beside decoding processes here, or on a cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError, StructureError
from ontogeny.learners.beauty.backbone import SEEN, Backbone
from ontogeny.runtime.photos.decoding import Decoded
from ontogeny.runtime.photos.score_table import LOOK, Row

BATCH = 16  # photographs that the backbone is given at once
PARTITION = 512  # photographs; what a kill may cost
ASKED = 4  # invented photographs, by what is said of which a scorer is known again
CLOSE = 1e-3  # how far these may be apart, by another machine's rounding


class FeatureScorer(Protocol):
    """What scores features, as a product of kind "scorer" does."""

    def of_features(self, features: Float[np.ndarray, "photo 2560"]) -> Any:
        """Return arrays `score`, `percentile` and `spread`, a number a photograph, and perhaps
        `rating`.
        """
        ...


class Judge:
    """A scorer and the backbone that it sees through. Raises `ConfigError` where the scorer was
    grown on another.
    """

    def __init__(self, scorer: FeatureScorer, backbone: Backbone | None = None):
        self.scorer, self.backbone = scorer, backbone or seen_by(scorer)
        version = self.backbone.version
        if (grown := getattr(scorer, "backbone", version)) != version:
            raise ConfigError(
                f"its heads were grown on {grown}, and there is {version}",
                where="the scorer",
                hint="install those weights, or train it anew: a score means nothing on others",
            )
        self._look = _projection()

    @property
    def says(self) -> str:
        """What its scores are of, in words."""
        return str(getattr(self.scorer, "says", "score"))

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """What tells this scorer from another, as JSON: the backbone, and the scores of invented
        features; see `same_scorer`.
        """
        features = np.random.default_rng(0).uniform(0, 1, (ASKED, SEEN)).astype(np.float32)
        said = [round(score, 4) for score in self.scores(features)[0].tolist()]
        return {"backbone": self.backbone.version, "says": said}

    def scores(self, features: Float[np.ndarray, "photo 2560"]) -> list[np.ndarray]:
        """Return scores, percentiles, spreads and ratings (NaN where the scorer knows none). Raises
        `StructureError` where the scorer gives something else.
        """
        n = len(features)
        whole = np.zeros((max(n, PARTITION), SEEN), np.float32)  # one shape, one compilation
        whole[:n] = features
        found = self.scorer.of_features(whole)
        arrays = [np.asarray(getattr(found, name)) for name in ("score", "percentile", "spread")]
        arrays.append(np.asarray(getattr(found, "rating", np.full(len(whole), np.nan))))
        if any(array.shape != (len(whole),) for array in arrays):
            raise StructureError(
                f"of {len(whole)} photographs it gives {[list(a.shape) for a in arrays]}",
                where="the scorer",
                hint="score, percentile and spread have a number a photograph",
            )
        return [array[:n] for array in arrays]

    def look(self, features: Float[np.ndarray, "photo 2560"]) -> Float[np.ndarray, "photo look"]:
        """Return fewer numbers, which are near where the features are (each row of length 1)."""
        length = np.linalg.norm(features, axis=1, keepdims=True)
        return (features / np.maximum(length, 1e-9)) @ self._look


def seen_by(scorer: Any, threads: int | None = None) -> Backbone:
    """Return the backbone that a scorer sees through: one with its own last blocks, if it has
    them. Raises `MissingExtra` without the packaged weights.
    """
    tail = getattr(scorer, "tail", None)
    if tail is None and threads is None:
        return Backbone()
    return Backbone(threads=threads, tail=tail)


def same_scorer(one: Any, other: Any) -> bool:
    """Return whether two fingerprints are of one scorer, wherever each was taken."""
    try:
        told = np.allclose(one["says"], other["says"], rtol=CLOSE, atol=CLOSE, equal_nan=True)
        return bool(told) and one["backbone"] == other["backbone"]
    except (KeyError, TypeError, ValueError):  # of another version, perhaps
        return False


class Partition:
    """Photographs that are judged together: `add` each as it is decoded, then take the `rows`."""

    def __init__(self, judge: Judge, names: Sequence[str]):
        self.names = names
        self._judge, self._rows = judge, list[Row]()
        self._waiting, self._features = list[np.ndarray](), list[np.ndarray]()

    @property
    def is_full(self) -> bool:
        """Whether all have been added."""
        return len(self._rows) == len(self.names)

    @property
    def next_name(self) -> str:
        """The name of the photograph that is to be added."""
        return self.names[len(self._rows)]

    def add(self, photo: Decoded, same_as: str = "") -> None:
        """Take in the next photograph. One that is the same as another is not scored."""
        name = self.next_name
        problem = "" if same_as else photo.problem
        self._rows.append(Row(name, photo.digest, problem, photo.notes, same_as))
        if photo.pixels is not None and not same_as:
            self._waiting.append(photo.pixels)
            if len(self._waiting) == BATCH:
                self._see()

    def rows(self) -> list[Row]:
        """Return a row a photograph."""
        if self._waiting:
            self._see()
        if not self._features:
            return self._rows
        features = np.concatenate(self._features)
        looks = self._judge.look(features)
        columns = self._judge.scores(features)
        numbers = iter(zip(*(column.tolist() for column in columns), looks, strict=True))
        return [
            row if row.problem or row.same_as else _scored(row, *next(numbers))
            for row in self._rows
        ]

    def _see(self) -> None:
        self._features.append(self._judge.backbone(np.stack(self._waiting)))
        self._waiting.clear()


def _scored(
    row: Row, score: float, percentile: float, spread: float, rating: float, look: np.ndarray
) -> Row:
    if not np.isfinite(score):
        return row._replace(problem="its score is not finite")
    known = None if np.isnan(rating) else rating
    return row._replace(score=score, percentile=percentile, spread=spread, rating=known, look=look)


def _projection() -> Float[np.ndarray, "2560 look"]:
    """Return a random projection that keeps distances, nearly (Johnson and Lindenstrauss)."""
    drawn = np.random.default_rng(20171102).normal(size=(SEEN, LOOK)) / np.sqrt(LOOK)
    return drawn.astype(np.float32)
