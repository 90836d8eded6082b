"""What networks that watch video are taught by a strong network of single frames: to say, frame
after frame, what it would say.

The targets are the first principal components of the teacher's features over the clips that are
learned from, each standardised there: of mean 0 and deviation 1. The score is the share of their
squares that is explained, R² out of sample:

    R² = 1 - mean |said - right|² / mean |right|²

the first mean over the frames that count, the second over all frames of the clips in question. To
say the mean of what is learned from, always, scores 0; held videos lie elsewhere, so that part of
what is explained is how they differ from those, and not what changes within them.

Sources: Carreira et al. 2018 (arXiv 1806.03863), whose pupils are taught by a strong model of
single frames; Romero et al. 2015, FitNets (arXiv 1412.6550), for features as a lesson;
Campbell and Thompson 2008, for R² out of sample.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.streaming.task import VideoTask
from ontogeny.worlds.videos.seen_videos import SeenClips

TINY = 1e-9  # of the first component's variance: what is below is rounding


def features_task(learn: SeenClips, held: SeenClips, n_components: int = 16) -> VideoTask:
    """Return the task to say the teacher's principal components at each frame. Score: R² out
    of sample, on held clips; beside it the cosine of the angle between what is said and what is
    right, both from the mean of what is learned from.

    Raises `ConfigError` for more components than the features have, `DataError` where the features
    of the clips vary in fewer ways.
    """
    rows = learn.features.reshape(-1, learn.features.shape[-1]).astype(np.float64)
    if not 1 <= n_components <= rows.shape[1]:
        raise ConfigError(
            f"{n_components} components of {rows.shape[1]} features",
            where="features_task",
            hint=f"use 1 to {rows.shape[1]}",
        )
    mean = rows.mean(axis=0)
    variances, ways = np.linalg.eigh(np.cov(rows, rowvar=False, bias=True).reshape(2 * [len(mean)]))
    ways, variances = ways[:, ::-1][:, :n_components], variances[::-1][:n_components]
    if not variances[-1] > TINY * variances[0]:
        raise DataError(
            f"the teacher's features of the clips vary in fewer than {n_components} ways",
            where="features_task",
            hint="ask for fewer components, or give more clips, or another teacher",
        )

    def components(clips: SeenClips) -> Float[np.ndarray, "clip time component"]:
        return ((clips.features - mean) @ ways / np.sqrt(variances)).astype(np.float32)

    def loss(said: Array, label: dict[str, Array]) -> Array:
        return jnp.mean((said - label["right"]) ** 2, axis=-1)

    def measures(said: Array, label: dict[str, Array]) -> dict[str, Array]:
        right = label["right"]
        lengths = jnp.linalg.norm(said, axis=-1) * jnp.linalg.norm(right, axis=-1)
        return {
            "explained": 1 - jnp.mean((said - right) ** 2, axis=-1) / label["squares"],
            "cosine": jnp.sum(said * right, axis=-1) / jnp.maximum(lengths, 1e-12),
        }

    def draw(clips: SeenClips) -> Any:
        right = components(clips)
        squares = float(np.mean(right**2))

        def one(key: Array) -> Any:
            at = jax.random.randint(key, (), 0, len(right))
            time = right.shape[1]
            label = {"right": jnp.asarray(right)[at], "squares": jnp.full(time, squares)}
            return jnp.asarray(clips.frames)[at], label

        return one

    return VideoTask(draw(learn), draw(held), loss, measures, "explained")
