"""What a network that watches video is asked: a clip, what is right at each of its frames, and how
far off an answer is.

What is said at t is held against what was right at t - P, where P is the prediction latency: at 0 a
pipeline, whose deepest layers know frames of long ago, has to foresee. The first ticks of a clip,
in which registers still hold zeros, count nowhere: not in the loss, and not in a measure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
from jaxtyping import Array, Float, Key, Num, PyTree

from ontogeny.core.errors import ConfigError, unknown

Clip = tuple[Num[Array, "time height width chan"], PyTree[Array]]
"""Frames (from 0 to 1, or bytes), and what is right: leaves [time, ...]."""

WHERE = "VideoTask"


class VideoTask(NamedTuple):
    """Where clips come from, and how answers are judged. Clips are all of one length and size."""

    draw: Callable[[Key[Array, ""]], Clip]
    """A clip to learn from."""
    held: Callable[[Key[Array, ""]], Clip]
    """A clip that is never learned from."""
    loss: Callable[[Float[Array, "time ..."], PyTree[Array]], Float[Array, " time"]]
    """Outputs and what is right at the same places of time, to what is descended on at each."""
    measures: Callable[[Float[Array, "time ..."], PyTree[Array]], dict[str, Float[Array, " time"]]]
    """The same, to what people read."""
    score: str = ""
    """The measure that is the score, bigger is better; empty: minus the loss."""


class Judged(NamedTuple):
    """One clip's means over the ticks that count."""

    loss: Float[Array, ""]
    measures: dict[str, Float[Array, ""]]


def judged(
    task: VideoTask,
    outputs: Float[Array, "time ..."],
    labels: PyTree[Array],
    warm_up: int,
    prediction_latency: int = 0,
) -> Judged:
    """Return how good a clip's outputs are, from the tick `warm_up` on, each against the label of
    `prediction_latency` ticks before it.
    """
    start, end = max(warm_up, prediction_latency), len(outputs)
    shift = prediction_latency
    right = jax.tree.map(lambda leaf: leaf[start - shift : end - shift], labels)
    loss, measures = task.loss(outputs[start:], right), task.measures(outputs[start:], right)
    return Judged(loss.mean(), {name: x.mean() for name, x in measures.items()})


def check_task(
    task: VideoTask, outputs: Callable[[Array], Array], warm_up: int, prediction_latency: int
) -> None:
    """Raise `ConfigError` where clips end before anything counts, labels are not one a frame, the
    loss or a measure is not one number a tick, or no measure is called as the score. `outputs` is
    what the network makes of frames; nothing is computed.
    """
    key = jax.eval_shape(lambda: jax.random.key(0))
    frames, labels = jax.eval_shape(task.draw, key)
    time = len(frames)
    if prediction_latency < 0:
        raise ConfigError(
            f"prediction_latency is {prediction_latency}",
            where=WHERE,
            hint="use 0 or more: to foresee further, let the task's labels be later ones",
        )
    if time <= max(warm_up, prediction_latency):
        raise ConfigError(
            f"its clips have {time} frames, of which the first "
            f"{max(warm_up, prediction_latency)} don't count",
            where=WHERE,
            hint="draw longer clips, or use a network of fewer stages, slower clocks or less "
            "prediction latency",
        )
    for leaf in jax.tree.leaves(labels):
        if leaf.shape[:1] != (time,):
            raise ConfigError(
                f"a label is {list(leaf.shape)}, and a clip has {time} frames",
                where=WHERE,
                hint="repeat a clip's label along its frames",
            )
    said = jax.eval_shape(outputs, frames)
    loss, measures = (
        jax.eval_shape(task.loss, said, labels),
        jax.eval_shape(task.measures, said, labels),
    )
    for name, value in {"loss": loss, **measures}.items():
        if value.shape != (time,):
            raise ConfigError(
                f"{name} is {list(value.shape)} of a clip of {time} frames",
                where=WHERE,
                hint="return a number for each tick: take means over all axes but the first",
            )
    if task.score and task.score not in measures:
        raise unknown("measure", task.score, measures, f"{WHERE}.score")
