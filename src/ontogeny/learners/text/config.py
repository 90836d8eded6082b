"""How a language model is built and trained: what is fixed about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class LanguageModelConfig:
    """A causal Transformer over tokens."""

    width: int = 128
    """Numbers that a token is held in."""
    layers: int = 4
    """Blocks of attention and two dense layers."""
    heads: int = 4
    """Of every attention."""
    context: int = 128
    """How many tokens it looks back on, and the length of what it learns from."""

    def __post_init__(self) -> None:
        at_least(self, 1, "width", "layers", "heads", where="model.")
        at_least(self, 2, "context", where="model.")
        if self.width % self.heads:
            raise ConfigError(
                f"{self.heads} heads don't part a width of {self.width}",
                where="model.heads",
                hint="choose a divisor of the width",
            )


@dataclass(frozen=True)
class TextTrainingConfig:
    """A language model, and how it learns."""

    model: LanguageModelConfig = field(default_factory=LanguageModelConfig)
    batch: int = 16
    """Stretches of text an update, each as long as the context."""
    learning_rate: float = 3e-3
    """Of Adam, where the population does not tune it."""
    max_gradient_norm: float = 1.0
    """Longer gradients are scaled down to it."""
    tested: int = 64
    """Held-out stretches that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "batch", "tested")
        positive(self, "learning_rate", "max_gradient_norm")
