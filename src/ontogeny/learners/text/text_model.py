"""What a person wants of a grown language model: a text to go on with in, text out, and a file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.text.config import LanguageModelConfig
from ontogeny.learners.text.language_model import network_of
from ontogeny.nn.language_model import LanguageModel
from ontogeny.ops.distributions.categorical import log_probability
from ontogeny.worlds.language.vocabularies import Vocabulary, vocabulary_of

TOGETHER = 16  # stretches of a text that are read side by side: one program, however long it is
ROUND = 64  # tokens that lengths are rounded up to, for the same reason


@dataclass(frozen=True)
class TextModel:
    """A language model with its vocabulary. Called with a text, it returns how it goes on."""

    kind: ClassVar[str] = "language model"

    config: LanguageModelConfig
    vocabulary: Vocabulary
    arrays: PyTree[Array]

    def __call__(self, prompt: str = "", length: int = 256, seed: int = 0) -> str:
        """Return what comes after the prompt, `length` tokens; without one, how a text begins."""
        return self.sample(jax.random.key(seed), prompt, length)[0]

    def sample(
        self,
        key: Key[Array, ""],
        prompt: str = "",
        length: int = 256,
        temperature: float = 1.0,
        count: int = 1,
    ) -> list[str]:
        """Return `count` ways that the prompt may go on, each of `length` tokens, all written side
        by side in one scan. Temperatures below 1 prefer what is likely; 0 takes the likeliest.

        Raises `ConfigError` for a length or a count below 1, or a temperature below 0.
        """
        if length < 1 or count < 1 or not 0 <= temperature < float("inf"):
            raise ConfigError(
                f"{count} texts of {length} tokens at a temperature of {temperature}",
                where="TextModel.sample",
                hint="ask for 1 or more of each, and a temperature of 0 or more",
            )
        begun = [self.vocabulary.begin, *self.vocabulary.encode(prompt)]
        whole = len(begun) + length
        texts = np.zeros((count, -(-whole // ROUND) * ROUND), np.int32)
        texts[:, : len(begun)] = begun
        given = (jnp.int32(len(begun)), jnp.float32(temperature))
        said = np.asarray(
            _write(self.config, len(self.vocabulary), self.arrays, key, texts, *given)
        )
        return [self.vocabulary.decode(row[len(begun) : whole].tolist()) for row in said]

    def perplexity(self, text: str) -> float:
        """Return exp of the mean of -ln q over the text's tokens: as if that many were equally
        likely at each place.

        The text is read in stretches as long as the context; each token is expected from those
        before it in its stretch, and the one before that. Raises `DataError` for no text.
        """
        tokens = [self.vocabulary.begin, *self.vocabulary.encode(text)]
        if len(tokens) < 2:
            raise DataError("the text is empty", where="TextModel.perplexity", hint="give some")
        n_rows = -(-(len(tokens) - 1) // self.config.context)
        places = self.config.context * np.arange(n_rows)[:, None]
        places = places + np.arange(self.config.context + 1)
        rows = np.pad(tokens, (0, int(places[-1, -1]) + 1 - len(tokens)))[places].astype(np.int32)
        rows = np.pad(rows, ((0, -n_rows % TOGETHER), (0, 0)))
        said = [
            _log_probabilities(self.config, len(self.vocabulary), self.arrays, some)
            for some in np.split(rows, len(rows) // TOGETHER)
        ]
        return float(np.exp(-np.concatenate(said).ravel()[: len(tokens) - 1].mean(dtype=float)))

    @property
    def network(self) -> LanguageModel:
        """The network itself, for whoever learns from it."""
        return self.whole(self.arrays)

    def whole(self, arrays: PyTree[Array]) -> LanguageModel:
        """Return the network that has these arrays: a program takes them as its argument."""
        return network_of(self.config, len(self.vocabulary)).whole(arrays)

    def save(self, folder: Path) -> None:
        """Write the model as an archive. Raises `StoreError` when it can't be written."""
        spelt = np.frombuffer(self.vocabulary.model, np.uint8)
        about = {
            "kind": self.kind,
            "config": dataclasses.asdict(self.config),
            "tokens": len(self.vocabulary),
            "vocabulary_bytes": spelt.size,
        }
        write_archive(Path(folder), {"network": self.arrays, "vocabulary": spelt}, about)


@partial(jax.jit, static_argnums=(0, 1))
def _write(
    config: LanguageModelConfig,
    n_tokens: int,
    arrays: PyTree[Array],
    key: Key[Array, ""],
    texts: Int[Array, "batch time"],
    given: Int[Array, ""],
    temperature: Float[Array, ""],
) -> Int[Array, "batch time"]:
    return network_of(config, n_tokens).whole(arrays).write(key, texts, given, temperature)


@partial(jax.jit, static_argnums=(0, 1))
def _log_probabilities(
    config: LanguageModelConfig, n_tokens: int, arrays: PyTree[Array], rows: Int[Array, "batch all"]
) -> Float[Array, "batch time"]:
    network = network_of(config, n_tokens).whole(arrays)
    return log_probability(network.along(rows[:, :-1]), rows[:, 1:])


def load_text_model(folder: Path) -> TextModel:
    """Return the model that `TextModel.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged, `StructureError` when
    the arrays don't fit, `MissingExtra` for pieces of words without SentencePiece.
    """
    about: dict[str, Any] = read_about(Path(folder), TextModel.kind)
    config = from_json(LanguageModelConfig, about["config"])
    network = jax.eval_shape(lambda: network_of(config, about["tokens"]).init(jax.random.key(0)))
    spelt = jax.ShapeDtypeStruct((about["vocabulary_bytes"],), jnp.uint8)
    read = read_archive(Path(folder), {"network": network, "vocabulary": spelt})
    arrays = jax.tree.map(jnp.asarray, read["network"])
    return TextModel(config, vocabulary_of(read["vocabulary"].tobytes()), arrays)
