"""Mixtures of agents, from a simple one to a complex one: of few actions and many, without a core
and with one, of one task each and of all.

Run `ontogeny grow mix-actions`, `mix-cores` or `mix-tasks`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import tyro

from ontogeny.core.config import positive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Dimension, Linear, Log
from ontogeny.evolution.pbt import IMPALA
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component, Layer
from ontogeny.learners.teaching.mixed_policy import MixedPolicy
from ontogeny.learners.teaching.transfer import ALPHA, NAME, TRANSFER, Curriculum
from ontogeny.ops.distributions.factored import joint_actions
from ontogeny.recipes.agents import PAPERS, Agents
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.grids.rooms import SMALL_IN_BIG
from ontogeny.worlds.spaces import Factored

if TYPE_CHECKING:
    from ontogeny.views.figure import Figure
    from ontogeny.views.growth.record import Record


@dataclass(frozen=True)
class Mix(Agents):
    """Agents that are mixtures of a simple and a complex one; alpha, the complex one's share, is
    tuned by the population, or rises by hand (--curriculum linear)."""

    papers: ClassVar[tuple[str, ...]] = (
        "Czarnecki et al. 2018, Mix & Match: Agent Curricula for Reinforcement Learning, "
        "arXiv 1806.01780",
        *PAPERS,
    )

    population: int = 8
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: IMPALA
    )
    simple: ActorCriticConfig = field(default_factory=ActorCriticConfig)
    """The simple component's network (torso, core, widths); the complex one's is the agent's."""
    actions: tuple[int, ...] = ()
    """Which of the world's actions the simple component takes; all when not given. Those of several
    parts are numbered with the last part fastest."""
    shared: tuple[Layer, ...] = ("torso",)
    """The layers that the simple component has from the complex one."""
    values: Literal["last", "mixed"] = "last"
    """Whose value is learned: the complex component's, or a mixture as of the policies."""
    curriculum: Literal["tuned", "linear", "fixed"] = "tuned"
    """How alpha moves: by the population, from nothing to 1 by hand, or not at all."""
    begins: tuple[float, float] = (0.0, 0.05)
    """Between which a tuned alpha begins."""
    step: float = 0.05
    """How far the population moves a tuned alpha at a time, up or down."""
    over: float = 0.5
    """The share of the run's updates after which a linear alpha is 1."""
    alpha: float = 0.5
    """A fixed alpha."""
    transfer: float = 1.0
    """Weight of the divergence that hands to the complex component what the simple one can do."""
    transfers: tuple[float, float] | None = None
    """Bounds of that weight, above 0, where the population is to tune it."""
    masked: bool = False
    """Take the divergence over the simple component's actions alone."""
    both: bool = False
    """Let the divergence move the simple component too."""
    index: Literal["explicit", "drawn"] = "explicit"
    """What is learned from: the mixture's own probability, or who was drawn at each step."""
    fitness: Literal["mixture", "last"] = "mixture"
    """Whose returns are the score: those of who acts, or of the complex component alone."""
    watch: int = 4
    """Steps beside each rollout in which the complex component acts alone."""

    by_task: ClassVar[bool] = False

    def __post_init__(self) -> None:
        positive(self, "over", where="recipe field ")
        for name, of in {"over": "linear", "alpha": "fixed", "step": "tuned"}.items():
            default = type(self).__dataclass_fields__[name].default
            if getattr(self, name) != default and self.curriculum != of:
                raise ConfigError(
                    f"{name} is {getattr(self, name)}, and alpha is {self.curriculum}",
                    where=f"recipe field {name}",
                    hint=f"it counts with --curriculum {of}",
                )
        if self.curriculum == "fixed" and self.alpha in (0, 1) and not self.transfer:
            raise ConfigError(
                f"alpha is {self.alpha}, and nothing is transferred",
                where="recipe field alpha",
                hint="that is one component alone: ontogeny grow agents",
            )
        if self.transfers and self.transfer != type(self).__dataclass_fields__["transfer"].default:
            raise ConfigError(
                f"the transfer is {self.transfer}, and is tuned too, within {self.transfers}",
                where="recipe field transfers",
                hint="give one of them",
            )
        super().__post_init__()

    def components(self) -> list[Component]:
        """Return the components, the simple ones first."""
        world = world_named(self.world)
        actions: Any = self.actions or None
        space = world.action_space
        if actions and isinstance(space, Factored):
            table = joint_actions(space.sizes)
            if bad := [a for a in actions if not 0 <= a < len(table)]:
                raise ConfigError(
                    f"{bad[0]} is no action of {space}",
                    where="recipe field actions",
                    hint=f"number them from 0 to {len(table) - 1}, the last part fastest",
                )
            actions = tuple(tuple(int(x) for x in table[a]) for a in actions)
        n_simple = len(world.tasks) if self.by_task else 1
        return [Component(self.simple, actions)] * n_simple + [Component(self.agent)]

    def curriculum_of_alpha(self) -> Curriculum:
        """Return how alpha moves."""
        if self.curriculum == "tuned":
            return Linear(0.0, 1.0, prior=self.begins, step=self.step)
        if self.curriculum == "fixed":
            return self.alpha
        updates = self.over * self.rounds * self.steps
        return lambda done: done / updates

    def mixture(self) -> Callable[..., Any]:
        """Return the mixture, as an actor-critic takes it."""
        return mix(
            self.components(),
            self.curriculum_of_alpha(),
            shared=self.shared,
            values=self.values,
            transfer=Log(*self.transfers) if self.transfers else self.transfer,
            masked=self.masked,
            both=self.both,
            index=self.index,
            by_task=self.by_task,
            fitness=self.fitness,
            watch=self.watch,
        )

    def learner(self) -> Learner[Any]:
        world = world_named(self.world)
        return actor_critic(world, self.agent, self.terms(), self.mixture())

    def brought(self) -> dict[str, Dimension]:
        found: dict[str, Dimension] = {}
        alpha = self.curriculum_of_alpha()
        if isinstance(alpha, Dimension):
            found[ALPHA] = alpha
        if self.transfers:
            found[TRANSFER] = Log(*self.transfers)
        return found

    def product(self, state: Any) -> MixedPolicy:
        return MixedPolicy.mixed(
            world_named(self.world),
            self.components(),
            state,
            np.mean(state.terms[0].weights, axis=0).tolist(),
            shared=self.shared,
            mixed_values=self.values == "mixed",
            by_task=self.by_task,
        )

    def story(self, record: Record) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.courses import courses

        panels = {
            "score": ["score", f"{NAME}_last_return"],
            "share": [f"{NAME}_weight", f"{NAME}_responsible"],
            "divergence": [f"{NAME}_kl"],
        }
        caption = "Above, the score and what the last component earns alone. In the middle, the "
        caption += "last component's weight (alpha), and how far it is responsible for the actions "
        caption += "taken. Below, KL of the simpler components from the last, in nats."
        return [courses(record, "mixing", "The curriculum over agents", panels, caption)]


