"""What a scorer learns from, as arrays: rated photographs made ready for one loss, those that are
learned from and those that are held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.rated import Parts, Rated
from ontogeny.learners.beauty.tuned import Maps
from ontogeny.nn.efficientnet import Tail

BOUNDED = 8.0


class Standard(NamedTuple):
    """What makes features comparable, found on the photographs that are learned from."""

    centre: Float[Array | np.ndarray, " feature"]
    scale: Float[Array | np.ndarray, " feature"]


class Lessons(NamedTuple):
    """Arrays that a program is given, so that other lessons of the same sizes are no other
    program.
    """

    features: Float[Array | np.ndarray, "photo feature"]
    """Standardised."""
    group: Int[Array | np.ndarray, " photo"]
    names: Int[Array | np.ndarray, " group"]
    """0, 1, …: as many as there are groups."""
    target: Float[Array | np.ndarray, "photo out"]
    """Of each photograph: the cumulative shares of grades, or the mean rating, standardised."""
    rows: Int[Array | np.ndarray, " train"]
    """Photographs to learn from."""
    pairs: Int[Array | np.ndarray, "pair 2"]
    """Judged pairs to learn from; none where photographs are drawn and their means compared."""
    worth: Float[Array | np.ndarray, " pair"]
    grades: Float[Array | np.ndarray, " grade"]
    """What grades are worth; for a regression the mean of the means and one deviation more; for
    pairs 0 and 1."""
    held: Int[Array | np.ndarray, " row"]
    """Photographs that pairs are held of."""
    held_pairs: Int[Array | np.ndarray, "judged 2"]
    """(better, worse): places in `held`."""
    standard: Standard
    maps: Maps | None = None
    """Of each photograph, where the network's last blocks learn too."""


def lessons_of(config: ScorerConfig, rated: Rated, parts: Parts | None = None) -> Lessons:
    """Return the lessons of rated photographs; `parts` says which are held, and without it
    `config.held` does. Raises `DataError` for ratings that nothing can be learned from or be held
    against.
    """
    if parts is None:
        rated = rated.for_loss(config.loss)
        parts = rated.parted(config.held)
    if config.tuned_blocks and (
        rated.maps is None or len(rated.maps.tail.blocks) != config.tuned_blocks
    ):
        raise ConfigError(
            f"{config.tuned_blocks} blocks are to be tuned, and what they are given is not there",
            where="scorer",
            hint=f"give `rated_photos` or `graded_features` tuned_blocks={config.tuned_blocks}",
        )
    held_pairs = rated.judged(parts.held)
    if not len(held_pairs):
        raise DataError(
            f"of {len(parts.held)} photographs that are held, none is rated above another",
            where="scorer",
            hint="rate more photographs, or hold a larger share of them",
        )
    ratings = rated.ratings
    inside = np.isin(ratings.pairs, parts.train).all(axis=1)
    pairs, worth = ratings.pairs[inside], ratings.pair_weights[inside].astype(np.float32)
    by_pairs = config.loss == "pairs"
    if by_pairs and len(ratings.pairs) and not len(pairs):
        raise DataError(
            "no pair is of two photographs that are learned from",
            where="scorer",
            hint="judge more pairs, or hold a smaller share of the photographs",
        )
    if not by_pairs:
        pairs, worth = pairs[:0], worth[:0]
    names, group = np.unique(rated.groups, return_inverse=True)
    held, places = np.unique(held_pairs, return_inverse=True)
    grades, target = _aims(config, rated, parts)
    standard = standard_of(rated.features[parts.train])
    return Lessons(
        standardised(rated.features, standard),
        group.astype(np.int32),
        np.arange(len(names), dtype=np.int32),
        target.astype(np.float32),
        parts.train.astype(np.int32),
        pairs.astype(np.int32),
        worth / max(float(worth.mean()), 1e-9) if len(worth) else worth,
        grades.astype(np.float32),
        held.astype(np.int32),
        places.reshape(-1, 2).astype(np.int32),
        standard,
        rated.maps if config.tuned_blocks else None,
    )


def standard_of(features: Float[np.ndarray, "photo feature"]) -> Standard:
    """Return the mean of each feature and its deviation, never less than a hundredth of the usual
    one: what hardly varies tells little.
    """
    deviation = features.std(axis=0)
    least = max(1e-2 * float(np.median(deviation)), 1e-6)
    return Standard(
        features.mean(axis=0).astype(np.float32), np.maximum(deviation, least).astype(np.float32)
    )


def standardised(
    features: Float[np.ndarray, "photo feature"], standard: Standard
) -> Float[np.ndarray, "photo feature"]:
    """Return features in deviations from their means, within 8 on either side: what is further
    is as far.
    """
    x = (features - np.asarray(standard.centre)) / np.asarray(standard.scale)
    return np.clip(x, -BOUNDED, BOUNDED).astype(np.float32)


def standing(
    lessons: Lessons,
    rows: Int[Array | np.ndarray, " row"],
    tail: Tail | None,
    seen: Callable[[Tail, Array], Array],
) -> Float[Array, "row feature"]:
    """Return the standardised features of photographs: those that are given, or those that a tail
    that learns makes, as it is `seen`; in the deviations that there were before it learned.
    """
    if tail is None or lessons.maps is None:
        return jnp.asarray(lessons.features)[rows]
    x = seen(tail, jnp.asarray(lessons.maps.values)[rows])
    x = (x - jnp.asarray(lessons.standard.centre)) / jnp.asarray(lessons.standard.scale)
    return jnp.clip(x, -BOUNDED, BOUNDED)


def _aims(config: ScorerConfig, rated: Rated, parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """Return what the grades are worth, and what heads are to say of each photograph."""
    if config.loss == "bins":
        shares, grades = rated.shares(config.bins)
        return grades, np.cumsum(shares, axis=1)
    means = rated.ratings.means
    if config.loss == "pairs":
        return np.array([0.0, 1.0]), np.nan_to_num(means)[:, None]
    learned = means[parts.train]
    zero, one = learned.mean(), max(float(learned.std()), 1e-9)
    return np.array([zero, zero + one]), ((means - zero) / one)[:, None]
