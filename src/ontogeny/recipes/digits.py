"""Classifiers of handwritten digits: a small network on real images, in seconds.

The population tunes the learning rate and the dropout of the hidden layers. Of the 1,200 images to
learn from, the last 300 are for the score alone (the mean log-likelihood of their labels, in nats);
597 more are held out from both, for what is claimed of the winner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.supervised.classifier import (
    ClassifierState,
    ImageClassifier,
    Shown,
    classifier,
)
from ontogeny.recipes.recipe import Recipe
from ontogeny.worlds.classes.digits import CLASSES, digit_images

SCORED = 300  # images that the score is taken on


@dataclass(frozen=True)
class DigitClassifier(Recipe):
    """Classifiers of 8x8 handwritten digits; the population tunes their rate and their dropout."""

    rounds: int = 24
    """How many rounds: a move, some steps, a score."""
    steps: int = 25
    """Updates of each member in a round."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the hidden layers."""
    batch: int = 32
    """Images of an update, drawn with replacement."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.batch < 1 or any(width < 1 for width in self.hidden):
            raise ConfigError(
                f"a batch of {self.batch} and widths {self.hidden}",
                where="recipe fields batch, hidden",
                hint="use 1 or more",
            )

    def learner(self) -> Learner[ClassifierState]:
        train, scored, _ = parted()
        return classifier(train, scored, CLASSES, self.hidden, self.batch)

    def space(self) -> Space:
        return Space(
            {
                "learning_rate": Log(1e-4, 1.0, prior=(1e-3, 0.3)),
                "dropout": Linear(0.0, 0.8, prior=(0.0, 0.5)),
            }
        )

    def product(self, state: ClassifierState) -> ImageClassifier:
        return ImageClassifier(state.layers)


class Parts(NamedTuple):
    """The images: to learn from, to score on, and held out from both."""

    train: Shown
    scored: Shown
    test: Shown


def parted() -> Parts:
    """Return the three parts, the same every time. Raises `MissingExtra` without scikit-learn."""
    train, test = (Shown(*map(jnp.asarray, images)) for images in digit_images())
    return Parts(
        Shown(train.pixels[:-SCORED], train.label[:-SCORED]),
        Shown(train.pixels[-SCORED:], train.label[-SCORED:]),
        test,
    )
