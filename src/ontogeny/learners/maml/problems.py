"""What is learned from a few examples: how a task is drawn, and how a prediction is judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, Shaped

from ontogeny.worlds.few_shot import Classes, check_episodes, draw_episode
from ontogeny.worlds.sinusoids import CurveSource, Examples, Split

Judge = Callable[[Float[Array, "example n_out"], Shaped[Array, "..."]], Float[Array, ""]]


class Problem(NamedTuple):
    """`draw(key)` returns one task to learn from; `validate(key)` one that a score is measured on,
    which may be of other classes. `loss(outputs, targets)` judges all examples of a task at once,
    and `hits`, where there is such a thing, says what share of them is right.
    """

    name: str
    shape: tuple[int, ...]  # of one input
    n_out: int
    draw: Callable[[Key[Array, ""]], Split]
    validate: Callable[[Key[Array, ""]], Split]
    loss: Judge
    hits: Judge | None


def regression(source: CurveSource) -> Problem:
    """Return the regression of a source's curves under the mean squared error."""

    def draw(key: Array) -> Split:
        return source.draw(key)[1]

    return Problem(source.name, (1,), 1, draw, draw, squared_error, None)


def classification(
    name: str, train: Classes, validation: Classes, ways: int, shots: int, queries: int
) -> Problem:
    """Return the classification of episodes, whose targets are the ways 0 … ways - 1, under the
    mean cross-entropy in nats. Raises `ConfigError` for episodes that the classes can't give.
    """
    for classes in (train, validation):
        check_episodes(classes, ways, shots, queries)

    def flat(rows: Array) -> Examples:
        labels = jnp.repeat(jnp.arange(ways, dtype=jnp.int32), rows.shape[1])
        return Examples(rows.reshape(-1, *rows.shape[2:]), labels)

    def drawing(classes: Classes) -> Callable[[Array], Split]:
        return lambda key: Split(*map(flat, draw_episode(key, classes, ways, shots, queries)))

    shape = train.items.shape[1:]
    return Problem(
        name, shape, ways, drawing(train), drawing(validation), cross_entropy, share_right
    )


def squared_error(
    outputs: Float[Array, "example n_out"], targets: Float[Array, "example n_out"]
) -> Float[Array, ""]:
    """Return the mean of (output - target)² over examples and outputs."""
    return jnp.mean((outputs - targets) ** 2)


def cross_entropy(
    outputs: Float[Array, "example way"], targets: Int[Array, " example"]
) -> Float[Array, ""]:
    """Return the mean of -ln softmax(outputs)[target], in nats."""
    chosen = jax.nn.one_hot(targets, outputs.shape[-1], dtype=outputs.dtype)
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(outputs) * chosen, axis=-1))


def share_right(
    outputs: Float[Array, "example way"], targets: Int[Array, " example"]
) -> Float[Array, ""]:
    """Return the share of examples whose largest output is their target's."""
    return jnp.mean(jnp.argmax(outputs, axis=-1) == targets)


JUDGES: dict[str, Judge] = {"regression": squared_error, "classification": cross_entropy}
