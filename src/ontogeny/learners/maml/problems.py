"""What is learned from a few examples: how a task is drawn, and how a prediction is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, Shaped

from ontogeny.worlds.sources.sinusoids import CurveSource, Split

Judge = Callable[[Float[Array, "example n_out"], Shaped[Array, "..."]], Float[Array, ""]]


class Problem(NamedTuple):
    """`draw(key)` returns one task to learn from; `validate(key)` one that a score is measured on,
    which may be drawn from others. `loss(outputs, targets)` judges all examples of a task at
    once.
    """

    name: str
    shape: tuple[int, ...]  # of one input
    n_out: int
    draw: Callable[[Key[Array, ""]], Split]
    validate: Callable[[Key[Array, ""]], Split]
    loss: Judge


def regression(source: CurveSource) -> Problem:
    """Return the regression of a source's curves under the mean squared error."""

    def draw(key: Array) -> Split:
        return source.draw(key)[1]

    return Problem(source.name, (1,), 1, draw, draw, squared_error)


def squared_error(
    outputs: Float[Array, "example n_out"], targets: Float[Array, "example n_out"]
) -> Float[Array, ""]:
    """Return the mean of (output - target)² over examples and outputs."""
    return jnp.mean((outputs - targets) ** 2)
