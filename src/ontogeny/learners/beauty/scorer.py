"""A scorer of photographs as a learner: heads on features that are given, learning from ratings.

    x = (features - centre) / scale, means by sqrt(2 - 2p), spreads by sqrt(2p)      p the pooling
    bins        L = sqrt(mean over grades of (CDF of the head - CDF of the ratings)^2), s = E[grade]
    regression  L = (s - mean rating)^2
    pairs       L = -log sigmoid(s_better - s_worse)

Several heads learn side by side, each from a bootstrap of the groups: a group weighs as often as it
was drawn. Where `tuned_blocks` of the network learn too, features are theirs, one network for all
heads, at a rate of its own that rises over the first updates. A score is the mean of the heads',
and their deviation is its spread. The learner's score is the share of held pairs that are ordered
as people do.

Source: Talebi and Milanfar 2018, "NIMA" (arXiv 1709.05424); Bradley and Terry 1952; Efron 1979.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.lessons import Lessons, lessons_of, standing
from ontogeny.learners.beauty.rated import Parts, Rated
from ontogeny.learners.beauty.tuned import seen_in_turn, seen_through
from ontogeny.nn.efficientnet import Tail
from ontogeny.ops.adam import clipped_adam, cosine_decayed, descend

FINAL = 0.05  # of the learning rate, where it falls
RISING = 50  # updates until the tuned blocks' rate is whole: first the heads learn
OUTWARD = 0.01  # deviation of what a fresh head says


class Layer(NamedTuple):
    """One layer of every head."""

    weight: Float[Array, "head n_in n_out"]
    bias: Float[Array, "head n_out"]


Layers: TypeAlias = tuple[Layer, ...]


class ScorerState(NamedTuple):
    """A member: its heads, their moments, and how much each group weighs for each head."""

    layers: Layers
    moments: optax.OptState
    weights: Float[Array, "head group"]
    pooling: Float[Array, ""]
    updates: Int[Array, ""]
    """Updates so far."""
    tail: Tail | None = None
    """The network's last blocks, where they learn too."""
    tail_moments: optax.OptState | None = None


def scorer(config: ScorerConfig, rated: Rated, parts: Parts | None = None) -> Learner[ScorerState]:
    """Return the learner. Its hypers are `learning_rate`, and, where the space has them,
    `weight_decay` (decoupled), `dropout` (of features and hidden layers), `pooling` (0 means
    alone, 1 spreads alone, 0.5 both alike), and `tuning_rate` (of the network's last blocks).

    `parts` says which photographs are held; without it `config.held` does. Raises `DataError` for
    ratings that nothing can be learned from or be held against.

    >>> x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    >>> names = tuple(f"{n}.jpg" for n in range(40))
    >>> ratings = og.beauty.Ratings(names, x[:, 0].astype(float), np.ones(40))
    >>> config = og.beauty.ScorerConfig(loss="regression", heads=2)
    >>> learner = og.scorer(config, og.beauty.Rated(ratings, x, np.arange(40)))
    >>> hypers = {"learning_rate": jnp.float32(0.1)}
    >>> state = jax.eval_shape(learner.init, jax.random.key(0), hypers)
    >>> state.layers[0].weight.shape
    (2, 6, 1)
    """
    lessons = lessons_of(config, rated, parts)
    return Learner(
        lambda key, hypers: init(config, lessons, key, hypers),
        lambda key, state, hypers: step(config, lessons, key, state, hypers),
        lambda key, state, hypers: agreement(lessons, state),
    )


