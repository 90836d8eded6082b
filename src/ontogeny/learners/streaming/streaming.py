"""A network that watches video and learns along whole clips, as any learner does.

    loss = mean over ticks after the warm-up of  task.loss(output(t), label(t - P))
           + w * mean over taught layers of | n(student) - n(teacher) |²

n standardises each channel over the batch, time and places. The teacher is the same layers in
another stage map, one stage as a rule, and is asked of the same frames: its pupil, whose deep
layers are late, is to foresee the teacher's features.

Sources: Carreira et al. 2018 (arXiv 1806.03863), sections on prediction latency and distillation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, Num

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.streaming.clip import activations
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.latency import warm_up
from ontogeny.learners.streaming.task import Judged, VideoTask, check_task, judged
from ontogeny.learners.streaming.tick import Params, init_params
from ontogeny.ops.adam import clipped_adam, cosine_decayed, descend
from ontogeny.ops.once import once

VALIDATION = 18_060_386  # the clips that every score is measured on are drawn from it


class StreamingState(NamedTuple):
    """A member: the weights, Adam's moments, and how many updates there were."""

    params: Params
    optimiser: optax.OptState
    updates: Int[Array, ""]


class VideoTeacher(NamedTuple):
    """A trained network of the same layers."""

    graph: Graph
    params: Params


