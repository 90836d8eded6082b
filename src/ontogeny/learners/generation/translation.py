"""A translator that learns from pairs of sentences: the tokens of one in, those of the other out.

    minimise  E_{(x, y)}  - sum_t ln q(y_t | y_<t, x)

by Adam, under three rates of dropout. The learning rate and the dropouts are hypers. The score is
the BLEU, on tokens, of the likeliest translations of sentences that were held out: it can't be
differentiated, and is not what is minimised.

Source: Vaswani et al. 2017 (arXiv 1706.03762). The set-up is that of Jaderberg et al. 2017 (arXiv
1711.09846), section 4.2.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from ontogeny.core.learner import Hypers, Learner, Metrics, settled
from ontogeny.learners.generation.config import TranslatorConfig
from ontogeny.learners.generation.vocabulary import BEGIN, END, FILL
from ontogeny.nn.encoder_decoder import Dropout, EncoderDecoder
from ontogeny.nn.parting import Parted, part
from ontogeny.ops.adam import descend
from ontogeny.ops.bleu import Counts, bleu, counts

DROPOUTS = ("attention_dropout", "layer_dropout", "relu_dropout")


class Sentences(NamedTuple):
    """Pairs of sentences as tokens, filled up with FILL; a target ends with END."""

    source: Int[Array, "batch time"]
    target: Int[Array, "batch time"]


class TranslatorState(NamedTuple):
    """The network and Adam's moments."""

    network: PyTree[Array]
    moments: optax.OptState


def network_of(config: TranslatorConfig, n_tokens: int) -> Parted[EncoderDecoder]:
    """Return how the networks of a vocabulary are made."""
    c = config
    return part(
        lambda key: EncoderDecoder(n_tokens, c.time, c.width, c.wide, c.layers, c.heads, key=key)
    )


def translation(
    train: Sentences, held_out: Sentences, n_tokens: int, config: TranslatorConfig | None = None
) -> Learner[TranslatorState]:
    """Return the learner. Its hypers are a dict of "learning_rate", "attention_dropout",
    "layer_dropout" and "relu_dropout".

    >>> from ontogeny.learners.generation.config import TranslatorConfig
    >>> from ontogeny.learners.generation.corpus import corpus_of
    >>> from ontogeny.worlds.language.catalogues import Pair, Parallel
    >>> pairs = [Pair("the red book", "das rote Buch"), Pair("the old book", "das alte Buch")]
    >>> corpus = corpus_of(Parallel(pairs, pairs, pairs), tokens=30, time=8)
    >>> config = TranslatorConfig(width=8, wide=8, heads=2, time=8, batch=2)
    >>> learner = og.translation(corpus.train, corpus.validation, len(corpus.vocabulary), config)
    >>> state = jax.eval_shape(learner.init, jax.random.key(0), {})
    >>> state.network.tokens.shape
    (30, 8)
    """
    c = config or TranslatorConfig()
    network = network_of(c, n_tokens)
    adam = optax.chain(
        optax.clip_by_global_norm(c.max_gradient_norm), optax.scale_by_adam(b2=0.98, eps=1e-9)
    )

    def losses(arrays: PyTree[Array], some: Sentences, key: Array, rates: list[Array]) -> Array:
        whole = network.whole(arrays)

        def one(source: Array, target: Array, key: Array) -> tuple[Array, Array]:
            said = jnp.concatenate([jnp.array([BEGIN], target.dtype), target[:-1]])
            logits = whole(source, said, Dropout(key, *rates))
            true = jax.nn.one_hot(target, logits.shape[-1])
            loss = -jnp.sum(jax.nn.log_softmax(logits) * true, axis=-1)
            return jnp.sum(jnp.where(target != FILL, loss, 0.0)), jnp.sum(target != FILL)

        keys = jax.random.split(key, some.source.shape[0])
        loss, tokens = jax.vmap(one)(*some, keys)
        return jnp.sum(loss) / jnp.sum(tokens)

    def init(key: Array, hypers: Hypers) -> TranslatorState:
        del hypers
        arrays = network.init(key)
        return TranslatorState(arrays, adam.init(arrays))

    def step(key: Array, state: TranslatorState, hypers: Hypers) -> tuple[TranslatorState, Metrics]:
        h = settled(hypers, "learning_rate", *DROPOUTS)
        row_key, drop_key = jax.random.split(key)
        rows = jax.random.randint(row_key, (c.batch,), 0, train.source.shape[0])
        some = Sentences(train.source[rows], train.target[rows])
        rates = [h[name] for name in DROPOUTS]
        loss, gradient = jax.value_and_grad(losses)(state.network, some, drop_key, rates)
        arrays, moments = descend(adam, h["learning_rate"], state.network, state.moments, gradient)
        metrics = {"loss": loss, "gradient_norm": optax.tree.norm(gradient)}
        return TranslatorState(arrays, moments), metrics

    def score(key: Array, state: TranslatorState, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return bleu(corpus_counts(network.whole(state.network), held_out))

    return Learner(init, step, score)


def corpus_counts(network: EncoderDecoder, sentences: Sentences) -> Counts:
    """Return what the BLEU of the network's translations is made of, "batch" axis."""

    def one(source: Array, target: Array) -> Counts:
        said, length = network.translate(source, BEGIN, END)
        return counts(said, length, target, jnp.sum(target != FILL) - 1)

    return jax.vmap(one)(*sentences)
