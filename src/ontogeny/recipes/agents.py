"""Actor-critics in worlds: `agents` in any world that a name asks for, and others with settings of
their own.

A population tunes some of the learner's five hypers. Run `ontogeny grow breakout`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Dimension, Linear, Log, Logit, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import HYPERS, ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term, space_of
from ontogeny.recipes.recipe import Recipe
from ontogeny.worlds.by_name import world_named

PAPERS = (
    "Jaderberg et al. 2017, Population Based Training of Neural Networks, arXiv 1711.09846",
    "Espeholt et al. 2018, IMPALA, arXiv 1802.01561",
    "Schulman et al. 2017, Proximal Policy Optimization Algorithms, arXiv 1707.06347",
)
MINATAR = "Young and Tian 2019, MinAtar, arXiv 1903.03176"
MINIGRID = "Chevalier-Boisvert et al. 2023, Minigrid and Miniworld, arXiv 2306.13831"
XLAND = "Nikulin et al. 2023, XLand-MiniGrid, arXiv 2312.12044"
BSUITE = "Osband et al. 2020, Behaviour Suite for Reinforcement Learning, arXiv 1908.03568"
BRAX = "Freeman et al. 2021, Brax, arXiv 2106.13281"


@dataclass(frozen=True)
class Agents(Recipe):
    """Actor-critics in any world: gymnax's, MiniGrid's, brax's, several at once."""

    papers: ClassVar[tuple[str, ...]] = PAPERS

    world: str = "Catch-bsuite"
    """The world's name; `ontogeny doctor --worlds` lists them. "A + B" is several tasks, and
    "Pendulum-v1/factored3" chooses each number among 3 values."""
    tune: tuple[Literal["learning_rate", "entropy_cost", "discount", "lambda", "clip"], ...] = (
        "learning_rate",
        "entropy_cost",
    )
    """Which hypers the population tunes; the others stay as the agent's settings say."""
    learning_rates: tuple[float, float] = (1e-5, 1e-2)
    """Bounds of the learning rate."""
    entropy_costs: tuple[float, float] = (5e-4, 1e-1)
    """Bounds of the entropy cost."""
    discounts: tuple[float, float] = (0.9, 0.999)
    """Bounds of the discount."""
    lambdas: tuple[float, float] = (0.5, 0.99)
    """Bounds of lambda."""
    clips: tuple[float, float] = (0.05, 0.4)
    """Bounds of PPO's clip."""
    agent: ActorCriticConfig = field(default_factory=ActorCriticConfig)

    def __post_init__(self) -> None:
        if (
            not self.tune
            or len(set(self.tune)) < len(self.tune)
            or not set(self.tune) <= set(HYPERS)
        ):
            raise ConfigError(
                f"tune is {self.tune}",
                where="recipe field tune",
                hint=f"name some of {', '.join(HYPERS)}, each once",
            )
        if "clip" in self.tune and self.agent.loss != "ppo":
            raise ConfigError(
                f"the loss {self.agent.loss} has no clip to tune",
                where="recipe field tune",
                hint="leave clip out, or use --agent.loss ppo",
            )
        super().__post_init__()

    def terms(self) -> tuple[Term, ...]:
        """Return the losses that are plugged in: their hypers are tuned beside the agent's."""
        return ()

    def learner(self) -> Learner[Any]:
        return actor_critic(world_named(self.world), self.agent, self.terms())

    def space(self) -> Space:
        dimensions: dict[str, Dimension] = {
            "learning_rate": Log(*self.learning_rates),
            "entropy_cost": Log(*self.entropy_costs),
            "discount": Logit(*self.discounts),
            "lambda": Logit(*self.lambdas),
            "clip": Linear(*self.clips),
        }
        return Space({name: dimensions[name] for name in self.tuned()} | self.brought())

    def tuned(self) -> tuple[str, ...]:
        """Return which of the agent's own hypers are tuned."""
        return self.tune

    def brought(self) -> dict[str, Dimension]:
        """Return the dimensions of the hypers that the terms bring."""
        return space_of(self.terms())

    def units(self) -> dict[str, float]:
        return {"environment steps": self.agent.environments * self.agent.unroll}

    def product(self, state: Any) -> Policy:
        return Policy.of(world_named(self.world), self.agent, state)