def init(
    config: ScorerConfig, lessons: Lessons, key: Key[Array, ""], hypers: Hypers
) -> ScorerState:
    """Return fresh heads, each with its bootstrap of the groups."""
    layer_key, weight_key = jax.random.split(key)
    out = lessons.target.shape[1] if config.loss == "bins" else 1
    layers = new_heads((lessons.features.shape[1], *config.hidden, out), config.heads, layer_key)
    n_groups = lessons.names.shape[0]
    weights = jnp.ones((config.heads, n_groups))
    if config.heads > 1:
        drawn = jax.random.randint(weight_key, (config.heads, n_groups), 0, n_groups)
        weights = jax.vmap(lambda row: jnp.zeros(n_groups).at[row].add(1.0))(drawn)
    moments = clipped_adam(config.max_gradient_norm).init(layers)
    pooling = jnp.asarray(_settled(hypers)["pooling"], jnp.float32)
    begun = ScorerState(layers, moments, weights, pooling, jnp.int32(0))
    if lessons.maps is None:
        return begun
    tail = jax.tree.map(jnp.asarray, lessons.maps.tail)
    return begun._replace(tail=tail, tail_moments=clipped_adam(config.max_gradient_norm).init(tail))


def step(
    config: ScorerConfig,
    lessons: Lessons,
    key: Key[Array, ""],
    state: ScorerState,
    hypers: Hypers,
) -> tuple[ScorerState, Metrics]:
    """Return the heads after an update."""
    h = _settled(hypers)
    draw_key, drop_key = jax.random.split(key)
    rows, worth, sign = _drawn(config, lessons, draw_key)
    weight = state.weights[:, jnp.asarray(lessons.group)[rows]]
    wanted = jnp.asarray(lessons.target)[rows]

    def loss(learned: tuple[Layers, Tail | None]) -> Array:
        layers, tail = learned
        x = standing(lessons, rows, tail, seen_through)
        said = said_by(layers, x, h["pooling"], drop_key, h["dropout"])
        if config.loss == "pairs":
            s, both = (each.reshape(each.shape[0], -1, 2) for each in (said[..., 0], weight))
            each = jax.nn.softplus(-sign * (s[..., 0] - s[..., 1]))
            joint = jnp.sqrt(both[..., 0] * both[..., 1])  # of one group, what that weighs
            return jnp.sum(joint * worth * each) / config.batch
        if config.loss == "bins":
            apart = jnp.cumsum(jax.nn.softmax(said), axis=-1) - wanted
            each = jnp.sqrt(jnp.mean(apart**2, axis=-1) + 1e-8)
        else:
            each = jnp.square(said[..., 0] - wanted[..., 0])
        return jnp.sum(weight * each) / config.batch

    value, (gradient, tail_gradient) = jax.value_and_grad(loss)((state.layers, state.tail))
    rate = jnp.asarray(h["learning_rate"], jnp.float32)
    tail_rate = jnp.asarray(h["tuning_rate"], jnp.float32)
    if config.updates:
        done = state.updates / config.updates
        rate, tail_rate = (cosine_decayed(each, FINAL, done) for each in (rate, tail_rate))
    shrunk = jax.tree.map(lambda leaf: leaf * (1 - rate * h["weight_decay"]), state.layers)
    direction = clipped_adam(config.max_gradient_norm)
    layers, moments = descend(direction, rate, shrunk, state.moments, gradient)
    pooling = jnp.asarray(h["pooling"], jnp.float32)
    after = ScorerState(layers, moments, state.weights, pooling, state.updates + 1)
    if state.tail is not None and state.tail_moments is not None:
        tail_rate = tail_rate * jnp.minimum(state.updates / RISING, 1.0)
        tail, tail_moments = descend(
            direction, tail_rate, state.tail, state.tail_moments, tail_gradient
        )
        after = after._replace(tail=tail, tail_moments=tail_moments)
    return after, {"loss": value / config.heads}


def agreement(lessons: Lessons, state: ScorerState) -> Float[Array, ""]:
    """Return the share of held pairs that the heads order as they were judged; a tie is half."""
    x = standing(lessons, lessons.held, state.tail, seen_in_turn)
    each = scores_of(said_by(state.layers, x, state.pooling), jnp.asarray(lessons.grades))
    said = jnp.mean(each, axis=0)
    better, worse = (said[lessons.held_pairs[:, side]] for side in (0, 1))
    return jnp.mean((better > worse) + 0.5 * (better == worse))


