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
        where, bits = jax.random.split(key)
        changed = _anywhere(where, pattern, n, "fresh_bits", "bits", "drawn anew")
        fresh = jax.random.bernoulli(bits, 0.5, pattern.shape).astype(pattern.dtype)
        return jnp.where(changed, fresh, pattern), changed

    return corrupt


def erasure(n: int) -> Corruption:
    """Return what sets n numbers of a pattern, anywhere in it, to 0."""

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        changed = _anywhere(key, pattern, n, "erasure", "numbers", "erased")
        return jnp.where(changed, 0, pattern), changed

    return corrupt


def block_of_noise(size: int, *, bits: bool = False) -> Corruption:
    """Return what replaces a square of a picture, anywhere in it, by numbers that are uniform in
    [0, 1], or by fair bits, in each colour on its own.
    """

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        where, noise_key = jax.random.split(key)
        changed = _block(where, pattern, size, "block_of_noise")
        noise = jax.random.uniform(noise_key, pattern.shape, pattern.dtype)
        return jnp.where(changed, jnp.round(noise) if bits else noise, pattern), changed

    return corrupt


def occlusion(size: int, grey: float = 0.5) -> Corruption:
    """Return what hides a square of a picture, anywhere in it, behind a grey one. Raises
    `ConfigError` for a grey that is not in [0, 1].
    """
    if not 0 <= grey <= 1:
        raise ConfigError(f"a grey of {grey}", where="occlusion", hint="use 0 to 1")

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        changed = _block(key, pattern, size, "occlusion")
        return jnp.where(changed, grey, pattern), changed

    return corrupt


def salt_and_pepper(share: float) -> Corruption:
    """Return what sets each number, with probability `share`, to 0 or 1, either as often. Raises
    `ConfigError` for a share that is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ConfigError(f"a share of {share}", where="salt_and_pepper", hint="use above 0 to 1")

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        where, kind = jax.random.split(key)
        changed = jax.random.bernoulli(where, share, pattern.shape)
        grain = jax.random.bernoulli(kind, 0.5, pattern.shape).astype(pattern.dtype)
        return jnp.where(changed, grain, pattern), changed

    return corrupt


def gaussian_noise(deviation: float) -> Corruption:
    """Return what adds Gaussian noise to every number and clips it to [0, 1]. Raises `ConfigError`
    for a deviation that is not above 0.
    """
    if not 0 < deviation < float("inf"):
        raise ConfigError(
            f"a deviation of {deviation}", where="gaussian_noise", hint="use a number above 0"
        )

    def corrupt(key: Array, pattern: Array) -> tuple[Array, Array]:
        noise = deviation * jax.random.normal(key, pattern.shape, pattern.dtype)
        return jnp.clip(pattern + noise, 0, 1), jnp.ones(pattern.shape, bool)

    return corrupt


def _anywhere(key: Array, pattern: Array, n: int, where: str, what: str, done: str) -> Array:
    """Return n numbers of the pattern as a mask. Raises `ConfigError` where it has not as many."""
    if not 1 <= n <= pattern.size:
        raise ConfigError(
            f"{n} {what} of {pattern.size} are to be {done}",
            where=where,
            hint=f"use 1 to {pattern.size}",
        )
    return jax.random.permutation(key, pattern.size).reshape(pattern.shape) < n


def _block(key: Array, pattern: Array, size: int, where: str) -> Array:
    """Return a square of the picture as a mask. Raises `ConfigError` where it has no room, or the
    pattern is no picture.
    """
    if pattern.ndim not in (2, 3):
        raise ConfigError(
            f"a pattern of shape {pattern.shape} is no picture",
            where=where,
            hint="use patterns [height, width] or [height, width, chan]",
        )
    height, width = pattern.shape[:2]
    if not 1 <= size <= min(height, width):
        raise ConfigError(
            f"a square of {size} x {size} in a picture of {height} x {width}",
            where=where,
            hint=f"use 1 to {min(height, width)}",
        )
    room = jnp.array([height - size, width - size])
    top, left = jax.random.randint(key, (2,), 0, room + 1)
    rows, columns = (jnp.arange(n) for n in (height, width))
    inside = ((rows >= top) & (rows < top + size))[:, None] & (
        (columns >= left) & (columns < left + size)
    )
    return jnp.broadcast_to(
        inside.reshape(height, width, *(1,) * (pattern.ndim - 2)), pattern.shape
    )