@dataclass(frozen=True)
class CartPole(Agents):
    """Actor-critics that balance a pole. The most that an episode can earn is 500."""

    world: str = "CartPole-v1"
    rounds: int = 10
    steps: int = 32


@dataclass(frozen=True)
class Breakout(Agents):
    """Actor-critics that play MinAtar's Breakout: one point a brick."""

    papers: ClassVar[tuple[str, ...]] = (*PAPERS, MINATAR)

    world: str = "Breakout-MinAtar"
    rounds: int = 20
    steps: int = 64
    learning_rates: tuple[float, float] = (1e-5, 5e-3)


@dataclass(frozen=True)
class SpaceInvaders(Agents):
    """Actor-critics that play MinAtar's SpaceInvaders: one point an alien."""

    papers: ClassVar[tuple[str, ...]] = (*PAPERS, MINATAR)

    world: str = "SpaceInvaders-MinAtar"
    rounds: int = 20
    steps: int = 8
    learning_rates: tuple[float, float] = (1e-4, 1e-2)
    agent: ActorCriticConfig = field(
        default_factory=lambda: ActorCriticConfig(
            activation="relu", environments=64, unroll=128, minibatches=8
        )
    )


@dataclass(frozen=True)
class MemoryChain(Agents):
    """Agents that see a bit once and are asked for it later: 1 for right, -1 for wrong."""

    papers: ClassVar[tuple[str, ...]] = (*PAPERS, BSUITE)

    world: str = "MemoryChain-bsuite"
    population: int = 8
    rounds: int = 10
    steps: int = 10
    agent: ActorCriticConfig = field(default_factory=lambda: ActorCriticConfig(core="gru"))


@dataclass(frozen=True)
class MemoryRoom(Agents):
    """Agents in MiniGrid's Memory room: what lies at the start is to be found again at the end."""

    papers: ClassVar[tuple[str, ...]] = (*PAPERS, MINIGRID, XLAND)

    world: str = "MiniGrid-MemoryS8"
    population: int = 4
    rounds: int = 20
    steps: int = 10
    learning_rates: tuple[float, float] = (5e-4, 5e-3)
    entropy_costs: tuple[float, float] = (5e-3, 5e-2)
    agent: ActorCriticConfig = field(
        default_factory=lambda: ActorCriticConfig(
            core="gru",
            hidden=(64,),
            activation="relu",
            environments=64,
            unroll=128,
            minibatches=16,
            normalise_observations=True,
        )
    )


@dataclass(frozen=True)
class Pendulum(Agents):
    """Agents that swing a pendulum up and hold it there, by a torque."""

    world: str = "Pendulum-v1"
    population: int = 8
    rounds: int = 20
    steps: int = 15
    learning_rates: tuple[float, float] = (1e-4, 5e-3)
    entropy_costs: tuple[float, float] = (1e-5, 1e-2)
    agent: ActorCriticConfig = field(
        default_factory=lambda: ActorCriticConfig(
            unroll=64, minibatches=8, epochs=10, discount=0.95
        )
    )


@dataclass(frozen=True)
class Locomotion(Agents):
    """Agents that make a body of brax's run: half-cheetah, ant, hopper, walker2d."""

    papers: ClassVar[tuple[str, ...]] = (*PAPERS, BRAX)

    world: str = "brax-halfcheetah"
    population: int = 4
    rounds: int = 20
    steps: int = 8
    learning_rates: tuple[float, float] = (1e-4, 5e-3)
    entropy_costs: tuple[float, float] = (1e-5, 1e-2)
    agent: ActorCriticConfig = field(
        default_factory=lambda: ActorCriticConfig(
            environments=64, unroll=64, minibatches=8, normalise_observations=True
        )
    )
