"""Pairs of sentences as a translator takes them: a vocabulary found in what is learned from, and
tables of tokens. Pairs that are too long for the tables are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

import jax.numpy as jnp

from ontogeny.learners.generation.translation import Sentences
from ontogeny.learners.generation.vocabulary import END, Vocabulary, padded
from ontogeny.worlds.language.catalogues import Pair, Parallel, parallel_text


class Corpus(NamedTuple):
    """What there is to learn from, to choose by and to be judged by, as text and as tokens."""

    vocabulary: Vocabulary
    text: Parallel
    train: Sentences
    validation: Sentences
    test: Sentences


@functools.cache
def catalogue_corpus(
    packages: tuple[str, ...], language: str, words: tuple[int, int], tokens: int, time: int
) -> Corpus:
    """Return the corpus of installed packages' messages; see
    `worlds.language.catalogues.parallel_text`.

    `tokens` is how many the vocabulary has, `time` how many a sentence may have.
    """
    return corpus_of(parallel_text(packages, language, words), tokens, time)


def corpus_of(text: Parallel, tokens: int, time: int) -> Corpus:
    """Return the corpus of these pairs, its vocabulary found in those to learn from alone."""
    vocabulary = Vocabulary.of((side for pair in text.train for side in pair), tokens)
    fitting = Parallel(*([p for p in pairs if _fits(vocabulary, p, time)] for pairs in text))
    return Corpus(vocabulary, fitting, *(_table(vocabulary, pairs, time) for pairs in fitting))


def _fits(vocabulary: Vocabulary, pair: Pair, time: int) -> bool:
    source, target = vocabulary.encode(pair.source), vocabulary.encode(pair.target)
    return max(len(source), len(target) + 1) <= time


def _table(vocabulary: Vocabulary, pairs: Iterable[Pair], time: int) -> Sentences:
    pairs = list(pairs)
    source = [vocabulary.encode(pair.source) for pair in pairs]
    target = [[*vocabulary.encode(pair.target), END] for pair in pairs]
    return Sentences(jnp.asarray(padded(source, time)), jnp.asarray(padded(target, time)))
