"""What actions a world takes: one of a few, several choices at once, or numbers within bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class Discrete:
    """A whole number below `n`."""

    n: int

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigError(
                f"{self.n} actions", where="worlds.spaces.Discrete", hint="give 1 or more"
            )


@dataclass(frozen=True)
class Factored:
    """A vector of whole numbers, the i-th below `sizes[i]`: choices that are made side by side."""

    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if min(self.sizes, default=0) < 1:
            raise ConfigError(
                f"parts of sizes {self.sizes}",
                where="worlds.spaces.Factored",
                hint="give one part or more, each of 1 or more choices, such as (3, 3)",
            )


@dataclass(frozen=True)
class Box:
    """A vector of numbers, the i-th from `low[i]` to `high[i]`."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        pairs = list(zip(self.low, self.high, strict=False))
        if (
            not pairs
            or len(self.low) != len(self.high)
            or not all(math.isfinite(a) and math.isfinite(b) and a < b for a, b in pairs)
        ):
            raise ConfigError(
                f"bounds from {self.low} to {self.high}",
                where="worlds.spaces.Box",
                hint="give as many lows as highs, finite, each low below its high",
            )


ActionSpace: TypeAlias = Discrete | Factored | Box


def random_action(space: ActionSpace, key: Key[Array, ""]) -> Array:
    """Return an action of the space, all alike likely."""
    if isinstance(space, Discrete):
        return jax.random.randint(key, (), 0, space.n)
    if isinstance(space, Factored):
        return jax.random.randint(key, (len(space.sizes),), 0, np.array(space.sizes))
    low, high = jnp.float32(space.low), jnp.float32(space.high)
    return low + (high - low) * jax.random.uniform(key, low.shape)
