"""What a person wants of a grown translator: a sentence in, a sentence out, and a file of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError
from ontogeny.learners.generation.config import TranslatorConfig
from ontogeny.learners.generation.translation import network_of
from ontogeny.learners.generation.vocabulary import BEGIN, END, Vocabulary, padded

TOGETHER = 32  # sentences that are translated side by side: one program, however many there are


@dataclass(frozen=True)
class Translator:
    """A translator with its vocabulary."""

    kind: ClassVar[str] = "translator"

    config: TranslatorConfig
    vocabulary: Vocabulary
    arrays: PyTree[Array]

    def __call__(self, text: str) -> str:
        """Return the translation of a sentence. Raises `DataError` for one of more tokens than it
        has learned to read.
        """
        return self.many([text])[0]

    def many(self, text: Sequence[str]) -> list[str]:
        """Return the translation of each of several sentences; see `__call__`."""
        rows = [self.vocabulary.encode(sentence) for sentence in text]
        for sentence, row in zip(text, rows, strict=True):
            if len(row) > self.config.time:
                raise DataError(
                    f"{sentence[:60]!r} has {len(row)} tokens",
                    where="Translator",
                    hint=f"give sentences of at most {self.config.time}, or grow one for longer",
                )
        said: list[str] = []
        for first in range(0, len(rows), TOGETHER):
            some = padded([*rows[first : first + TOGETHER], *[[]] * TOGETHER][:TOGETHER], self.time)
            tokens = np.asarray(_translate(self.config, len(self.vocabulary), self.arrays, some))
            said += [self.vocabulary.decode(row.tolist()) for row in tokens]
        return said[: len(rows)]

    @property
    def time(self) -> int:
        """How many tokens a sentence may have."""
        return self.config.time

    def save(self, folder: Path) -> None:
        """Write the translator as an archive. Raises `StoreError` when it can't be written."""
        model = np.frombuffer(self.vocabulary.model, np.uint8)
        about = {
            "kind": self.kind,
            "config": dataclasses.asdict(self.config),
            "tokens": len(self.vocabulary),
            "vocabulary_bytes": model.size,
        }
        write_archive(Path(folder), {"network": self.arrays, "vocabulary": model}, about)


@partial(jax.jit, static_argnums=(0, 1))
def _translate(
    config: TranslatorConfig, n_tokens: int, arrays: PyTree[Array], source: Int[Array, "batch time"]
) -> Int[Array, "batch time"]:
    network = network_of(config, n_tokens).whole(arrays)
    return jax.vmap(lambda row: network.translate(row, BEGIN, END)[0])(source)


def load_translator(folder: Path) -> Translator:
    """Return the translator that `Translator.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged, `MissingExtra` without
    SentencePiece.
    """
    about: dict[str, Any] = read_about(Path(folder), Translator.kind)
    config = from_json(TranslatorConfig, about["config"])
    network = jax.eval_shape(lambda: network_of(config, about["tokens"]).init(jax.random.key(0)))
    model = jax.ShapeDtypeStruct((about["vocabulary_bytes"],), jnp.uint8)
    read = read_archive(Path(folder), {"network": network, "vocabulary": model})
    arrays = jax.tree.map(jnp.asarray, read["network"])
    return Translator(config, Vocabulary(read["vocabulary"].tobytes()), arrays)
