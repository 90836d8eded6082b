"""The settings of an actor-critic: what is fixed about it, and the hypers that may change while it
learns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, settled
from ontogeny.learners.agents.terms import Term

HYPERS = ("learning_rate", "entropy_cost", "discount", "lambda", "clip")


@dataclass(frozen=True)
class ActorCriticConfig:
    """What is fixed about an actor-critic, and the hypers that a space leaves out."""

    loss: Literal["ppo", "vtrace", "n-step"] = "ppo"
    """PPO's clipped surrogate, IMPALA's V-trace actor-critic, or the same without V-trace's
    correction, which takes all that is learned from for the policy's own."""
    lag: int = 0
    """By how many steps of the learner the acting policy is behind, as actors are that fetch their
    parameters now and then."""
    torso: Literal["mlp", "conv", "impala-small", "impala-large", "tokens"] = "mlp"
    """Dense layers; a 3x3 convolution before them (for grids); IMPALA's two or fifteen convolutions
    and one dense layer (for pixels); embedded tokens and a convolution (for symbolic grids)."""
    core: Literal["none", "gru", "lstm", "dense", "gru+dense", "lstm+dense"] = "none"
    """What remembers between the torso and the heads; a dense layer in its place, which does not;
    or the sum of both."""
    core_units: int = 64
    """Units of the core."""
    burn_in: int = 0
    """With a core: so many first steps of a rollout only warm its memory, and are not learned
    from."""
    hidden: tuple[int, ...] = (64, 64)
    """Widths of the dense layers; IMPALA's torsos have one, the last."""
    filters: int = 16
    """Filters of the first convolution."""
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
    clip_rewards: Literal["none", "unit", "optimistic"] = "none"
    """What is learned from: rewards as they are, their sign-keeping clip to -1..1, or IMPALA's
    0.3 min(tanh r, 0) + 5 max(tanh r, 0). The score counts them as they are."""
    normalise_observations: bool = False
    """Standardise observations by their running moments."""
    window: int = 32
    """The score is the mean return of this many recent episodes."""

    @property
    def remembers(self) -> bool:
        """Whether the policy has a memory."""
        return self.core not in ("none", "dense")

    def __post_init__(self) -> None:
        counts = ("filters", "core_units", "environments", "unroll", "epochs", "minibatches")
        at_least(self, 1, *counts, "window", where="agent.")
        at_least(self, 0, "burn_in", "lag", where="agent.")
        positive(self, "learning_rate", "max_gradient_norm", where="agent.")
        if not self.hidden or min(self.hidden) < 1:
            raise ConfigError(
                f"hidden is {self.hidden}",
                where="agent.hidden",
                hint="give one width or more, such as 64 64",
            )
        if self.burn_in and (not self.remembers or self.burn_in >= self.unroll):
            raise ConfigError(
                f"a burn-in of {self.burn_in} in rollouts of {self.unroll}, core {self.core!r}",
                where="agent.burn_in",
                hint="it warms a core's memory, and leaves at least one step to learn from",
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


def settings(config: ActorCriticConfig, terms: Sequence[Term], hypers: Hypers) -> dict[str, Any]:
    """Return all five hypers and those of the terms; those that are not tuned as the config and the
    terms say. Raises `ConfigError` for another name.
    """
    fixed = {name: getattr(config, "lambda_" if name == "lambda" else name) for name in HYPERS}
    brought = {name: tunable.value for term in terms for name, tunable in term.hypers.items()}
    return settled(hypers, **fixed, **brought)
