"""BLEU on token ids, as arrays of one shape, so that it can be computed where the tokens are.

    BLEU = 100 min(1, exp(1 - r / h)) (p₁ p₂ p₃ p₄)^¼

over a whole corpus: pₙ is the share of the hypotheses' n-grams that the references have too (each
as often as there), h and r are the lengths of all hypotheses and of all references. Where no n-gram
of a length is right, pₙ counts half a right one, for the next such length a quarter, and so on.

Sources: Papineni et al. 2002; the smoothing is the third of Chen and Cherry 2014, and what
sacrebleu does (Post 2018, arXiv 1804.08771).
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

ORDERS = 4


class Counts(NamedTuple):
    """What BLEU is made of. Counts of several sentences add up to those of a corpus."""

    right: Int[Array, "*batch order"]
    said: Int[Array, "*batch order"]
    said_length: Int[Array, "*batch"]
    true_length: Int[Array, "*batch"]


def counts(
    said: Int[Array, " time"],
    said_length: Int[Array, ""],
    true: Int[Array, " length"],
    true_length: Int[Array, ""],
) -> Counts:
    """Return the counts of one sentence: a hypothesis, its reference, and how long each is.

    The k-th time that an n-gram is said is right when the reference has it k times or more.
    """
    alike = _within(said, said_length)[:, None] & _within(true, true_length)
    alike &= said[:, None] == true
    again = _within(said, said_length)[:, None] & _within(said, said_length)
    again &= said[:, None] == said
    before = jnp.tri(said.shape[0], k=-1, dtype=bool)
    right: list[Array] = []
    for order in range(ORDERS):  # the two are now of the n-grams that begin at each place
        repeats = jnp.sum(again & before, axis=1)
        begins = jnp.arange(said.shape[0]) + order < said_length
        right.append(jnp.sum(begins & (repeats < jnp.sum(alike, axis=1))))
        alike, again = _longer(alike), _longer(again)
    n_grams = jnp.maximum(said_length - jnp.arange(ORDERS), 0)
    return Counts(jnp.stack(right), n_grams, said_length, true_length)


def bleu(corpus: Counts) -> Float[Array, ""]:
    """Return the BLEU, from 0 to 100, of the counts of several sentences ("batch" axis).

    It is 0 when nothing is right, or when no hypothesis is long enough for an n-gram of length 4.
    """
    right, said = jnp.sum(corpus.right, axis=0), jnp.sum(corpus.said, axis=0)
    missed = right == 0
    smoothed = 0.5 ** jnp.cumsum(missed)
    share = jnp.where(missed, smoothed, right) / jnp.maximum(said, 1)
    lengths = jnp.sum(corpus.true_length) / jnp.maximum(jnp.sum(corpus.said_length), 1)
    brevity = jnp.minimum(1.0, jnp.exp(1.0 - lengths))
    score = 100.0 * brevity * jnp.exp(jnp.mean(jnp.log(share)))
    return jnp.where(jnp.any(right > 0) & jnp.all(said > 0), score, 0.0)


def _within(tokens: Int[Array, " time"], length: Int[Array, ""]) -> Array:
    return jnp.arange(tokens.shape[0]) < length


def _longer(first: Array) -> Array:
    """Return which n-grams of one token more are alike: those that are alike here and one later."""
    shifted = jnp.zeros_like(first).at[:-1, :-1].set(first[1:, 1:])
    return first & shifted