def streaming(
    graph: Graph,
    task: VideoTask,
    config: StreamingConfig | None = None,
    teacher: VideoTeacher | None = None,
) -> Learner[StreamingState]:
    """Return the learner of a network on clips of a task. Its hypers may be "learning_rate" and,
    with a teacher, "distillation".

    The score is the task's, on held clips that are the same for every score. Metrics are the loss,
    the task's measures and the gradient's norm. Raises `ConfigError` where the task, the network
    and the teacher don't fit each other.

    >>> from ontogeny.learners.streaming.networks import NetworkConfig, network
    >>> grey = lambda key: (jax.random.uniform(key, (8, 8, 8, 3)), jnp.zeros(8))
    >>> task = og.video.VideoTask(grey, grey, lambda s, r: (s[:, 0] - r) ** 2, lambda s, r: {})
    >>> graph = network(NetworkConfig(width=8, depth=2, head="logits", stages=0))
    >>> learner = og.streaming(graph, task)
    >>> state = jax.eval_shape(learner.init, jax.random.key(0), {})
    >>> sorted(state.params)
    ['conv1', 'conv2', 'head', 'stem']
    """
    c = config or StreamingConfig()
    cold = cold_ticks(graph, c)
    direction = clipped_adam(c.max_gradient_norm, 1e-8)
    taught = feature_layers(graph, c.taught) if teacher else ()

    def new_params(key: Array) -> Params:
        return init_params(graph, key)

    def said(params: Params, frames: Array) -> dict[str, Array]:
        return activations(graph, params, frames)

    like = jax.eval_shape(lambda: new_params(jax.random.key(0)))
    check_task(
        task,
        lambda x: said(jax.tree.map(lambda s: jnp.zeros(s.shape), like), x)[graph.output],
        cold,
        c.prediction_latency,
    )
    if teacher is not None:
        _check_teacher(graph, teacher, like)

    def settle(hypers: Hypers) -> dict[str, Any]:
        fixed = {"learning_rate": c.learning_rate}
        return settled(hypers, **fixed, **({"distillation": c.distillation} if teacher else {}))

    def init(key: Array, hypers: Hypers) -> StreamingState:
        settle(hypers)
        params = new_params(key)
        if teacher is not None and c.from_teacher:
            params = jax.tree.map(jnp.asarray, teacher.params)
        return StreamingState(params, direction.init(params), jnp.int32(0))

    def judge(outputs: Array, labels: Any) -> Judged:
        return judged(task, outputs, labels, cold, c.prediction_latency)

    def objective(params: Params, batch: Any, weight: Any) -> tuple[Array, Metrics]:
        frames, labels = batch
        every = _side_by_side(graph, params, frames)
        told = jax.vmap(judge)(every[graph.output], labels)
        loss = jnp.mean(told.loss)
        metrics = {"loss": loss, **{name: jnp.mean(x) for name, x in told.measures.items()}}
        if teacher is None:
            return loss, metrics
        lessons = _side_by_side(teacher.graph, teacher.params, frames)
        apart = [
            jnp.mean((_standard(every[n][:, cold:]) - _standard(lessons[n][:, cold:])) ** 2)
            for n in taught
        ]
        metrics["apart"] = jnp.mean(jnp.stack(apart))
        return loss + weight * metrics["apart"], metrics

    def step(key: Array, state: StreamingState, hypers: Hypers) -> tuple[StreamingState, Metrics]:
        used = settle(hypers)
        keys = jax.random.split(key, c.batch)
        batch = once(lambda: jax.vmap(task.draw)(keys), state.updates)
        weight = used.get("distillation")
        gradient, metrics = jax.grad(objective, has_aux=True)(state.params, batch, weight)
        rate = cosine_decayed(used["learning_rate"], c.final, state.updates / c.updates)
        metrics["gradient_norm"] = optax.tree.norm(gradient)
        params, moments = descend(direction, rate, state.params, state.optimiser, gradient)
        return StreamingState(params, moments, state.updates + 1), metrics

    def score(key: Array, state: StreamingState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        told = judge_held(graph, state.params, task, c)
        return told.measures[task.score] if task.score else -told.loss

    return Learner(init, step, score)


def judge_held(graph: Graph, params: Params, task: VideoTask, config: StreamingConfig) -> Judged:
    """Return the loss and the measures on held clips: the means over them."""
    cold = cold_ticks(graph, config)

    def one(key: Array) -> Judged:
        frames, labels = task.held(key)
        outputs = activations(graph, params, frames)[graph.output]
        return judged(task, outputs, labels, cold, config.prediction_latency)

    keys = held_keys(config.test_batch)
    told = jax.lax.map(one, keys, batch_size=min(config.batch, config.test_batch))
    return jax.tree.map(jnp.mean, told)


def held_keys(n: int) -> Key[Array, " clip"]:
    """Return the keys of the held clips that scores are measured on: of more, the first are those
    of fewer.
    """
    return jax.random.split(jax.random.key(VALIDATION), n)


def cold_ticks(graph: Graph, config: StreamingConfig) -> int:
    """Return how many of a clip's first ticks count for nothing."""
    return warm_up(graph) if config.warm_up is None else config.warm_up


def feature_layers(graph: Graph, n: int) -> tuple[str, ...]:
    """Return the last n layers that have weights and places, but for the output."""
    found = [
        layer.name
        for layer in graph.layers
        if layer.kind in ("conv", "apart") and layer.name != graph.output
    ]
    return tuple(found[-n:])


def _side_by_side(
    graph: Graph, params: Params, frames: Num[Array, "batch time height width chan"]
) -> dict[str, Float[Array, "batch time ..."]]:
    """Return what every layer says of a batch of clips."""
    every = activations(graph, params, jnp.swapaxes(frames, 0, 1))
    return {name: jnp.swapaxes(x, 0, 1) for name, x in every.items()}


def _standard(x: Float[Array, "batch time ... chan"]) -> Float[Array, "batch time ... chan"]:
    """Return features of mean 0 and deviation 1 in each channel."""
    axes = tuple(range(x.ndim - 1))
    mean, variance = jnp.mean(x, axes), jnp.var(x, axes)
    return (x - mean) / jnp.sqrt(variance + 1e-5)


def _check_teacher(graph: Graph, teacher: VideoTeacher, like: Any) -> None:
    """Raise `ConfigError` unless the teacher has the same layers, with weights of the same
    shapes.
    """
    own = {name: f.weight.shape for name, f in like.items()}
    theirs = {name: f.weight.shape for name, f in teacher.params.items()}
    if own != theirs or teacher.graph.channels != graph.channels:
        names = [
            layer.name for layer in graph.layers if own.get(layer.name) != theirs.get(layer.name)
        ]
        name = names[0] if names else "input"
        raise ConfigError(
            f"layer {name!r} is {theirs.get(name)} in the teacher and {own.get(name)} here",
            where="teacher",
            hint="take a network of the same layers in another stage map: graph.sequential()",
        )
