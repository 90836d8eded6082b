"""Bodies that must find out by acting which way to go: what evolves is how well they learn it.

A genome is a policy's initial weights, a learning rate a leaf, and the noise of its actions. A life
is a few steps of policy gradient towards a goal that only rewards tell. Run `ontogeny grow
goal-direction`, or `half-cheetah` for a real body; compare `--life.inheritance darwin` and
`lamarck`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import jax
import jax.numpy as jnp
import tyro

from ontogeny.core.learner import Learner
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.baldwin.evolved import EvolvedLearner
from ontogeny.learners.baldwin.lifetime import LifetimeConfig, Subject
from ontogeny.learners.baldwin.pursuit import PursuitConfig, pursuit, pursuit_world
from ontogeny.recipes.lives import Lives
from ontogeny.views.figure import Figure


@dataclass(frozen=True)
class GoalDirection(Lives):
    """Evolve policies that learn within a few episodes which way, or how fast, they should go."""

    papers: ClassVar[tuple[str, ...]] = (
        "Fernando et al. 2018, Meta-Learning by the Baldwin Effect, arXiv 1806.07917",
        "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning, arXiv 1703.03400",
    )

    population: int = 64
    """How many genomes there are."""
    rounds: int = 60
    """Generations: a move, a lifetime, a score."""
    steps: int = 3
    """Steps of learning in a lifetime."""
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: Baldwin(deviation=0.15, weights_deviation=0.15)
    )
    body: Literal["point-mass", "halfcheetah", "ant"] = "point-mass"
    """What moves; the last two need `ontogeny[brax]`, and settings like the half-cheetah's."""
    goal: Literal["direction", "velocity"] = "direction"
    """What each task hides: forward or backward, or how fast."""
    highest: float = 1.0
    """Velocity: the highest goal."""
    horizon: int = 20
    """Steps of an episode."""
    effort: float = 0.02
    """What an action costs, times its square."""
    episodes: int = 20
    """Episodes a step of learning."""
    scored: int = 1
    """Episodes that a score is the mean of."""
    discount: float = 1.0
    """Of later rewards, while it learns; a score counts them all alike."""
    widths: tuple[int, ...] = ()
    """Of the policy's hidden layers; none is a linear policy."""
    life: LifetimeConfig = field(
        default_factory=lambda: LifetimeConfig(tasks=4, rates=(1e-4, 10.0))
    )

    def config(self) -> PursuitConfig:
        """Return the settings of what a life is spent on: they have the recipe's names."""
        names = [f.name for f in dataclasses.fields(PursuitConfig)]
        return PursuitConfig(**{name: getattr(self, name) for name in names})

    def subject(self) -> Subject:
        return pursuit(self.config())

    def learner(self) -> Learner[Any]:
        body = pursuit_world(self.config()).body
        jax.eval_shape(body.reset, jax.random.key(0))  # tells of a missing extra
        return super().learner()

    def units(self) -> dict[str, float]:
        return {"environment steps": float(self.life.tasks * self.episodes * self.horizon)}

    def product(self, state: Any) -> EvolvedLearner:
        genes = jax.tree.map(jnp.asarray, state.genes)
        return EvolvedLearner(self.subject(), genes.hypers(), self.steps, self.config())

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.goal_direction import learning_figure

        return [learning_figure(product)]


@dataclass(frozen=True)
class HalfCheetah(GoalDirection):
    """Evolve half-cheetahs that learn within one life which way to run; needs `ontogeny[brax]`.

    Rewards and observations are larger than the point mass's, so rates and mutations are smaller.
    """

    population: int = 32
    rounds: int = 12
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: Baldwin(deviation=0.15, weights_deviation=0.02)
    )
    body: Literal["point-mass", "halfcheetah", "ant"] = "halfcheetah"
    horizon: int = 50
    effort: float = 0.05
    episodes: int = 48
    scored: int = 4
    discount: float = 0.95
    life: LifetimeConfig = field(
        default_factory=lambda: LifetimeConfig(
            tasks=2, rates=(1e-6, 1e-1), first_rates=(1e-5, 1e-2)
        )
    )
