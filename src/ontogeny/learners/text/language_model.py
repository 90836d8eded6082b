"""A language model that learns from text: after every token, which one comes next.

    minimise  E_x  - mean_t ln q(x_t | x_<t)

by Adam. The learning rate may be a hyper. The score is that of held-out text, in nats a byte, its
sign turned: bytes are the same whatever the vocabulary.

Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Integer, Key, PyTree

from ontogeny.core.errors import DataError
from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
from ontogeny.nn.language_model import LanguageModel
from ontogeny.nn.parting import Parted, part
from ontogeny.ops.adam import clipped_adam, descend
from ontogeny.ops.distributions.categorical import log_probability
from ontogeny.worlds.language.vocabularies import Text


class LanguageModelState(NamedTuple):
    """The network and Adam's moments."""

    network: PyTree[Array]
    moments: optax.OptState


def network_of(config: LanguageModelConfig, n_tokens: int) -> Parted[LanguageModel]:
    """Return how the networks of a vocabulary are made."""
    c = config
    return part(lambda key: LanguageModel(n_tokens, c.width, c.layers, c.heads, c.context, key=key))


def language_model(
    text: Text, config: TextTrainingConfig | None = None
) -> Learner[LanguageModelState]:
    """Return the learner. Its hypers are a dict, which may have "learning_rate".

    Raises `DataError` for text that is shorter than the context.

    >>> from ontogeny.learners.text.config import LanguageModelConfig, TextTrainingConfig
    >>> from ontogeny.worlds.language.text import Corpus
    >>> from ontogeny.worlds.language.vocabularies import Bytes, tokenised
    >>> text = tokenised(Corpus(["to be, or not to be"], ["that is the question"]), Bytes())
    >>> config = TextTrainingConfig(LanguageModelConfig(8, layers=1, heads=2, context=8), batch=2)
    >>> state = jax.eval_shape(og.language_model(text, config).init, jax.random.key(0), {})
    >>> state.network.head.weight.shape
    (8, 256)
    """
    c = config or TextTrainingConfig()
    network = network_of(c.model, len(text.vocabulary))
    adam = clipped_adam(c.max_gradient_norm, epsilon=1e-8)
    check_long_enough(text, c.model.context)

    def init(key: Array, hypers: Hypers) -> LanguageModelState:
        del hypers
        arrays = network.init(key)
        return LanguageModelState(arrays, adam.init(arrays))

    def step(
        key: Array, state: LanguageModelState, hypers: Hypers
    ) -> tuple[LanguageModelState, Metrics]:
        h = settled(hypers, learning_rate=c.learning_rate)
        rows = stretches(key, text.train, c.batch, c.model.context + 1)
        loss, gradient = jax.value_and_grad(lambda arrays: surprise(network.whole(arrays), rows))(
            state.network
        )
        arrays, moments = descend(adam, h["learning_rate"], state.network, state.moments, gradient)
        metrics = {"loss": loss, "gradient_norm": optax.tree.norm(gradient)}
        return LanguageModelState(arrays, moments), metrics

    def score(key: Array, state: LanguageModelState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        rows = held_out(text, c.tested, c.model.context + 1)
        return -surprise(network.whole(state.network), rows) / text.bytes_a_token

    return Learner(init, step, score)


def surprise(network: LanguageModel, rows: Int[Array, "batch time"]) -> Float[Array, ""]:
    """Return the mean of -ln q over the tokens of the rows but each one's first, given those before
    it in the row.
    """
    logits = network.along(rows[:, :-1])
    return -jnp.mean(log_probability(logits, rows[:, 1:]))


def stretches(
    key: Key[Array, ""], tokens: Integer[Array, " all"], count: int, length: int
) -> Int[Array, "count length"]:
    """Return stretches of a text that begin anywhere."""
    begins = jax.random.randint(key, (count,), 0, tokens.shape[0] - length + 1)
    return tokens[begins[:, None] + jnp.arange(length)].astype(jnp.int32)


def held_out(text: Text, count: int, length: int) -> Int[Array, "count length"]:
    """Return stretches of the held-out text, the same every time, spread evenly over it."""
    begins = np.linspace(0, text.held_out.shape[0] - length, count).astype(int)
    return text.held_out[begins[:, None] + np.arange(length)].astype(jnp.int32)


def check_long_enough(text: Text, context: int) -> None:
    """Raise `DataError` for a text to learn from, or to be held out, that is shorter than what is
    learned from at once.
    """
    for what, tokens in (("train", text.train), ("held-out", text.held_out)):
        if tokens.shape[0] <= context:
            raise DataError(
                f"the {what} text has {tokens.shape[0]} tokens, too short for a context of "
                f"{context}",
                where="language_model",
                hint="give more text, or a smaller --training.model.context",
            )
