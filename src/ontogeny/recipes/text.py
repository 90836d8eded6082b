"""Language models: `text` grows one from text that is at hand, `text-student` a small one that is
taught by another.

A population tunes the learning rate. The score is minus what held-out text costs, in nats a byte.
Run `ontogeny grow text`, and then `ontogeny grow text-student --teacher last`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ontogeny.core.config import within
from ontogeny.core.errors import ConfigError, OntogenyError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.teaching.rule import Control, Rule
from ontogeny.learners.teaching.token_rules import token_rule_named
from ontogeny.learners.teaching.tokens import TokenStudentConfig, token_student
from ontogeny.learners.text.config import TextTrainingConfig
from ontogeny.learners.text.language_model import language_model
from ontogeny.learners.text.text_model import TextModel
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.views.growth.record import Record
from ontogeny.worlds.language.text import Corpus, corpus_at
from ontogeny.worlds.language.vocabularies import Bytes, find_pieces, tokenised, vocabulary_of
from ontogeny.worlds.language.vocabularies import Text as Tokens

PAPERS = (
    "Jaderberg et al. 2017, Population Based Training of Neural Networks, arXiv 1711.09846",
    "Vaswani et al. 2017, Attention Is All You Need, arXiv 1706.03762",
)


@dataclass(frozen=True)
class OfText(Recipe):
    """What both share: where the text lies, and the learning rate."""

    papers: ClassVar[tuple[str, ...]] = PAPERS

    population: int = 4
    """How many members grow side by side."""
    rounds: int = 15
    """How many rounds: a move, some steps, a score."""
    steps: int = 60
    """Updates of each member in a round."""
    corpus: str = ""
    """A text file, or a folder of them; Python's own standard library when not given."""
    learning_rates: tuple[float, float] = (1e-4, 3e-2)
    """Bounds of the learning rate."""
    first_rates: tuple[float, float] = (1e-3, 1e-2)
    """Where the learning rate begins."""

    def written(self) -> Corpus:
        """Return the text itself, to learn from and held out."""
        return corpus_at(self.corpus or None)

    def space(self) -> Space:
        return Space({"learning_rate": Log(*self.learning_rates, prior=self.first_rates)})

    def story(self, record: Record) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.text import perplexities

        return [perplexities(record.score)]


@dataclass(frozen=True)
class Text(OfText):
    """Language models that learn from text; the population tunes the learning rate. Minutes."""

    pieces: int = 0
    """Pieces of words in the vocabulary, 400 or more; 0: the 256 bytes."""
    training: TextTrainingConfig = field(default_factory=TextTrainingConfig)

    def text(self) -> Tokens:
        """Return the text as tokens."""
        return _of_pieces(self.corpus, self.pieces)

    def learner(self) -> Learner[Any]:
        return language_model(self.text(), self.training)

    def units(self) -> dict[str, float]:
        return {"tokens": self.training.batch * self.training.model.context}

    def product(self, state: Any) -> TextModel:
        arrays = jax.tree.map(jnp.asarray, state.network)
        return TextModel(self.training.model, self.text().vocabulary, arrays)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.text import sample_texts

        return [sample_texts(product, self.written().held_out, self.seed)]


@dataclass(frozen=True)
class TextStudent(OfText):
    """Small language models that are taught by a larger one, token by token, on text of the corpus,
    of the teacher or of their own. Minutes.
    """

    papers: ClassVar[tuple[str, ...]] = (
        *PAPERS,
        "Czarnecki et al. 2019, Distilling Policy Distillation, arXiv 1902.02186",
        "Agarwal et al. 2024, On-policy Distillation of Language Models, arXiv 2306.13649",
    )

    teacher: str = ""
    """A finished run of `text`, by its name or folder ("last" is the newest run), or a folder that
    a language model was saved in."""
    rule: str = "kl"
    """How it is taught: kl, jensen-shannon, reverse-kl, reverse-kl-matched, on-policy, …"""
    teachers: float | None = None
    """Of the text that is not the corpus', the share that the teacher writes, the student writing
    the rest; as the rule says when not given."""
    training: TokenStudentConfig = field(default_factory=TokenStudentConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.taught_by()

    def taught_by(self) -> Rule:
        """Return the rule, with the shares of who writes."""
        rule = token_rule_named(self.rule)
        if self.teachers is None:
            return rule
        share = within(self.teachers, 0, 1, "teachers", "recipe field teachers")
        return dataclasses.replace(rule, control=Control(student=1 - share, teacher=share))

    def master(self) -> TextModel:
        """Return the teacher. Raises `ConfigError` where none is named or nothing lies there, or
        something else than a language model; `StoreError` where it is damaged.
        """
        if not self.teacher:
            raise ConfigError(
                "no teacher is named",
                where="recipe field teacher",
                hint="grow one, `ontogeny grow text`, and name its run: --teacher text-1",
            )
        from ontogeny.recipes.products import load_product

        teacher = load_product(self.teacher)
        if not isinstance(teacher, TextModel):
            raise ConfigError(
                f"{self.teacher} is of a {teacher.kind}, which writes no text",
                where="recipe field teacher",
                hint="name a run of `ontogeny grow text`",
            )
        return teacher

    def learner(self) -> Learner[Any]:
        teacher = self.master()
        text = _of_model(self.corpus, teacher.vocabulary.model)
        return token_student(text, teacher, self.taught_by(), self.training)

    def units(self) -> dict[str, float]:
        return {"tokens": self.training.batch * self.training.model.context}

    def product(self, state: Any) -> TextModel:
        arrays = jax.tree.map(jnp.asarray, state.network)
        return TextModel(self.training.model, self.master().vocabulary, arrays)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.text import agreements, sample_texts

        held_out = self.written().held_out
        figures = [sample_texts(product, held_out, self.seed)]
        try:
            teacher = self.master()
        except OntogenyError:
            return figures  # it has been moved since: what it was is in the metrics
        return [agreements(product, teacher, held_out, self.training.prompt), *figures]


@functools.lru_cache(maxsize=2)
def _of_pieces(corpus: str, pieces: int) -> Tokens:
    """Return a corpus as bytes, or as so many pieces of words that were found in it."""
    found = corpus_at(corpus or None)
    return tokenised(found, find_pieces(found.train, pieces) if pieces else Bytes())


@functools.lru_cache(maxsize=2)
def _of_model(corpus: str, model: bytes) -> Tokens:
    """Return a corpus as the tokens of a vocabulary."""
    return tokenised(corpus_at(corpus or None), vocabulary_of(model))
