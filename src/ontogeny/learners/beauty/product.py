"""What a person wants of grown heads: photographs in; scores, percentiles and spreads out.

scored = run.product()(photos)
scored.score, scored.percentile, scored.spread
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from ontogeny.core.archive import read_about, read_whole, write_archive
from ontogeny.core.errors import ConfigError, DataError, StoreError
from ontogeny.core.files import decoding
from ontogeny.core.trees import fitted
from ontogeny.learners.beauty.backbone import Backbone, features_version
from ontogeny.learners.beauty.calibration import Calibration, calibrate
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.lessons import Standard, lessons_of, standardised
from ontogeny.learners.beauty.rated import Parts, Rated
from ontogeny.learners.beauty.scorer import (
    Layers,
    ScorerState,
    new_heads,
    said_by,
    scores_of,
)
from ontogeny.nn.efficientnet import Tail, tail_shapes

CALL = 4096  # photographs whose features the heads are given at a time
OWN_FEATURES = "given features"  # what a scorer says whose features are not the backbone's


class Scored(NamedTuple):
    """What is said of photographs."""

    score: Float[np.ndarray, " photo"]
    """On the ratings' own scale; of heads that learned from pairs, log-odds."""
    percentile: Float[np.ndarray, " photo"]
    """How many of a hundred reference photographs have a lower score."""
    spread: Float[np.ndarray, " photo"]
    """The standard deviation of the score over the heads: how far another sample of ratings may
    have led elsewhere. 0 of one head."""
    rating: Float[np.ndarray, " photo"]
    """The rating that goes with the score among held photographs; NaN where they have none."""


@dataclass(frozen=True)
class Scorer:
    """Grown heads on the backbone, frozen or with last blocks of its own, and what their scores
    mean."""

    kind: ClassVar[str] = "scorer"

    says: str
    """What the score is of, in words: "relative technical quality", "your ratings"."""
    layers: Layers
    grades: Float[np.ndarray, " grade"]
    standard: Standard
    pooling: float
    calibration: Calibration
    backbone: str = OWN_FEATURES
    """Which features it was grown on."""
    about: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    """What it was grown on, as JSON: photographs, ratings, agreement on those that were held."""
    tail: Tail | None = None
    """The network's last blocks, where they learned too: features are theirs."""

    def __call__(self, photos: UInt8[np.ndarray, "photo 224 224 3"]) -> Scored:
        """Return what is said of photographs, as `worlds.photos.squares.read_photo` returns them.
        Raises `DataError` for arrays that are none, and `ConfigError` where the packaged network is
        not the one that the heads were grown on.
        """
        return self.of_features(self._network(np.asarray(photos)))

    @cached_property
    def _network(self) -> Backbone:
        version = features_version(self.tail)
        if version != self.backbone:
            raise ConfigError(
                f"its heads were grown on {self.backbone}, and there is {version}",
                where="Scorer",
                hint="install those weights, or train it anew: a score means nothing on others",
            )
        return Backbone(tail=self.tail)

    def of_features(self, features: Float[np.ndarray, "photo feature"]) -> Scored:
        """Return what is said of photographs whose features are given. Raises `DataError` for
        features of another width.
        """
        score, spread = self.raw(features)
        percentile = self.calibration.percentile(score)
        return Scored(score, percentile, spread, self.calibration.rating(score))

    def raw(
        self, features: Float[np.ndarray, "photo feature"]
    ) -> tuple[Float[np.ndarray, " photo"], Float[np.ndarray, " photo"]]:
        """Return the scores and their spreads."""
        width = len(self.standard.centre)
        if features.ndim != 2 or features.shape[1] != width:
            raise DataError(
                f"features are {list(features.shape)}",
                where="Scorer",
                hint=f"give [photo, {width}], as the network that it was grown on does",
            )
        n = len(features)
        said = np.empty((self.layers[0].weight.shape[0], n))
        grades, pooling = jnp.asarray(self.grades), jnp.float32(self.pooling)
        for start in range(0, n, CALL):
            rows = standardised(features[start : start + CALL], self.standard)
            short = 0 if n <= CALL else CALL - len(rows)  # many in calls of one shape
            padded = np.pad(rows, ((0, short), (0, 0)))
            found = _said(self.layers, pooling, grades, padded)
            said[:, start : start + len(rows)] = np.asarray(found)[:, : len(rows)]
        return said.mean(axis=0), said.std(axis=0)

    def calibrated(
        self,
        features: Float[np.ndarray, "photo feature"],
        ratings: Float[np.ndarray, " photo"] | None = None,
    ) -> Scorer:
        """Return the scorer whose percentiles are among these reference photographs, and whose
        ratings are fitted to theirs, where given. Raises `DataError` for fewer than three.
        """
        found = calibrate(self.raw(features)[0], ratings)
        return dataclasses.replace(self, calibration=found)

    def save(self, folder: Path) -> None:
        """Write it as an archive. Raises `StoreError` when it can't be written."""
        tree = {
            "layers": self.layers,
            "grades": self.grades,
            "standard": self.standard,
            "calibration": self.calibration,
            "tail": self.tail,
        }
        widths = [self.layers[0].weight.shape[1], *(one.bias.shape[1] for one in self.layers)]
        about = {
            "kind": self.kind,
            "says": self.says,
            "widths": widths,
            "heads": self.layers[0].weight.shape[0],
            "pooling": self.pooling,
            "backbone": self.backbone,
            "tuned_blocks": 0 if self.tail is None else len(self.tail.blocks),
            "grown_on": dict(self.about),
        }
        write_archive(Path(folder), tree, about)


