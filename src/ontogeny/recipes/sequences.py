"""Predictors with memory, each grown on a source whose exact Bayes predictor is known.

A population tunes the learning rate that the decay begins with. The score is the excess log-loss
over Bayes, in nats a sequence, its sign turned. Run `ontogeny grow coin`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.forecaster import Forecaster
from ontogeny.learners.sequential.predictor import predictor
from ontogeny.learners.sequential.tasks import Task, numbers, symbols
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.worlds.sources.sequences import (
    coins,
    dice,
    markov_chains,
    switching_dice,
    variable_order,
)
from ontogeny.worlds.sources.signals import gaussian_means, linear_regressions

PAPERS = ("Ortega et al. 2019, Meta-learning of Sequential Strategies, arXiv 1905.03030",)


@dataclass(frozen=True)
class Sequences(Recipe):
    """What all of them share; the subclasses name a source."""

    papers: ClassVar[tuple[str, ...]] = PAPERS

    population: int = 8
    """How many members grow side by side."""
    rounds: int = 20
    """How many rounds: a move, some steps, a score."""
    steps: int = 150
    """Updates of each member in a round."""
    learning_rates: tuple[float, float] = (1e-3, 1e-1)
    """Bounds of the learning rate."""
    training: TrainingConfig = field(default_factory=lambda: TrainingConfig(learning_rate=1e-2))

    def task(self) -> Task:
        """Return what is predicted."""
        raise NotImplementedError

    def learner(self) -> Learner[Any]:
        updates = self.rounds * self.steps
        return predictor(self.task(), dataclasses.replace(self.training, updates=updates))

    def space(self) -> Space:
        return Space({"learning_rate": Log(*self.learning_rates)})

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.sequences import portrait

        return portrait(self.task(), product, self.seed)

    def units(self) -> dict[str, float]:
        return {"sequences": self.training.batch}

    def product(self, state: Any) -> Forecaster:
        task = self.task()
        n_symbols = task.n_out if task.symbolic else 0
        n_features = 0 if task.symbolic else task.n_in - 1
        network = jax.tree.map(jnp.asarray, state.network)
        return Forecaster(self.training.core, network, n_symbols, n_features)


@dataclass(frozen=True)
class Coin(Sequences):
    """Predict the tosses of a coin whose bias is drawn anew for every sequence."""

    length: int = 20
    """Tosses."""
    prior: tuple[float, float] = (1.0, 1.0)
    """Of the Beta that the chance of 1 is drawn from."""

    def task(self) -> Task:
        return symbols(coins(self.length, self.prior))


@dataclass(frozen=True)
class Die(Sequences):
    """Predict the rolls of a die whose bias is drawn anew for every sequence."""

    length: int = 10
    """Rolls."""
    prior: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Of the Dirichlet that the faces' chances are drawn from: one number a face."""

    def task(self) -> Task:
        return symbols(dice(self.length, self.prior))


@dataclass(frozen=True)
class Switching(Sequences):
    """Predict a coin that is replaced by another now and then."""

    length: int = 40
    """Tosses."""
    hazard: float = 0.05
    """The chance that the coin is another from one toss to the next."""

    def task(self) -> Task:
        return symbols(switching_dice(self.length, self.hazard))


@dataclass(frozen=True)
class VariableOrder(Sequences):
    """Predict a source whose memory is a tree of contexts, of unknown shape."""

    length: int = 64
    """Symbols."""
    depth: int = 3
    """How far back the source looks at most."""

    def task(self) -> Task:
        return symbols(variable_order(self.length, self.depth))


@dataclass(frozen=True)
class MarkovChain(Sequences):
    """Predict a first-order chain whose transitions are drawn anew for every sequence."""

    length: int = 64
    """Symbols."""
    n_symbols: int = 2
    """How many symbols there are."""

    def task(self) -> Task:
        return symbols(markov_chains(self.length, self.n_symbols))


@dataclass(frozen=True)
class GaussianMean(Sequences):
    """Predict numbers around a mean that is drawn anew for every sequence."""

    length: int = 20
    """Numbers."""
    noise: float = 1.0
    """Their variance around the mean, whose own prior is standard normal."""

    def task(self) -> Task:
        return numbers(gaussian_means(self.length, noise=self.noise))


@dataclass(frozen=True)
class Regression(Sequences):
    """Predict targets that are linear in their features, the weights drawn anew for every sequence:
    regression by reading examples.
    """

    length: int = 20
    """Examples."""
    n_features: int = 2
    """Numbers that are given before each target."""
    noise: float = 0.25
    """Variance of the targets around the line."""

    def task(self) -> Task:
        return numbers(linear_regressions(self.length, self.n_features, noise=self.noise))
