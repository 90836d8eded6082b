"""How a sequential learner is trained: what all of them share, and what is particular to some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.nn.cores import CoreConfig


@dataclass(frozen=True)
class TrainingConfig:
    """A core with memory, and its descent."""

    core: CoreConfig = field(default_factory=CoreConfig)
    batch: int = 128
    """Tasks an update, each drawn anew."""
    learning_rate: float = 3e-3
    """Of Adam, at first."""
    final: float = 0.05
    """Where the learning rate ends, as a fraction of where it began."""
    updates: int = 5000
    """Over how many updates it decays. A recipe takes its own rounds times steps."""
    max_gradient_norm: float = 1.0
    """Longer gradients are scaled down to it."""
    test_batch: int = 512
    """Tasks that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "updates", "test_batch", where="training.")
        positive(self, "learning_rate", "final", "max_gradient_norm", where="training.")


@dataclass(frozen=True)
class ControlConfig(TrainingConfig):
    """The descent, and what is particular to learning from rewards."""

    batch: int = 256
    """Tasks an update, each drawn anew."""
    learning_rate: float = 1e-2
    """Of Adam, at first."""
    final: float = 0.03
    """Where the learning rate ends, as a fraction of where it began."""
    updates: int = 1500
    """Over how many updates it decays. A recipe takes its own rounds times steps."""
    test_batch: int = 2048
    """Tasks that a score is measured on."""
    critic: Literal["privileged", "plain"] = "privileged"
    """Whether the critic knows the task, or only what the agent knows."""
    rewards: Literal["expected", "paid"] = "expected"
    """What an advantage adds up: each action's mean reward under the task, or what it paid."""
    critic_units: int = 64
    """Units of the critic's hidden layer."""
    entropy_cost: float = 0.3
    """What an even policy earns at first, in rewards a nat."""
    annealed: float = 0.8
    """The fraction of the updates after which the entropy earns nothing."""
    value_cost: float = 0.5
    """Weight of the critic's squared error."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "critic_units", where="training.")
        at_least(self, 0, "entropy_cost", where="training.")
        positive(self, "value_cost", where="training.")
        if not 0 < self.annealed <= 1:
            raise ConfigError(
                f"annealed is {self.annealed}",
                where="training.annealed",
                hint="use a number above 0 and up to 1",
            )


@dataclass(frozen=True)
class ImitationConfig(TrainingConfig):
    """The descent, and who acts while the agent learns."""

    batch: int = 256
    """Tasks an update, each drawn anew."""
    learning_rate: float = 1e-2
    """Of Adam, at first. A third of it leaves the first steps far from the posterior for long."""
    updates: int = 1500
    """Over how many updates the learning rate decays. A recipe takes its own rounds times steps."""
    test_batch: int = 2048
    """Tasks that a score is measured on."""
    actor: Literal["agent", "expert"] = "agent"
    """Who acts in training. "expert" is the mistake of self-delusion, kept to show what it does."""
