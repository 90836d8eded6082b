"""The learner of every few-shot classifier: how a task is learned is a `Method`, and meta-training
is the descent of its loss over episodes.

    minimise  E_episode [ loss(arrays; support, query) ] + penalty(arrays)

Gradients are clipped number by number, then each array's to a norm (as LEO's code does), and Adam
follows them. A member whose loss is no number dies; nothing tries to mend it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.ops.adam import descend
from ontogeny.worlds.classes.few_shot import (
    Classes,
    Episode,
    Splits,
    along_episodes,
    check_episodes,
    draw_episode,
)


class Method(NamedTuple):
    """How a task is learned from a few examples. `arrays` is what is meta-learned, `head` what has
    been learned of one task; inputs are features [feature].
    """

    init: Callable[[Key[Array, ""]], PyTree[Array]]
    loss: Callable[[Key[Array, ""], PyTree[Array], Episode, dict[str, Any]], tuple[Array, Metrics]]
    adapt: Callable[[PyTree[Array], Float[Array, "way shot feature"]], PyTree[Array]]
    logits: Callable[[PyTree[Array], PyTree[Array], Float[Array, " feature"]], Array]  # [way]
    hypers: dict[str, Any]  # what loss and penalty read, and what it is where the space has it not
    penalty: Callable[[PyTree[Array], dict[str, Any]], tuple[Array, Metrics]] | None = None
    """Of the arrays alone."""


class FewShotState(NamedTuple):
    """What is meta-learned, Adam's moments, and how many updates there were."""

    arrays: PyTree[Array]
    optimiser: optax.OptState
    updates: Int[Array, ""]


def few_shot(method: Method, data: Splits, meta: MetaConfig | None = None) -> Learner[FewShotState]:
    """Return the learner. Its hypers are a dict that may have "learning_rate", and what the method
    reads; with others it raises `ConfigError`.

    The score is the accuracy on episodes of validation classes, 0 to 1. Raises `ConfigError` when
    the data can't give such episodes.

    >>> from ontogeny.learners.few_shot.config import MetaConfig
    >>> from ontogeny.worlds.classes.few_shot import split_at_random
    >>> groups = {str(c): np.eye(6)[[c] * 4] for c in range(6)}  # a class is a corner of a cube
    >>> data = split_at_random("corners", groups, sizes=(2, 2, 2))
    >>> meta = MetaConfig(ways=2, queries=2, tasks=2, test_queries=2, test_episodes=4)
    >>> learner = og.few_shot(og.prototypes(n_features=6), data, meta)
    >>> key = jax.random.key(0)
    >>> state = jax.eval_shape(learner.init, key, {})
    >>> sorted(jax.eval_shape(learner.step, key, state, {})[1])
    ['accuracy', 'gradient_norm', 'loss', 'query_loss']
    """
    c = meta or MetaConfig()
    check_episodes(data.train, c.ways, c.shots, c.queries)
    check_episodes(data.validation, c.ways, c.shots, c.test_queries)
    direction = clipped_each(c.clip)

    def objective(
        arrays: PyTree[Array], keys: Array, episodes: Episode, h: dict[str, Any]
    ) -> tuple[Array, Metrics]:
        losses, metrics = jax.vmap(lambda k, e: method.loss(k, arrays, e, h))(keys, episodes)
        loss, metrics = jnp.mean(losses), jax.tree.map(jnp.mean, metrics)
        if method.penalty is None:
            return loss, metrics
        penalty, more = method.penalty(arrays, h)
        return loss + penalty, metrics | more

    def init(key: Array, hypers: Hypers) -> FewShotState:
        del hypers
        arrays = method.init(key)
        return FewShotState(arrays, direction.init(arrays), jnp.int32(0))

    def step(key: Array, state: FewShotState, hypers: Hypers) -> tuple[FewShotState, Metrics]:
        h = settled(hypers, learning_rate=c.learning_rate, **method.hypers)
        draw_key, learn_key = jax.random.split(key)
        episodes = jax.vmap(lambda k: draw_episode(k, data.train, c.ways, c.shots, c.queries))(
            jax.random.split(draw_key, c.tasks)
        )
        keys = jax.random.split(learn_key, c.tasks)
        (loss, metrics), gradient = jax.value_and_grad(objective, has_aux=True)(
            state.arrays, keys, episodes, h
        )
        rate = h["learning_rate"]
        arrays, moments = descend(direction, rate, state.arrays, state.optimiser, gradient)
        metrics = {"loss": loss, **metrics, "gradient_norm": optax.tree.norm(gradient)}
        return FewShotState(arrays, moments, state.updates + 1), metrics

    def score(key: Array, state: FewShotState, hypers: Hypers) -> Float[Array, ""]:
        del hypers
        found = accuracies(
            method, state.arrays, key, data.validation, c, c.test_queries, c.test_episodes
        )
        return jnp.mean(found)

    return Learner(init, step, score)


def accuracies(
    method: Method,
    arrays: PyTree[Array],
    key: Key[Array, ""],
    classes: Classes,
    meta: MetaConfig,
    queries: int,
    episodes: int,
) -> Float[Array, " episode"]:
    """Return the accuracy on each of so many fresh episodes, 0 to 1."""

    def one(key: Array, episode: Episode) -> Array:
        del key
        return accuracy(method, arrays, episode)

    return along_episodes(one, key, classes, meta.ways, meta.shots, queries, episodes)


def accuracy(method: Method, arrays: PyTree[Array], episode: Episode) -> Float[Array, ""]:
    """Return the share of an episode's queries that are told right after learning from its
    support.
    """
    head = method.adapt(arrays, episode.support)
    logits = jax.vmap(jax.vmap(lambda x: method.logits(arrays, head, x)))(episode.query)
    return share_right(logits)


def share_right(logits: Float[Array, "way query way"]) -> Float[Array, ""]:
    """Return the share of queries whose own way has the greatest logit. Ties count as wrong but for
    the first way, so what knows nothing is right one time in `ways`.
    """
    return jnp.mean(jnp.argmax(logits, axis=-1) == jnp.arange(logits.shape[0])[:, None])


def cross_entropy(logits: Float[Array, "way example way"]) -> Float[Array, "way example"]:
    """Return -log p(own way) of every example, in nats: row w holds examples of class w."""
    own = jnp.eye(logits.shape[0], dtype=logits.dtype)[:, None]
    return jax.nn.logsumexp(logits, axis=-1) - jnp.sum(logits * own, axis=-1)


def clipped_each(limit: float, epsilon: float = 1e-8) -> optax.GradientTransformation:
    """Return the direction: each number clipped to ± limit, each array scaled down to the norm
    limit, then Adam.
    """

    def shorten(gradient: PyTree[Array]) -> PyTree[Array]:
        def one(g: Array) -> Array:
            g = jnp.clip(g, -limit, limit)
            return g * jnp.minimum(1.0, limit / jnp.maximum(jnp.sqrt(jnp.sum(g**2)), 1e-30))

        return jax.tree.map(one, gradient)

    clip = optax.stateless(lambda gradient, params: shorten(gradient))
    return optax.chain(clip, optax.scale_by_adam(eps=epsilon))