def scorer_of(
    state: ScorerState,
    config: ScorerConfig,
    rated: Rated,
    says: str,
    backbone: str = OWN_FEATURES,
    about: Mapping[str, Any] | None = None,
    parts: Parts | None = None,
) -> Scorer:
    """Return the scorer that a grown state is, given what it grew on. Its percentiles are among the
    photographs that were held, and all of them where those are too few.
    """
    if parts is None:
        rated = rated.for_loss(config.loss)
        parts = rated.parted(config.held)
    lessons = lessons_of(config, rated, parts)
    tail = None if state.tail is None else jax.tree.map(np.asarray, state.tail)
    layers = jax.tree.map(np.asarray, state.layers)
    none = Calibration(*(np.zeros(0) for _ in range(4)))
    made = Scorer(
        says,
        layers,
        np.asarray(lessons.grades),
        lessons.standard,
        float(state.pooling),
        none,
        backbone,
        about or {},
        tail,
    )
    features = rated.seen_through(tail).features
    scores = made.raw(features[parts.held])[0]
    rows = parts.held if len(np.unique(scores)) > 2 else np.arange(len(features))
    return made.calibrated(features[rows], rated.ratings.means[rows])


def load_scorer(folder: Path) -> Scorer:
    """Return what `Scorer.save` wrote. Raises `StoreError` when the folder holds something else or
    is damaged.
    """
    folder = Path(folder)
    read_about(folder, Scorer.kind)
    arrays, about = read_whole(folder)
    with decoding(str(folder), "what it says of itself is not readable"):
        widths, heads = tuple(map(int, about["widths"])), int(about["heads"])
        tuned = int(about.get("tuned_blocks", 0))  # older ones do not say
        tail = tail_shapes(tuned) if tuned else None
        told: dict[str, Any] = {
            "says": str(about["says"]),
            "pooling": float(about["pooling"]),
            "backbone": str(about["backbone"]),
            "about": dict(about["grown_on"]),
        }
    layers = jax.eval_shape(lambda: new_heads(widths, heads, jax.random.key(0)))
    names = [f"calibration.{name}" for name in Calibration._fields]
    rest = {name: _part(arrays, name, folder) for name in ("grades", *names)}
    width: Any = jax.ShapeDtypeStruct(widths[:1], np.float32)
    like = {
        "layers": layers,
        "grades": rest["grades"],
        "standard": Standard(width, width),
        "calibration": Calibration(*(rest[name] for name in names)),
        "tail": tail,
    }
    read = fitted(arrays, like, str(folder))
    return Scorer(
        layers=read["layers"],
        grades=read["grades"],
        standard=read["standard"],
        calibration=read["calibration"],
        tail=read["tail"],
        **told,
    )


def _part(arrays: Mapping[str, np.ndarray], name: str, folder: Path) -> np.ndarray:
    if name not in arrays or arrays[name].ndim != 1:
        raise StoreError(f"it has no {name!r}", where=str(folder), hint="it is another version's")
    return arrays[name]


@jax.jit
def _said(
    layers: Layers, pooling: Array, grades: Array, features: Array
) -> Float[Array, "head photo"]:
    return scores_of(said_by(layers, features, pooling), grades)
