"""What every recipe has: how many members, for how long, moved by which strategy, living where.

A recipe is a frozen dataclass: everything of a run. Its fields are its command line (a field's
docstring is the help text), its JSON is what the run store keeps, and its methods build the parts
that grow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import tyro

from ontogeny.core.config import at_least, from_json
from ontogeny.core.errors import ConfigError
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.strategy import Evolution
from ontogeny.recipes.executors import AnyExecutor, executor_from_json, executor_to_json
from ontogeny.recipes.strategies import evolution_from_json
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised

if TYPE_CHECKING:
    from ontogeny.core.learner import Hypers, Learner
    from ontogeny.core.product import Product
    from ontogeny.core.space import Space
    from ontogeny.evolution.strategy import Strategy
    from ontogeny.views.figure import Figure
    from ontogeny.views.record import Record


@dataclass(frozen=True)
class Recipe:
    """The fields that every recipe shares. Subclasses add their own, and give a learner, a space
    and a product.
    """

    papers: ClassVar[tuple[str, ...]] = ()
    """What to cite when this recipe's results are used."""

    population: int = 16
    """How many members grow side by side."""
    rounds: int = 20
    """How many rounds: a move, some steps, a score."""
    steps: int = 100
    """Updates of each member in a round."""
    seed: int = 0
    """Everything random is computed from it."""
    evolution: Annotated[Evolution, tyro.conf.arg(name="")] = field(default_factory=PBT)
    executor: Annotated[AnyExecutor, tyro.conf.AvoidSubcommands] = field(default_factory=Vectorised)

    def __post_init__(self) -> None:
        at_least(self, 1, "population", "rounds", "steps", where="recipe field ")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(
                f"seed is {self.seed}", where="recipe field seed", hint="use 0 to 4294967295"
            )
        self.strategy()  # what can't be built is refused here, before anything is compiled

    def learner(self) -> Learner[Any]:
        """Return what learns."""
        raise NotImplementedError

    def space(self) -> Space:
        """Return where its hypers live."""
        raise NotImplementedError

    def strategy(self) -> Strategy[Any]:
        """Return what moves the population."""
        return self.evolution.build(self.space())

    def first_hypers(self) -> Hypers | None:
        """Return the hypers that the first members begin with ("pop" axis); None draws them from
        the prior.
        """
        return None

    def job(self) -> Job:
        """Return what an executor grows, on a machine that is prepared for it: a learner may
        compute, after which JAX has the devices that it has.
        """
        from ontogeny.runtime.machine import prepare

        prepare(self.executor.devices)
        return Job(
            self.learner(),
            self.space(),
            self.strategy(),
            self.seed,
            self.population,
            self.rounds,
            self.steps,
            self.first_hypers(),
            source=self.learner,
        )

    def product(self, state: Any) -> Product:
        """Return what a person wants of a grown member, given its state."""
        raise NotImplementedError

    def portrait(self, product: Any) -> Sequence[Figure]:
        """Return figures of what a grown member has become, given its product, for the report."""
        del product
        return ()

    def story(self, record: Record) -> Sequence[Figure]:
        """Return figures of how a run went, given its record, for the report: what a metric of the
        recipe's own was over time, or along the winner's ancestry.
        """
        del record
        return ()

    def updates_per_step(self) -> dict[str, float]:
        """Return what one step of one member costs in units that a person counts, such as
        environment steps.
        """
        return {}

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        values = dataclasses.asdict(self)
        evolution = {"strategy": self.evolution.name, **values["evolution"]}
        return {**values, "evolution": evolution, "executor": executor_to_json(self.executor)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Return the recipe whose `to_json` this is. Raises `ConfigError` for a field that it does
        not have.
        """
        readers = {
            "evolution": lambda values: from_json(*evolution_from_json(values)),
            "executor": lambda values: from_json(*executor_from_json(values)),
        }
        return from_json(cls, fields, readers)
