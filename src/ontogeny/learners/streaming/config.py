"""How a network that watches video is trained."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.core.config import at_least, positive


@dataclass(frozen=True)
class StreamingConfig:
    """How a network learns from clips."""

    batch: int = 4
    """Clips an update."""
    learning_rate: float = 2e-3
    """Of Adam."""
    final: float = 0.05
    """Where the learning rate ends, as a fraction of where it began: along half a cosine."""
    updates: int = 600
    """Over how many updates it decays. A recipe takes its own rounds times steps."""
    max_gradient_norm: float = 1.0
    """Longer gradients are scaled down to it."""
    prediction_latency: int = 0
    """What is said now is held against what was right so many frames ago."""
    warm_up: int | None = None
    """First ticks of a clip that don't count; None: as long as the network needs. Networks that are
    compared need the same."""
    distillation: float = 0.1
    """Weight of the teacher's features, where there is a teacher."""
    taught: int = 3
    """So many of the last feature layers are taught."""
    from_teacher: bool = False
    """Begin with the teacher's weights."""
    test_batch: int = 16
    """Clips that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "updates", "taught", "test_batch")
        at_least(self, 0, "prediction_latency", "distillation")
        at_least(self, 0, "warm_up", optional=True)
        positive(self, "learning_rate", "final", "max_gradient_norm")
