"""The settings of an actor-critic: what is fixed about it, and the hypers that may change while it
learns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, settled

HYPERS = ("learning_rate", "entropy_cost", "discount", "lambda", "clip")


@dataclass(frozen=True)
class ActorCriticConfig:
    """What is fixed about an actor-critic, and the hypers that a space leaves out."""

    loss: Literal["ppo", "vtrace"] = "ppo"
    """PPO's clipped surrogate, or IMPALA's V-trace actor-critic."""
    torso: Literal["mlp", "conv"] = "mlp"
    """Dense layers, or a 3x3 convolution before them (for grids)."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the dense layers."""
    filters: int = 16
    """Filters of the convolution."""
    activation: Literal["tanh", "relu"] = "tanh"
    """Of the dense layers of the MLP; the convolutional torso uses ReLU."""
    environments: int = 32
    """How many environments a member acts in side by side."""
    unroll: int = 32
    """Steps in each environment before an update."""
    epochs: int = 4
    """How often each step is learned from."""
    minibatches: int = 4
    """Into how many groups the environments are parted; each group is one update of an epoch."""
    learning_rate: float = 1e-3
    """Of Adam."""
    entropy_cost: float = 0.01
    """Weight of the entropy: higher explores longer."""
    discount: float = 0.99
    """What a reward one step later is worth."""
    lambda_: float = 0.95
    """How far traces reach: 0 is one step, 1 the whole episode."""
    clip: float = 0.2
    """PPO: how far the probability ratio may move."""
    clip_value: bool = False
    """PPO: clip the value's change too."""
    value_cost: float = 0.5
    """Weight of the value loss."""
    max_gradient_norm: float = 0.5
    """Longer gradients are scaled down to it."""
    normalise_advantages: bool = True
    """PPO: give each minibatch's advantages mean 0 and deviation 1."""
    normalise_observations: bool = False
    """Standardise observations by their running moments."""
    window: int = 32
    """The score is the mean return of this many recent episodes."""

    def __post_init__(self) -> None:
        counts = ("filters", "environments", "unroll", "epochs", "minibatches", "window")
        at_least(self, 1, *counts, where="agent.")
        positive(self, "learning_rate", "max_gradient_norm", where="agent.")
        if not self.hidden or min(self.hidden) < 1:
            raise ConfigError(
                f"hidden is {self.hidden}",
                where="agent.hidden",
                hint="give one width or more, such as 64 64",
            )
        if self.environments % self.minibatches:
            raise ConfigError(
                f"{self.environments} environments don't part into {self.minibatches} minibatches",
                where="agent.minibatches",
                hint="a minibatch is whole environments: choose a divisor of their number",
            )
        for name in ("discount", "lambda_"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(
                    f"{name} is {getattr(self, name)}", where=f"agent.{name}", hint="use 0 to 1"
                )


def settings(config: ActorCriticConfig, hypers: Hypers) -> dict[str, Any]:
    """Return all five hypers, those that are not tuned from the config. Raises `ConfigError` for
    another name.
    """
    fixed = {name: getattr(config, "lambda_" if name == "lambda" else name) for name in HYPERS}
    return settled(hypers, **fixed)
