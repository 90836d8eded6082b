"""What recipes share whose members live: a genome is the start of a lifetime of learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Space
from ontogeny.learners.baldwin.lifetime import LifetimeConfig, Subject, genes_space, lifetime
from ontogeny.recipes.recipe import Recipe


@dataclass(frozen=True)
class Lives(Recipe):
    """Members that begin every round anew from their genes; the subclasses name a subject."""

    life: LifetimeConfig = field(default_factory=LifetimeConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.strategy.anew:
            raise ConfigError(
                f"the strategy {self.strategy.name} lets members go on with what they learned",
                where="recipe field strategy",
                hint="a lifetime begins anew each round: use baldwin or es",
            )

    def subject(self) -> Subject:
        """Return what a life is spent on."""
        raise NotImplementedError

    def learner(self) -> Learner[Any]:
        return lifetime(self.subject(), self.life)

    def space(self) -> Space:
        return genes_space(self.subject(), self.life, self.strategy.genes())
