"""The settings of a scorer: what its head is, and what it learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ontogeny.core.config import as_declared, at_least, positive
from ontogeny.core.errors import ConfigError

MOST_TUNED = 5  # blocks

Loss: TypeAlias = Literal["bins", "regression", "pairs"]


@dataclass(frozen=True)
class ScorerConfig:
    """A head on features of photographs, several of them side by side: each learns from a bootstrap
    of its own, and where they differ the score is uncertain.
    """

    loss: Loss = "pairs"
    """What is learned: the shares of grades (NIMA's earth mover's distance), the mean rating (its
    square error), or which of two is better (Bradley and Terry)."""
    hidden: tuple[int, ...] = ()
    """Widths of hidden layers; a head without is linear."""
    heads: int = 8
    """How many, each on a bootstrap of the photographs; one alone says no spread."""
    batch: int = 128
    """Photographs, or pairs of them, of an update."""
    updates: int = 0
    """How many there will be: the learning rate falls along a cosine to a twentieth; 0 leaves it
    as it is."""
    bins: int = 10
    """Grades of "bins", where the ratings have none of their own."""
    held: float = 0.2
    """Share of the groups of photographs that the score is taken on, and nothing is learned
    from."""
    max_gradient_norm: float = 10.0
    tuned_blocks: int = 0
    """How many of the network's last blocks learn too, with the convolution after them, at a rate
    of their own; 0 to 5. All heads share them."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 1, "heads", "batch")
        at_least(self, 2, "bins")
        at_least(self, 0, "updates", "tuned_blocks")
        positive(self, "max_gradient_norm")
        if self.tuned_blocks > MOST_TUNED:
            raise ConfigError(
                f"tuned_blocks is {self.tuned_blocks}",
                where="ScorerConfig.tuned_blocks",
                hint=f"use 0 to {MOST_TUNED}: what is below is kept, and larger the further down",
            )
        if any(width < 1 for width in self.hidden):
            raise ConfigError(
                f"hidden is {self.hidden}", where="ScorerConfig.hidden", hint="use 1 or more"
            )
        if not 0 < self.held < 1:
            raise ConfigError(
                f"held is {self.held}", where="ScorerConfig.held", hint="use a share, as 0.2"
            )
