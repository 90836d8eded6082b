"""What an associative memory is to store: sets of patterns that are drawn by a key, all of one
shape, every number in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt8

from ontogeny.core.errors import ConfigError
from ontogeny.worlds.classes.characters import draw_character, write_character
from ontogeny.worlds.classes.digits import digit_images
from ontogeny.worlds.classes.few_shot import Splits
from ontogeny.worlds.classes.glyphs import SIZE, glyphs
from ontogeny.worlds.photos.photographs import SIDE, averaged, folder_pictures, packaged_photographs

Draw = Callable[[Key[Array, ""], int], Float[Array, "pattern ..."]]


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
    _check_size(size, "random_bits", None, f"strings of {size} bits")

    def draw(key: Array, n: int) -> Array:
        return jax.random.bernoulli(key, 0.5, (n, size)).astype(jnp.float32)

    return Patterns(f"{size} bits", (size,), draw, draw, binary=True)


def thresholded(patterns: Patterns, threshold: float = 0.5) -> Patterns:
    """Return the patterns as bits: 1 where a number is above the threshold. Raises `ConfigError`
    for a threshold that is not in [0, 1).
    """
    if not 0 <= threshold < 1:
        raise ConfigError(
            f"a threshold of {threshold}", where="thresholded", hint="use 0 or more, below 1"
        )

    def bits(draw: Draw) -> Draw:
        return lambda key, n: (draw(key, n) > threshold).astype(jnp.float32)

    name = f"{patterns.name}, as bits"
    return Patterns(name, patterns.shape, bits(patterns.draw), bits(patterns.held), binary=True)


def drawn_characters(size: int) -> Patterns:
    """Return pictures [size, size] of characters that nobody wrote, ink 1 on ground 0, each of a
    class of its own (see `worlds.classes.characters`); those held are of other classes. Raises
    `ConfigError` for a size below 1.
    """
    _check_size(size, "drawn_characters")

    def of(part: int) -> Draw:
        def one(key: Array) -> Array:
            class_key, hand_key = jax.random.split(key)
            return write_character(hand_key, *draw_character(class_key), size)

        return lambda key, n: jax.vmap(one)(jax.random.split(jax.random.fold_in(key, part), n))

    return Patterns(f"drawn characters, {size} x {size}", (size, size), of(0), of(1))


def glyph_patterns(size: int = SIZE, splits: Splits | None = None) -> Patterns:
    """Return glyphs of real typefaces [size, size], ink 1 on ground 0: Latin, Greek and Cyrillic to
    learn from; Arabic, Devanagari and Thai are held. `splits` are other ones than `glyphs()`.
    Raises `MissingExtra` without the typefaces, `ConfigError` for a size that is not 1 to 28.
    """
    _check_size(size, "glyph_patterns", SIZE)
    splits = glyphs() if splits is None else splits
    # in an order of their own, for `_places` parts a table by its places
    order = np.random.default_rng(0).permutation

    def shrunk(items: Array) -> UInt8[np.ndarray, "item size size"]:
        return order(np.rint(averaged(np.asarray(items), size, size)).astype(np.uint8))

    learn, held = shrunk(splits.train.items), shrunk(splits.test.items)
    name = f"glyphs, {size} x {size}"
    return Patterns(name, (size, size), _from_table(learn), _from_table(held))


def digit_patterns() -> Patterns:
    """Return 1,200 hand-written digits [8, 8], ink 1 on ground 0; 597 others are held. Raises
    `MissingExtra` without scikit-learn.
    """
    images = digit_images()
    learn, held = (_from_table(part.pixels) for part in (images.train, images.test))
    return Patterns("digits, 8 x 8", images.train.pixels.shape[1:], learn, held)


def photo_patches(size: int, *, colour: bool = False, side: int = SIDE) -> Patterns:
    """Return square patches of real photographs, [size, size] in grey, [size, size, 3] in colour;
    those held are of other photographs.

    A photograph is first shrunk to `side` pixels along its shorter side, and cut to a square: the
    smaller, the more a patch shows. Raises `MissingExtra` without the packages that ship them,
    `ConfigError` for a size that is not 1 to `side`.
    """
    _check_size(size, "photo_patches", side)
    learn, held = packaged_photographs(side, colour)
    return _patches(f"photo patches, {size} x {size}", learn, held, size)


def picture_patches(
    folder: Path | str, size: int, *, colour: bool = False, side: int = SIDE
) -> Patterns:
    """Return square patches as `photo_patches` does, of the pictures of a folder, of which every
    fourth is held. Raises `DataError` for fewer than two, or one that can't be read, or is smaller
    than `side`.
    """
    _check_size(size, "picture_patches", side)
    learn, held = folder_pictures(folder, side, colour)
    return _patches(f"patches of {Path(folder).name}, {size} x {size}", learn, held, size)


def drawn_once(patterns: Patterns, key: Key[Array, ""], learn: int, held: int) -> Patterns:
    """Return what draws from a table of so many of the patterns to learn from, and of so many held,
    as bytes. Programs of equal tables are the same program, whatever is in them, and so compiled
    once.
    """

    def some(draw: Draw, key: Array, n: int) -> Draw:
        part = min(n, 256)  # drawn side by side: of characters, all would fill the memory
        keys = jax.random.split(key, -(-n // part))
        rows = jax.jit(lambda keys: jax.lax.map(lambda key: draw(key, part), keys))(keys)
        table = np.rint(255 * np.asarray(rows)).astype(np.uint8)
        return _from_table(table.reshape(-1, *patterns.shape)[:n])

    learn_key, held_key = jax.random.split(key)
    learned = some(patterns.draw, learn_key, learn)
    return patterns._replace(draw=learned, held=some(patterns.held, held_key, held))


def _from_table(table: np.ndarray) -> Draw:
    """Return what draws rows of the table; bytes as 0 to 1. The table is on the host until a draw
    is traced.
    """

    def draw(key: Array, n: int) -> Array:
        return _as_numbers(jnp.asarray(table)[_places(key, len(table), n)])

    return draw


def _patches(name: str, learn: np.ndarray, held: np.ndarray, size: int) -> Patterns:
    """Return the patches of squares [picture, side, side, chan], uint8."""
    side, channels = held.shape[1], held.shape[3]
    shape = (size, size) if channels == 1 else (size, size, channels)
    n_tops = side - size + 1

    def of(squares: np.ndarray) -> Draw:
        def draw(key: Array, n: int) -> Array:
            whole = jnp.asarray(squares)

            def cut(place: Array) -> Array:
                rest, left = jnp.divmod(place, n_tops)
                start = (*jnp.divmod(rest, n_tops), left, 0)
                return jax.lax.dynamic_slice(whole, start, (1, size, size, channels))

            places = _places(key, len(squares) * n_tops**2, n)
            return _as_numbers(jax.vmap(cut)(places).reshape(n, *shape))

        return draw

    return Patterns(name, shape, of(learn), of(held))


def _places(key: Array, total: int, n: int) -> Int[Array, " n"]:
    """Return n places of `total`, in a random order, none twice unless n is more than there are.

    One is drawn in each of n equal parts of the circle of places, from a random beginning: no
    sorting of all of them, and any place is as likely as another.
    """
    ends = np.arange(n + 1) * total // n
    begin_key, part_key, order_key = jax.random.split(key, 3)
    within = jax.random.randint(part_key, (n,), 0, np.maximum(np.diff(ends), 1))
    places = (jax.random.randint(begin_key, (), 0, total) + ends[:-1] + within) % total
    return jax.random.permutation(order_key, places)


def _as_numbers(rows: Array) -> Array:
    return rows.astype(jnp.float32) / (255 if rows.dtype == jnp.uint8 else 1)


def _check_size(size: int, where: str, most: int | None = None, said: str = "") -> None:
    if size < 1 or (most is not None and size > most):
        hint = "use 1 or more" if most is None else f"use 1 to {most}"
        raise ConfigError(said or f"a size of {size}", where=where, hint=hint)
