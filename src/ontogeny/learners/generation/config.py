"""How the learners of this room are built and trained: what is fixed about each."""

from __future__ import annotations

from dataclasses import dataclass

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class GANConfig:
    """A generator, its critic, and how they learn."""

    latent: int = 16
    """Numbers of noise that an image is made from."""
    hidden: tuple[int, ...] = (128, 128)
    """Widths of the dense layers of both networks."""
    batch: int = 64
    """Images an update, real and made."""
    critic_updates: int = 5
    """Of the critic, before each of the generator."""
    penalty: float = 10.0
    """Weight of the gradient penalty."""
    momentum: float = 0.5
    """Adam's decay of the mean gradient."""
    judged: int = 512
    """Images that a score is measured on."""

    def __post_init__(self) -> None:
        at_least(self, 1, "latent", "batch", "critic_updates", "judged")
        if not self.hidden or min(self.hidden) < 1:
            raise ConfigError(
                f"hidden is {self.hidden}",
                where="adversaries.hidden",
                hint="give one width or more, such as 128 128",
            )
        if not (self.penalty >= 0 and 0 <= self.momentum < 1):
            raise ConfigError(
                f"a penalty of {self.penalty} and a momentum of {self.momentum}",
                where="adversaries",
                hint="use a penalty of 0 or more, and a momentum from 0 to below 1",
            )


@dataclass(frozen=True)
class TranslatorConfig:
    """A translator, and how it learns."""

    width: int = 64
    """Numbers that a token is held in."""
    wide: int = 128
    """Width between the two dense layers."""
    layers: int = 1
    """Of the encoder, and as many of the decoder."""
    heads: int = 4
    """Of every attention."""
    time: int = 16
    """Tokens that a sentence may have, its end among them."""
    batch: int = 32
    """Pairs of sentences an update."""
    max_gradient_norm: float = 1.0
    """Longer gradients are scaled down to it."""

    def __post_init__(self) -> None:
        at_least(self, 1, "width", "wide", "layers", "heads", "time", "batch")
        if self.width % self.heads:
            raise ConfigError(
                f"{self.heads} heads don't part a width of {self.width}",
                where="TranslatorConfig.heads",
                hint="choose a divisor of the width",
            )