def new_heads(widths: tuple[int, ...], heads: int, key: Key[Array, ""]) -> Layers:
    """Return fresh heads of these widths; the last layer begins small."""
    keys = jax.random.split(key, len(widths) - 1)
    gains = [2**0.5] * (len(widths) - 2) + [OUTWARD]
    return tuple(
        Layer(
            gain * n_in**-0.5 * jax.random.normal(key, (heads, n_in, n_out)),
            jnp.zeros((heads, n_out)),
        )
        for n_in, n_out, gain, key in zip(widths[:-1], widths[1:], gains, keys, strict=True)
    )


def said_by(
    layers: Layers,
    x: Float[Array, "photo feature"],
    pooling: Float[Array, ""] | float,
    key: Key[Array, ""] | None = None,
    dropout: Float[Array, ""] | float = 0.0,
) -> Float[Array, "head photo out"]:
    """Return what every head says of standardised features, the first half of which (means) and the
    second (spreads) the pooling weighs.

    With a key, a share `dropout` of the features and of each hidden layer's units is silent, the
    same for all photographs and heads, and the rest as much louder.
    """
    n = x.shape[-1]
    p = jnp.asarray(pooling, jnp.float32)
    halves = jnp.sqrt(jnp.stack([2 - 2 * p, 2 * p]) / n)
    factor = jnp.repeat(halves, n // 2, total_repeat_length=n)
    given: Array = x  # all heads are given the same; what weighs features weighs their weights
    for number, layer in enumerate(layers):
        if key is not None:
            toss = jax.random.uniform(jax.random.fold_in(key, number), factor.shape)
            factor = jnp.where(toss >= dropout, factor / (1 - dropout), 0.0)
        terms = "pi,hio->hpo" if number == 0 else "hpi,hio->hpo"
        weight = layer.weight * factor[:, None]
        given = jnp.einsum(terms, given, weight) + layer.bias[:, None]
        if number + 1 < len(layers):
            given, factor = jax.nn.relu(given), jnp.ones(layer.bias.shape[1])
    return given


def scores_of(
    said: Float[Array, "head photo out"], grades: Float[Array, " grade"]
) -> Float[Array, "head photo"]:
    """Return the scores: the expected grade; of heads that say one number, so many times the way
    from the first grade to the second.
    """
    if said.shape[-1] == 1:
        return grades[0] + said[..., 0] * (grades[1] - grades[0])
    return jax.nn.softmax(said) @ grades


def _drawn(
    config: ScorerConfig, lessons: Lessons, key: Key[Array, ""]
) -> tuple[Int[Array, " row"], Float[Array, " pair"], Float[Array, " pair"]]:
    """Return the photographs of an update; of pairs, one after the other, what each is worth, and
    1 where the first is the better one, else -1.
    """
    one = jnp.ones(config.batch)
    if config.loss == "pairs" and lessons.pairs.shape[0]:
        chosen = jax.random.randint(key, (config.batch,), 0, lessons.pairs.shape[0])
        pair = jnp.asarray(lessons.pairs)[chosen]
        return pair.reshape(-1), jnp.asarray(lessons.worth)[chosen], one
    count = (2 if config.loss == "pairs" else 1) * config.batch
    rows = jnp.asarray(lessons.rows)
    chosen = rows[jax.random.randint(key, (count,), 0, rows.shape[0])]
    if config.loss != "pairs":
        return chosen, one, one
    means = jnp.asarray(lessons.target)[chosen, 0].reshape(-1, 2)
    sign = jnp.sign(means[:, 0] - means[:, 1])
    return chosen, jnp.abs(sign), sign  # of two that are rated alike nothing is learned


def _settled(hypers: Hypers) -> dict[str, Array]:
    return settled(
        hypers, "learning_rate", weight_decay=0.0, dropout=0.0, pooling=0.5, tuning_rate=1e-4
    )
