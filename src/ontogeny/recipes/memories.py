"""Energies that store patterns: a population tunes the rates at which they learn to. The score is
minus the squared error of what is read back from broken queries, on patterns never learned from.

Run `ontogeny grow ebmm-bits`, `ebmm-characters` or `ebmm-patches`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp

from ontogeny.core.config import at_least, positive
from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.meta_learned import ebmm
from ontogeny.learners.memory.product import Memory
from ontogeny.learners.memory.task import MemoryTask, check_task
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.worlds.corruptions import (
    Corruption,
    block_of_noise,
    erasure,
    fresh_bits,
    gaussian_noise,
    occlusion,
    salt_and_pepper,
)
from ontogeny.worlds.patterns import (
    Patterns,
    digit_patterns,
    drawn_characters,
    glyph_patterns,
    photo_patches,
    picture_patches,
    random_bits,
)

PAPER = "Bartunov et al. 2020, Meta-Learning Deep Energy-Based Memory Models, arXiv 1910.02720"


@dataclass(frozen=True)
class Memories(Recipe):
    """What all of them share; the subclasses say what is stored."""

    papers: ClassVar[tuple[str, ...]] = (PAPER,)

    population: int = 4
    """How many members grow side by side."""
    rounds: int = 10
    """How many rounds: a move, some steps, a score."""
    steps: int = 100
    """Updates of each member in a round."""
    n: int = 8
    """How many patterns are written into one memory."""
    mask_known: bool = True
    """Tell the reader which numbers of a query are right; they are then held."""
    learning_rates: tuple[float, float] = (1e-3, 2e-2)
    """Bounds of the learning rate."""
    gradient_weights: tuple[float, float] | None = None
    """Bounds of the weight of the gradient's term of writing, above 0, where the population is to
    tune it."""
    ebmm: EBMMConfig = field(default_factory=EBMMConfig)
    meta: MetaTrainingConfig = field(default_factory=MetaTrainingConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "n", where="recipe field ")

    def patterns(self) -> Patterns:
        """Return what is stored."""
        raise NotImplementedError

    def corruption(self) -> Corruption:
        """Return what breaks it."""
        raise NotImplementedError

    def task(self) -> MemoryTask:
        """Return what a memory is asked. Raises what its patterns and its corruption raise."""
        task = MemoryTask(self.patterns(), self.corruption(), self.n, self.mask_known)
        check_task(task)
        return task

    def learner(self) -> Learner[Any]:
        updates = self.rounds * self.steps
        return ebmm(self.ebmm, self.task(), dataclasses.replace(self.meta, updates=updates))

    def space(self) -> Space:
        dimensions = {"learning_rate": Log(*self.learning_rates)}
        if self.gradient_weights:
            dimensions["gradient"] = Log(*self.gradient_weights)
        return Space(dimensions)

    def units(self) -> dict[str, float]:
        return {"patterns": self.meta.batch * self.n}

    def product(self, state: Any) -> Memory:
        params = jax.tree.map(jnp.asarray, state.params)
        weights = {name: float(weight) for name, weight in state.tuned.items()}
        return Memory(self.ebmm, self.patterns().shape, self.n, params, weights)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.memories import portrait

        return portrait(self.task(), product, self.seed)


@dataclass(frozen=True)
class EbmmBits(Memories):
    """Memories of random strings of bits. Two minutes."""

    bits: int = 24
    """How long a string is."""
    broken: int = 12
    """How many bits of a query are drawn anew."""

    def patterns(self) -> Patterns:
        return random_bits(self.bits)

    def corruption(self) -> Corruption:
        return fresh_bits(self.broken)


@dataclass(frozen=True)
class MemoriesOfPictures(Memories):
    """What memories of pictures share."""

    broken: Literal["noise", "occlusion", "erasure", "salt-and-pepper", "gaussian"] = "noise"
    """How queries are broken: a square of noise, or of grey; numbers set to 0; numbers set to 0 or
    1; Gaussian noise on all."""
    amount: float = 8
    """How much: the square's pixels across, numbers that are erased, the share of salt and pepper,
    the deviation of the noise."""
    size: int = 16
    """Pixels across a picture."""
    learning_rates: tuple[float, float] = (5e-4, 5e-3)
    ebmm: EBMMConfig = field(
        default_factory=lambda: EBMMConfig(
            "dense", 64, writable=16, filters=(8, 16), features=64, gradient_weight=0.0
        )
    )
    meta: MetaTrainingConfig = field(default_factory=lambda: MetaTrainingConfig(batch=8))

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "amount", where="recipe field ")

    def corruption(self) -> Corruption:
        made = {
            "noise": lambda: block_of_noise(round(self.amount)),
            "occlusion": lambda: occlusion(round(self.amount)),
            "erasure": lambda: erasure(round(self.amount)),
            "salt-and-pepper": lambda: salt_and_pepper(self.amount),
            "gaussian": lambda: gaussian_noise(self.amount),
        }
        return made[self.broken]()


@dataclass(frozen=True)
class EbmmCharacters(MemoriesOfPictures):
    """Memories of characters. Minutes."""

    characters: Literal["drawn", "glyphs", "digits"] = "drawn"
    """Which: drawn by a key; glyphs of real typefaces, tested on scripts that were not learned
    from; handwritten digits (8 pixels across)."""

    def patterns(self) -> Patterns:
        if self.characters == "digits":
            return digit_patterns()
        return (drawn_characters if self.characters == "drawn" else glyph_patterns)(self.size)


@dataclass(frozen=True)
class EbmmPatches(MemoriesOfPictures):
    """Memories of patches of real photographs. Minutes."""

    pictures: str = ""
    """A folder of your own pictures, of which every fourth is held; those that packages ship when
    not given."""
    colour: bool = False
    """In colour rather than in grey."""

    def patterns(self) -> Patterns:
        if self.pictures:
            return picture_patches(Path(self.pictures).expanduser(), self.size, colour=self.colour)
        return photo_patches(self.size, colour=self.colour)
