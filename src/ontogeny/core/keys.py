"""Random keys that are computed, never carried.

A key is folded from (seed, purpose, numbers that say for whom and when). Neither the order of
members nor an interruption can therefore change a number: whoever asks for the same draw gets the
same key.
"""

from __future__ import annotations

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Integer, Key, UInt32

from ontogeny.core.purpose import Purpose

Seed: TypeAlias = int | UInt32[Array, ""]
Count: TypeAlias = int | Integer[Array, ""]

__all__ = ["Count", "Purpose", "Seed", "derive"]


def derive(seed: Seed, purpose: Purpose, *numbers: Count) -> Key[Array, ""]:
    """Return the key of `purpose` and `numbers` (non-negative; usually slot, then step) under
    `seed`.
    """
    key = jax.random.fold_in(jax.random.key(jnp.uint32(seed)), int(purpose))
    for number in numbers:
        key = jax.random.fold_in(key, jnp.uint32(number))
    return key
