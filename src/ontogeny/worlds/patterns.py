"""What an associative memory is to store: sets of patterns that are drawn by a key, all of one
shape, every number in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError


class Patterns(NamedTuple):
    """A source of patterns. `draw(key, n)` returns n of them to learn from, [n, *shape], none twice
    where the source has enough; `held` others, which `draw` never returns where the source is
    finite.
    """

    name: str
    shape: tuple[int, ...]
    draw: Callable[[Key[Array, ""], int], Float[Array, "pattern ..."]]
    held: Callable[[Key[Array, ""], int], Float[Array, "pattern ..."]]
    binary: bool = False  # every number is 0 or 1, so that errors can be counted in wrong bits


def random_bits(size: int) -> Patterns:
    """Return strings of fair bits. Raises `ConfigError` for a size below 1.

    >>> random_bits(5).draw(jax.random.key(0), 2).shape
    (2, 5)
    """
    if size < 1:
        raise ConfigError(f"strings of {size} bits", where="random_bits", hint="use 1 or more")

    def draw(key: Array, n: int) -> Array:
        return jax.random.bernoulli(key, 0.5, (n, size)).astype(jnp.float32)

    return Patterns(f"{size} bits", (size,), draw, draw, binary=True)
