"""Text as tokens and back, without loss: its bytes, or pieces of words that were found in it (but
for "▁", which is SentencePiece's own sign for a space, and comes back as one).

Pieces are found by joining the commonest neighbours (byte-pair encoding), by SentencePiece; what
has no piece is spelt in bytes. Sources: Sennrich et al. 2016 (arXiv 1508.07909); Kudo and
Richardson 2018 (arXiv 1808.06226).
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Integer

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.language.text import Corpus

SAMPLE = 2**20  # characters that pieces are looked for in
LEAST = 400  # pieces: the 256 bytes, some signs, and something to join


@runtime_checkable
class Vocabulary(Protocol):
    """What says a text as whole numbers. `model` is all of it: `vocabulary_of` makes it again."""

    begin: int
    """The token before a text, which is in none."""

    @property
    def model(self) -> bytes: ...

    def __len__(self) -> int: ...

    def encode(self, text: str) -> list[int]:
        """Return the text's tokens, without `begin`."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text that the tokens say; what is no UTF-8 as "�", `begin` as nothing."""
        ...


class Bytes:
    """The 256 bytes of UTF-8."""

    begin = 0
    model = b""

    def __len__(self) -> int:
        return 256

    def encode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))

    def decode(self, tokens: Sequence[int]) -> str:
        said = bytes(token for token in map(int, tokens) if token != self.begin)
        return said.decode("utf-8", "replace")


class Pieces:
    """Pieces of words, and the 256 bytes for what has none."""

    begin = 1

    def __init__(self, model: bytes):
        self.model = model

    @functools.cached_property
    def _pieces(self) -> Any:
        return sentencepiece("text").SentencePieceProcessor(model_proto=self.model)

    def __len__(self) -> int:
        return self._pieces.vocab_size()

    def encode(self, text: str) -> list[int]:
        return self._pieces.encode(text)

    def decode(self, tokens: Sequence[int]) -> str:
        return self._pieces.decode([t for t in map(int, tokens) if t != self.begin])


def find_pieces(texts: Sequence[str], size: int) -> Pieces:
    """Return a vocabulary of `size` tokens that was found in the texts, evenly thinned out to a
    million characters.

    Raises `ConfigError` for a size below 400, `DataError` where the texts don't have so many,
    `MissingExtra` without SentencePiece.
    """
    if size < LEAST:
        raise ConfigError(
            f"a vocabulary of {size} pieces",
            where="worlds.language.vocabularies",
            hint=f"use {LEAST} or more, or 256 for the bytes alone",
        )
    lines = [line for text in texts for line in text.splitlines() if line]
    every = 1 + sum(map(len, lines)) // SAMPLE
    written = io.BytesIO()
    try:
        sentencepiece("text").SentencePieceTrainer.train(
            sentence_iterator=iter(lines[::every]),
            model_writer=written,
            vocab_size=size,
            model_type="bpe",
            character_coverage=1.0,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            add_dummy_prefix=False,
            allow_whitespace_only_pieces=True,
            byte_fallback=True,
            user_defined_symbols=["\n", "\t"],
            pad_id=-1,
            eos_id=-1,
            unk_id=0,
            bos_id=Pieces.begin,
            num_threads=1,  # so that it is the same every time
            minloglevel=2,
        )
    except RuntimeError as error:
        raise DataError(
            f"no vocabulary of {size} tokens is in the text ({error})",
            where="worlds.language.vocabularies",
            hint="ask for another size, or give more text",
        ) from error
    return Pieces(written.getvalue())


def vocabulary_of(model: bytes) -> Vocabulary:
    """Return the vocabulary whose `model` this is."""
    return Pieces(model) if model else Bytes()


class Text(NamedTuple):
    """A corpus as tokens, each text after `begin`, and how many bytes a held-out token stands for.

    The arrays are held once, whoever learns from them.
    """

    vocabulary: Vocabulary
    train: Integer[Array, " train"]
    held_out: Integer[Array, " held_out"]
    bytes_a_token: float


def tokenised(corpus: Corpus, vocabulary: Vocabulary) -> Text:
    """Return the corpus as tokens."""
    kind = np.uint8 if len(vocabulary) <= 256 else np.uint16

    def joined(texts: list[str]) -> np.ndarray:
        rows = [np.array([vocabulary.begin, *vocabulary.encode(text)], kind) for text in texts]
        return np.concatenate(rows)

    train, held_out = joined(corpus.train), joined(corpus.held_out)
    spelt = sum(len(text.encode("utf-8")) + 1 for text in corpus.held_out)
    return Text(vocabulary, jnp.asarray(train), jnp.asarray(held_out), spelt / len(held_out))


def sentencepiece(extra: str) -> Any:
    """Return the module. Raises `MissingExtra` without it, naming the extra that brings it."""
    try:
        import sentencepiece
    except ImportError as error:
        raise MissingExtra(
            "SentencePiece, which cuts words into pieces, is not installed",
            where="worlds.language.vocabularies",
            hint=f"pip install 'ontogeny[{extra}]'",
        ) from error
    return sentencepiece
