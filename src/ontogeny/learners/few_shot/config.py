"""What meta-training of a few-shot classifier sees, whatever the method."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.core.config import at_least, positive


@dataclass(frozen=True)
class MetaConfig:
    """What an episode is, and how many an update and a score see."""

    ways: int = 5
    """Classes of an episode."""
    shots: int = 1
    """Examples of each that are learned from."""
    queries: int = 10
    """Examples of each that the loss is measured on."""
    tasks: int = 12
    """Episodes an update."""
    clip: float = 0.1
    """Every number of the gradient is clipped to it, then every array's gradient to this norm."""
    learning_rate: float = 2e-3
    """Of Adam, where it is no hyper."""
    test_queries: int = 15
    """Examples of each class that a score is measured on."""
    test_episodes: int = 200
    """Episodes of validation classes that a score is measured on."""

    def __post_init__(self) -> None:
        counts = ("ways", "shots", "queries", "tasks", "test_queries", "test_episodes")
        at_least(self, 1, *counts, where="meta.")
        positive(self, "clip", "learning_rate", where="meta.")
