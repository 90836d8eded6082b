"""`translation`: Transformers that learn to translate English messages, from the catalogues that
installed packages ship.

A population tunes the learning rate and three rates of dropout. The score is the BLEU of held-out
messages, on tokens. Run `ontogeny grow translation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.generation.config import TranslatorConfig
from ontogeny.learners.generation.corpus import Corpus, catalogue_corpus
from ontogeny.learners.generation.translation import DROPOUTS, translation
from ontogeny.learners.generation.translator import Translator
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure

PAPERS = (
    "Jaderberg et al. 2017, Population Based Training of Neural Networks, arXiv 1711.09846",
    "Vaswani et al. 2017, Attention Is All You Need, arXiv 1706.03762",
    "Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation",
)


@dataclass(frozen=True)
class Translation(Recipe):
    """Translators of short English messages; the population tunes the learning rate and three
    dropouts. A minute.
    """

    papers: ClassVar[tuple[str, ...]] = PAPERS

    population: int = 8
    """How many members grow side by side."""
    rounds: int = 24
    """How many rounds: a move, some steps, a score."""
    steps: int = 50
    """Updates of each member in a round."""
    packages: tuple[str, ...] = ("gramps", "django")
    """Installed packages whose messages are learned from."""
    language: str = "de"
    """Into which language, as the catalogues' folders say it."""
    words: tuple[int, int] = (1, 10)
    """How many words a message has, at least and at most."""
    tokens: int = 1000
    """Pieces of words in the vocabulary."""
    learning_rates: tuple[float, float] = (1e-5, 1e-1)
    """Bounds of the learning rate."""
    first_rates: tuple[float, float] = (1e-5, 1e-2)
    """Where the learning rate begins."""
    dropouts: tuple[float, float] = (0.0, 0.5)
    """Bounds of each rate of dropout."""
    training: TranslatorConfig = field(default_factory=TranslatorConfig)

    def corpus(self) -> Corpus:
        """Return the messages, as text and as tokens."""
        return catalogue_corpus(
            self.packages, self.language, self.words, self.tokens, self.training.time
        )

    def learner(self) -> Learner[Any]:
        corpus = self.corpus()
        return translation(corpus.train, corpus.validation, len(corpus.vocabulary), self.training)

    def space(self) -> Space:
        rate = Log(*self.learning_rates, prior=self.first_rates)
        return Space({"learning_rate": rate, **dict.fromkeys(DROPOUTS, Linear(*self.dropouts))})

    def units(self) -> dict[str, float]:
        return {"sentences": self.training.batch}

    def product(self, state: Any) -> Translator:
        arrays = jax.tree.map(jnp.asarray, state.network)
        return Translator(self.training, self.corpus().vocabulary, arrays)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.generation import sample_translations

        return [sample_translations(product, self.corpus().text.test, self.seed)]
