"""How a sequential learner is trained: what all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field

from ontogeny.core.config import at_least, positive
from ontogeny.nn.cores import CoreConfig


@dataclass(frozen=True)
class Training:
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
