"""What breaks a pattern: pure functions of a key, which say what they changed.

A corruption of a pattern is `(query, changed)`: the broken pattern, and which of its numbers may
differ from the pattern's (a number that is drawn anew may come out as it was).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.errors import ConfigError

Corruption: TypeAlias = Callable[
    [Key[Array, ""], Float[Array, "..."]], tuple[Float[Array, "..."], Bool[Array, "..."]]
]


def fresh_bits(n: int) -> Corruption:
    """Return what replaces n numbers of a pattern, anywhere in it, by fair bits."""

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        if not 1 <= n <= pattern.size:
            raise ConfigError(
                f"{n} bits of {pattern.size} are to be drawn anew",
                where="fresh_bits",
                hint=f"use 1 to {pattern.size}",
            )
        where, bits = jax.random.split(key)
        ranks = jax.random.permutation(where, pattern.size).reshape(pattern.shape)
        changed = ranks < n
        fresh = jax.random.bernoulli(bits, 0.5, pattern.shape).astype(pattern.dtype)
        return jnp.where(changed, fresh, pattern), changed

    return corrupt
