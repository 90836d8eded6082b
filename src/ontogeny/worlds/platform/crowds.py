"""A crowd that rates things of known quality, with biases and noise of known size.

Single ratings: y = quality + the rater's bias + noise, each of which is normal, rounded to grades
when asked to be. Pairs: P(i before j) = sigmoid(quality_i - quality_j), Bradley and Terry's model,
but for a share of answers that are given at random. All of it is drawn on the host.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ontogeny.core.config import at_least, positive
from ontogeny.core.errors import ConfigError


@dataclass(frozen=True)
class CrowdConfig:
    """Who rates what."""

    photos: int = 100
    """Things that are rated."""
    raters: int = 20
    """People who rate."""
    spread: float = 1.0
    """The standard deviation of quality."""
    bias: float = 0.5
    """That of what raters add to all their ratings."""
    noise: float = 1.0
    """That of a rating around what its rater thinks of the photo."""
    erratic: float = 0.0
    """That of the logarithm of raters' noise: some are noisier than others."""
    lapses: float = 0.0
    """The share of pairs that are answered without looking."""

    def __post_init__(self) -> None:
        at_least(self, 2, "photos", where="crowd.")
        at_least(self, 1, "raters", where="crowd.")
        at_least(self, 0, "bias", "noise", "erratic", "lapses", where="crowd.")
        positive(self, "spread", where="crowd.")
        if self.lapses > 1:
            raise ConfigError(f"lapses={self.lapses}", where="crowd.", hint="use a share, 0 to 1")


class Crowd(NamedTuple):
    """What is true of a crowd, and which nobody who learns from it is told."""

    quality: Float[np.ndarray, " photo"]
    bias: Float[np.ndarray, " rater"]
    noise: Float[np.ndarray, " rater"]
    """The standard deviation of each rater's noise."""
    lapses: float

    def rate(
        self,
        photo: Int[np.ndarray, " rating"],
        rater: Int[np.ndarray, " rating"],
        rng: np.random.Generator,
        grades: tuple[int, int] | None = None,
    ) -> Float[np.ndarray, " rating"]:
        """Return what raters say of photos, both by number: around 0, or rounded to whole `grades`
        from the first to the last, of which the middle stands for 0.
        """
        said = self.quality[photo] + self.bias[rater]
        said = said + self.noise[rater] * rng.normal(size=len(photo))
        if grades is None:
            return said
        return np.clip(np.rint(said + sum(grades) / 2), *grades)

    def prefers(self, left: int, right: int, rng: np.random.Generator) -> bool:
        """Return whether the left photo is said to be better than the right one."""
        if rng.random() < self.lapses:
            return bool(rng.random() < 0.5)
        ahead = float(self.quality[left] - self.quality[right])
        return bool(rng.random() < 0.5 * (1 + math.tanh(ahead / 2)))


def crowd(config: CrowdConfig, rng: np.random.Generator) -> Crowd:
    """Return a crowd, drawn."""
    return Crowd(
        config.spread * rng.normal(size=config.photos),
        config.bias * rng.normal(size=config.raters),
        config.noise * np.exp(config.erratic * rng.normal(size=config.raters)),
        config.lapses,
    )


def drawn_raters(
    config: CrowdConfig, each: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " rating"], Int[np.ndarray, " rating"]]:
    """Return photos and raters of ratings, by number: each photo is rated by so many, all
    different. Raises `ConfigError` where there are fewer raters than that.
    """
    if not 1 <= each <= config.raters:
        raise ConfigError(
            f"{each} ratings a photo by {config.raters} raters",
            where="drawn_raters",
            hint="use 1 rating a photo or more, and as many raters",
        )
    order = rng.permuted(np.tile(np.arange(config.raters), (config.photos, 1)), axis=1)
    return np.repeat(np.arange(config.photos), each), order[:, :each].reshape(-1)
