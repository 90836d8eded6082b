"""Hinton and Nowlan's needle in a haystack. Run `ontogeny grow hinton-nowlan`.

A thousand genomes of twenty places, a thousand guesses a lifetime, roulette and one-point crossover
without mutation. Compare `--inheritance darwin` and `--inheritance lamarck`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import tyro

from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.recipes.recipe import Recipe

if TYPE_CHECKING:
    from ontogeny.core.learner import Learner
    from ontogeny.core.space import Space
    from ontogeny.learners.baldwin.hinton_nowlan import Genome


def breeding() -> Baldwin:
    """Return the original's: roulette, one-point crossover, no mutation."""
    return Baldwin(deviation=0.0, parents="roulette", crossover="one-point")


@dataclass(frozen=True)
class HintonNowlan(Recipe):
    """Learning guides evolution to one genome of 4^20. Seconds."""

    papers: ClassVar[tuple[str, ...]] = (
        "Hinton and Nowlan 1987, How Learning Can Guide Evolution, Complex Systems 1, 495-502",
    )

    population: int = 1000
    """How many organisms there are."""
    rounds: int = 50
    """Generations."""
    steps: int = 1
    """Lifetimes a generation; one is the original's."""
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(default_factory=breeding)
    inheritance: Literal["darwin", "baldwin", "lamarck"] = "baldwin"
    """No learning; learning that is not inherited; learning that is."""
    loci: int = 20
    """Places of a genome."""
    trials: int = 1000
    """Guesses in a lifetime."""

    def learner(self) -> Learner[Any]:
        from ontogeny.learners.baldwin.hinton_nowlan import hinton_nowlan

        return hinton_nowlan(self.inheritance, self.trials)

    def space(self) -> Space:
        from ontogeny.learners.baldwin.hinton_nowlan import alleles

        return alleles(self.loci)

    def units(self) -> dict[str, float]:
        return {"lifetimes": 1.0}

    def product(self, state: Any) -> Genome:
        import numpy as np

        from ontogeny.learners.baldwin.hinton_nowlan import Genome

        return Genome(np.asarray(state.alleles, np.int32), self.trials)