ROOMS = ActorCriticConfig(
    loss="vtrace",
    hidden=(64,),
    environments=4,
    epochs=1,
    minibatches=1,
    discount=0.97,
    normalise_observations=True,
)
"""Standardised, the rooms' walls are nothing, and a place has weights of its own."""


@dataclass(frozen=True)
class MixActions(Mix):
    """Few actions into many: unit moves into 48 macro-actions, in four rooms."""

    world: str = "four-rooms-big"
    actions: tuple[int, ...] = SMALL_IN_BIG
    transfer: float = 0.1
    simple: ActorCriticConfig = field(default_factory=lambda: ROOMS)
    agent: ActorCriticConfig = field(default_factory=lambda: ROOMS)


SEARCH = ActorCriticConfig(
    core="lstm",
    core_units=32,
    hidden=(32,),
    activation="relu",
    environments=64,
    learning_rate=2e-3,
    window=256,
)


@dataclass(frozen=True)
class MixCores(Mix):
    """A policy that forgets into one that remembers: a goal is to be found again and again."""

    world: str = "hidden-goal"
    shared: tuple[Layer, ...] = ("torso", "policy", "value")
    values: Literal["last", "mixed"] = "mixed"
    curriculum: Literal["tuned", "linear", "fixed"] = "linear"  # tuned it stays with who is soon
    over: float = 0.25
    transfer: float = 0.3
    rounds: int = 24
    steps: int = 14
    learning_rates: tuple[float, float] = (2e-4, 1e-2)
    simple: ActorCriticConfig = field(default_factory=lambda: replace(SEARCH, core="dense"))
    agent: ActorCriticConfig = field(default_factory=lambda: SEARCH)


ERRANDS = ActorCriticConfig(
    loss="vtrace", hidden=(64,), environments=8, epochs=1, minibatches=1, discount=0.97
)


@dataclass(frozen=True)
class MixTasks(Mix):
    """A component a task into one of all tasks, of which one is worth most."""

    world: str = "errands"
    values: Literal["last", "mixed"] = "mixed"
    fitness: Literal["mixture", "last"] = "last"
    watch: int = 16
    step: float = 0.1
    rounds: int = 48
    steps: int = 20
    learning_rates: tuple[float, float] = (2e-4, 1e-2)
    simple: ActorCriticConfig = field(default_factory=lambda: ERRANDS)
    agent: ActorCriticConfig = field(default_factory=lambda: ERRANDS)

    by_task: ClassVar[bool] = True
