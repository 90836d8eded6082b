"""How an energy is shaped, written and read, and how that is meta-learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ontogeny.core.config import at_least, positive


@dataclass(frozen=True)
class MetaTrainingConfig:
    """How a memory learns to be written and read."""

    batch: int = 8
    """Memories an update: each is written with patterns of its own."""
    learning_rate: float = 1e-2
    """Of Adam."""
    final: float = 0.05
    """Where the learning rate ends, as a fraction of where it began: along half a cosine."""
    updates: int = 2000
    """Over how many updates it decays. A recipe takes its own rounds times steps."""
    weight_decay: float = 1e-6
    """How much of itself a number loses at a step of rate 1."""
    max_gradient_norm: float = 0.5
    """Longer gradients are scaled down to it."""
    judged: Literal["all", "last"] = "all"
    """Which reads are learned from: every iterate, or the answer alone."""
    test_batch: int = 64
    """Memories that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "updates", "test_batch", where="meta.")
        at_least(self, 0, "weight_decay", where="meta.")
        positive(self, "learning_rate", "final", "max_gradient_norm", where="meta.")


@dataclass(frozen=True)
class EBMMConfig:
    """An energy, and the two descents on it."""

    energy: Literal["gated", "dense", "conv"] = "gated"
    """For vectors: a gated recurrence over hops. For pictures: the same behind an encoder, or
    convolutions that have writable filters."""
    units: int = 64
    """Of the recurrence."""
    hops: int = 3
    """How often the recurrence sees the pattern."""
    writable: int = 11
    """Units, or filters of each of two layers, whose weights are written."""
    filters: tuple[int, ...] = (32, 64, 96)
    """Of the encoder's blocks, each of which halves the picture."""
    features: int = 256
    """Of the encoder, which the written layer sees; pictures only."""
    write_steps: int = 5
    """Steps of descent by which patterns are written."""
    read_steps: int = 5
    """Steps of descent by which one is read."""
    write_rates: tuple[float, float, float] = (0.05, 0.02, 0.001)
    """Where the learned rates of writing begin: of the energy, of its gradient's squared norm, of
    the distance to the weights before."""
    read_rate: float = 0.5
    """Where the learned rate of the first read begins."""
    momentum: float = 0.5
    """Where the learned momentum of the first read begins."""
    learn_rates: bool = True
    """Learn the rates of writing and reading, one for every step, layer and term."""
    gradient_weight: float = 1.0
    """Of the gradient's term of writing: 0 leaves it out."""
    prior_weight: float = 1.0
    """Of the prior's term of writing: 0 leaves it out."""
    remat: bool = False
    """Compute the writing again when differentiating it: memory ∝ sqrt(write_steps)."""

    @property
    def weights(self) -> dict[str, float]:
        """The weights of writing's terms beside the energy's, of those that are not left out."""
        given = {"gradient": self.gradient_weight, "prior": self.prior_weight}
        return {name: weight for name, weight in given.items() if weight > 0}

    def __post_init__(self) -> None:
        counts = ("units", "hops", "writable", "features", "write_steps", "read_steps")
        at_least(self, 1, *counts, where="ebmm.")
        at_least(self, 0, "gradient_weight", "prior_weight", where="ebmm.")
        positive(self, "read_rate", "momentum", where="ebmm.")
