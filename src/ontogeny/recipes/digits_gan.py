"""`digits-gan`: generators of handwritten digits, each learning against a critic of its own.

A population tunes the two rates, the generator's and the critic's, each by itself. The score is the
inception score by a dense classifier that has learned the same images. Run
`ontogeny grow digits-gan`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import jax
import jax.numpy as jnp
import tyro

from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.generation.config import GANConfig
from ontogeny.learners.generation.gan import gan
from ontogeny.learners.generation.sampler import Sampler
from ontogeny.learners.supervised.judge import Kind, Trained, train_classifier
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.worlds.classes.digits import SIDE, digit_images

PAPERS = (
    "Jaderberg et al. 2017, Population Based Training of Neural Networks, arXiv 1711.09846",
    "Gulrajani et al. 2017, Improved Training of Wasserstein GANs, arXiv 1704.00028",
    "Salimans et al. 2016, Improved Techniques for Training GANs, arXiv 1606.03498",
    "Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits",
)


@dataclass(frozen=True)
class DigitsGan(Recipe):
    """Generators of handwritten digits; the population tunes both rates. A minute."""

    papers: ClassVar[tuple[str, ...]] = PAPERS

    steps: int = 100
    """Updates of each generator in a round; its critic has five times as many."""
    generator_rates: tuple[float, float] = (1e-5, 3e-2)
    """Bounds of the generator's learning rate."""
    critic_rates: tuple[float, float] = (1e-5, 3e-2)
    """Bounds of the critic's learning rate."""
    first_rates: tuple[float, float] = (1e-4, 1e-2)
    """Where both rates begin."""
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: PBT(fraction=0.2, factors=(0.5, 2.0))
    )
    training: GANConfig = field(default_factory=GANConfig)

    def learner(self) -> Learner[Any]:
        chosen = judge("dense")
        one = chosen.parts.whole(chosen.arrays)
        return gan(jnp.asarray(digit_images().train.pixels), one, self.training)

    def space(self) -> Space:
        return Space(
            {
                "generator_rate": Log(*self.generator_rates, prior=self.first_rates),
                "critic_rate": Log(*self.critic_rates, prior=self.first_rates),
            }
        )

    def units(self) -> dict[str, float]:
        return {"images": self.training.batch * self.training.critic_updates}

    def product(self, state: Any) -> Sampler:
        arrays = jax.tree.map(jnp.asarray, state.generator)
        return Sampler(self.training, (SIDE, SIDE), arrays)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.generation import samples

        return [samples(product, digit_images().test.pixels, self.seed)]


@functools.cache
def judge(kind: Kind) -> Trained:
    """Return a classifier of the digits: "dense" gives the score, "conv" is asked afterwards."""
    train = digit_images().train
    return train_classifier(jnp.asarray(train.pixels), jnp.asarray(train.label), kind, seed=0)
