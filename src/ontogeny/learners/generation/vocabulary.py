"""Pieces of words, found by joining the commonest neighbours (byte-pair encoding).

Source: Sennrich et al. 2016 (arXiv 1508.07909); the joining is done by SentencePiece (Kudo and
Richardson 2018, arXiv 1808.06226).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int

from ontogeny.core.errors import DataError
from ontogeny.worlds.language.vocabularies import sentencepiece

FILL, BEGIN, END, UNKNOWN = range(4)  # the tokens that are no piece of a word


class Vocabulary:
    """Pieces of words and their numbers. It is as good as its bytes, which can be kept."""

    def __init__(self, model: bytes):
        self.model = model

    @classmethod
    def of(cls, sentences: Iterable[str], size: int) -> Vocabulary:
        """Return a vocabulary of `size` tokens that was found in the sentences.

        Raises `DataError` when they don't have so many pieces, `MissingExtra` without
        SentencePiece.
        """
        written = io.BytesIO()
        try:
            sentencepiece("translation").SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=written,
                vocab_size=size,
                model_type="bpe",
                character_coverage=1.0,
                normalization_rule_name="identity",
                pad_id=FILL,
                bos_id=BEGIN,
                eos_id=END,
                unk_id=UNKNOWN,
                num_threads=1,  # so that it is the same every time
                minloglevel=2,
            )
        except RuntimeError as error:
            raise DataError(
                f"no vocabulary of {size} tokens is in the sentences ({error})",
                where="Vocabulary",
                hint="ask for another size, or give more sentences",
            ) from error
        return cls(written.getvalue())

    @cached_property
    def _pieces(self) -> Any:
        return sentencepiece("translation").SentencePieceProcessor(model_proto=self.model)

    def __len__(self) -> int:
        return self._pieces.vocab_size()

    def encode(self, sentence: str) -> list[int]:
        """Return the tokens of a sentence."""
        return self._pieces.encode(sentence)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the sentence that the tokens make, up to the first END."""
        kept = list(map(int, tokens))
        return self._pieces.decode(kept[: kept.index(END)] if END in kept else kept)


def padded(rows: Sequence[Sequence[int]], time: int) -> Int[np.ndarray, "batch time"]:
    """Return the rows, each filled up to `time` with FILL."""
    table = np.full((len(rows), time), FILL, np.int32)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table
