"""The last blocks of the network, learning along with the heads: what they are given of every
photograph, and the features that they make of it.

What is below them is frozen, so that its maps are computed once, and kept as features are: rounded
to half precision, 18 KiB a photograph for the last four blocks, 43 KiB for the fifth.

Source: Talebi and Milanfar 2018, "NIMA", whose network learns too, at a lower rate than its head;
Kumar et al. 2022 (arXiv 2202.10054) for why that rate rises only when the heads have learned.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ontogeny.learners.beauty.backbone import Backbone, maps_shape, pooled
from ontogeny.nn.efficientnet import Tail, tail_of

TOGETHER = 16  # photographs side by side where nothing learns


class Maps(NamedTuple):
    """What the last blocks are given, and those that there are at the beginning."""

    values: Float[np.ndarray, "photo rows columns chan"]
    tail: Tail

    def at(self, rows: Int[np.ndarray, " row"]) -> Maps:
        """Return those of these photographs."""
        return self._replace(values=self.values[rows])

    def features(self, tail: Tail | None = None) -> Float[np.ndarray, "photo feature"]:
        """Return the features that a tail makes of them; by default, that of the beginning."""
        n = len(self.values)
        found = np.empty((n, 2 * self.tail.head.bias.shape[0]), np.float32)
        for start in range(0, n, TOGETHER):
            some = self.values[start : start + TOGETHER]
            whole = np.zeros((TOGETHER, *some.shape[1:]), np.float32)  # one compilation
            whole[: len(some)] = some
            seen = _features(tail or self.tail, whole)
            found[start : start + len(some)] = np.asarray(seen)[: len(some)]
        return found


class Below:
    """The network without its last blocks: `Below(1)(photos)` are maps in half precision, a row a
    photograph.
    """

    def __init__(self, blocks: int):
        self._network = Backbone(without=blocks)
        self._blocks = blocks

    @property
    def version(self) -> str:
        """Which weights there are, and up to where."""
        return f"{self._network.version}, float16"

    @property
    def numbers(self) -> int:
        """How many a photograph."""
        return int(np.prod(maps_shape(self._blocks)))

    def __call__(self, photos: np.ndarray) -> Float[np.ndarray, "photo number"]:
        """Return what the last blocks are given of photographs uint8[photo, 224, 224, 3]."""
        return self._network(photos).astype(np.float16)

    def maps(self, rows: Float[np.ndarray, "photo number"]) -> Maps:
        """Return them as maps, with the packaged blocks."""
        shape = maps_shape(self._blocks)
        return Maps(rows.reshape(-1, *shape), tail_of(self._network.network, self._blocks))


def seen_through(
    tail: Tail, maps: Float[Array, "photo rows columns chan"]
) -> Float[Array, "photo feature"]:
    """Return the features that a tail makes of some photographs, where it learns from them."""
    return jax.vmap(lambda one: pooled(tail, one.astype(jnp.float32)))(maps)


def seen_in_turn(
    tail: Tail, maps: Float[Array, "photo rows columns chan"]
) -> Float[Array, "photo feature"]:
    """Return the features that a tail makes of any number of photographs, a few at a time."""
    return jax.lax.map(lambda one: pooled(tail, one.astype(jnp.float32)), maps, batch_size=TOGETHER)


_features = jax.jit(seen_through)
