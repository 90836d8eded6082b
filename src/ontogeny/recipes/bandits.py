"""Agents with memory in worlds whose exact optimum is known: `bandit` learns from rewards,
`thompson` from an expert who knows the task.

A population tunes the learning rate that the decay begins with, and of the controller the entropy
cost that the annealing begins with. Run `ontogeny grow bandit --world two-doors`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.sequential.config import ControlConfig, ImitationConfig
from ontogeny.learners.sequential.controller import controller
from ontogeny.learners.sequential.imitator import imitator
from ontogeny.learners.sequential.policy import MemoryPolicy
from ontogeny.nn.cores import CoreConfig
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.worlds.solved import bandits, bayesian_mdps
from ontogeny.worlds.solved.solved_world import Solved

ORTEGA = "Ortega et al. 2019, Meta-learning of Sequential Strategies, arXiv 1905.03030"
ASYMMETRIC = "Pinto et al. 2017, Asymmetric Actor Critic, arXiv 1710.06542"
THOMPSON = "Thompson 1933, On the Likelihood that One Unknown Probability Exceeds Another"

Name: TypeAlias = Literal[
    "known-arm", "two-arms", "three-arms", "mirrored", "gaussian", "hidden-goal", "two-doors"
]
CORE = CoreConfig("gru", 32)


def solved_world(name: Name, steps: int) -> Solved:
    """Return the world called `name`, episodes of `steps` steps.

    "known-arm" has one arm that pays with chance 0.6 and one unknown, Beta(1, 1); the arms of
    "two-arms" and "three-arms" are unknown; "mirrored" arms pay with theta and 1 - theta;
    "gaussian" arms and their noise are standard normal.
    """
    worlds = {
        "known-arm": lambda: bandits.bernoulli_bandit((0.6, (1, 1)), steps),
        "two-arms": lambda: bandits.bernoulli_bandit(((1, 1), (1, 1)), steps),
        "three-arms": lambda: bandits.bernoulli_bandit(((1, 1), (1, 1), (1, 1)), steps),
        "mirrored": lambda: bandits.mirrored_bandit(steps),
        "gaussian": lambda: bandits.gaussian_bandit(steps),
        "hidden-goal": lambda: bayesian_mdps.hidden_goal(3, steps),
        "two-doors": lambda: bayesian_mdps.two_doors(5, steps),
    }
    return worlds[name]()


@dataclass(frozen=True)
class Remembering(Recipe):
    """What both recipes share: members with memory in a world of known prior."""

    population: int = 4
    """How many members grow side by side."""
    rounds: int = 10
    """How many rounds: a move, some steps, a score."""
    steps: int = 150
    """Updates of each member in a round."""
    learning_rates: tuple[float, float] = (5e-4, 1e-2)
    """Bounds of the learning rate."""

    def solved(self) -> Solved:
        """Return the world, and what is exactly known about it."""
        raise NotImplementedError

    def core(self) -> CoreConfig:
        """Return the memory that the members have."""
        raise NotImplementedError

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.bandits import portrait

        return portrait(self.solved(), product, self.seed)

    def product(self, state: Any) -> MemoryPolicy:
        world = self.solved().world
        (n_in,) = world.observation_shape
        return MemoryPolicy(self.core(), state.network, n_in, world.n_actions)


@dataclass(frozen=True)
class Bandit(Remembering):
    """Learn from rewards alone to explore as far as it pays, in a world drawn anew each episode."""

    papers: ClassVar[tuple[str, ...]] = (ORTEGA, ASYMMETRIC)

    world: Name = "known-arm"
    """Which world: five bandits, a grid with a hidden goal, a corridor with two doors."""
    horizon: int = 20
    """Steps of an episode."""
    entropy_costs: tuple[float, float] = (0.03, 1.0)
    """Bounds of the entropy cost."""
    training: ControlConfig = field(default_factory=lambda: ControlConfig(core=CORE))

    def solved(self) -> Solved:
        return solved_world(self.world, self.horizon)

    def core(self) -> CoreConfig:
        return self.training.core

    def learner(self) -> Learner[Any]:
        training = dataclasses.replace(self.training, updates=self.rounds * self.steps)
        return controller(self.solved(), training)

    def space(self) -> Space:
        return Space(
            {
                "learning_rate": Log(*self.learning_rates),
                "entropy_cost": Log(*self.entropy_costs),
            }
        )

    def units(self) -> dict[str, float]:
        return {"episodes": self.training.batch}


@dataclass(frozen=True)
class Thompson(Remembering):
    """Learn by imitation to draw each of two arms with the probability that it is the better."""

    papers: ClassVar[tuple[str, ...]] = (ORTEGA, THOMPSON)

    horizon: int = 20
    """Pulls of an episode."""
    training: ImitationConfig = field(default_factory=lambda: ImitationConfig(core=CORE))

    def solved(self) -> Solved:
        return solved_world("two-arms", self.horizon)

    def core(self) -> CoreConfig:
        return self.training.core

    def learner(self) -> Learner[Any]:
        training = dataclasses.replace(self.training, updates=self.rounds * self.steps)
        return imitator(self.solved(), training)

    def space(self) -> Space:
        return Space({"learning_rate": Log(*self.learning_rates)})

    def units(self) -> dict[str, float]:
        return {"episodes": self.training.batch}
