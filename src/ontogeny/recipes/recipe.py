"""What every recipe has: how many members, for how long, moved by which strategy, living where.

A recipe is a frozen dataclass: everything of a run. Its fields are its command line (a field's
docstring is the help text), its JSON is what the run store keeps, and its methods build the parts
that grow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import tyro

from ontogeny.core.config import as_declared, from_json
from ontogeny.core.errors import ConfigError
from ontogeny.core.former_names import under_todays_names
from ontogeny.core.learner import Learner
from ontogeny.core.promotion import own_rules
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.recipes.executors import AnyExecutor, executor_from_json, executor_to_json
from ontogeny.recipes.strategies import strategy_from_json
from ontogeny.runtime.executor import Job, planned
from ontogeny.runtime.machine import offer_cores
from ontogeny.runtime.vectorised import Vectorised

if TYPE_CHECKING:
    from ontogeny.core.learner import Hypers
    from ontogeny.core.product import Product
    from ontogeny.core.space import Space
    from ontogeny.views.figure import Figure
    from ontogeny.views.growth.record import Record


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
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(default_factory=PBT)
    executor: Annotated[AnyExecutor, tyro.conf.AvoidSubcommands] = field(default_factory=Vectorised)

    def __post_init__(self) -> None:
        offer_cores()  # before a world or a teacher computes
        given: Any = self.strategy  # a name or the functions are what a person may try
        if not isinstance(given, StrategyConfig):
            raise ConfigError(
                f"strategy is a {type(given).__name__}",
                where="recipe field strategy",
                hint="use a strategy's settings, as PBT(fraction=0.1): a recipe has its own space",
            )
        as_declared(self, "recipe field ")
        planned(self, "recipe field ")
        # what can't be built is refused here, before anything is compiled
        self.strategy.build(self.space())

    def learner(self) -> Learner[Any]:
        """Return what learns."""
        raise NotImplementedError

    def space(self) -> Space:
        """Return where its hypers live."""
        raise NotImplementedError

    def first_hypers(self) -> Hypers | None:
        """Return the hypers that the first members begin with ("pop" axis); None draws them from
        the prior.
        """
        return None

    def job(self) -> Job:
        """Return what an executor grows. A learner may compute when it is made, after which JAX has
        the devices that it has: call `runtime.machine.prepare(self.executor.devices)` before.
        """
        space = self.space()
        return Job(
            self._grown(),
            space,
            self.strategy.build(space),
            self.seed,
            self.population,
            self.rounds,
            self.steps,
            self.first_hypers(),
            source=self._grown,
            settings=self.strategy,
        )

    def _grown(self) -> Learner[Any]:
        """Return the learner as it is grown: whatever the user has JAX refuse in functions of the
        user's own, this one is traced under the rules that it was written for.
        """
        with own_rules():
            functions: Any = self.learner()
            return Learner(*(function and own_rules()(function) for function in functions))

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

    def successor(self, folder: Path) -> tuple[Recipe, Path] | None:
        """Return what is grown next, and where, once a run of this recipe has finished in the
        folder; None for nothing.
        """
        del folder
        return None

    def units(self) -> dict[str, float]:
        """Return what one step of one member costs in units that a person counts, such as
        environment steps.
        """
        return {}

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        values = dataclasses.asdict(self)
        strategy = {"strategy": self.strategy.name, **values["strategy"]}
        return {**values, "strategy": strategy, "executor": executor_to_json(self.executor)}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """Return the recipe whose `to_json` this is. Raises `ConfigError` for a field that it does
        not have.
        """
        readers = {
            "strategy": lambda values: from_json(*strategy_from_json(values)),
            "executor": lambda values: from_json(*executor_from_json(values)),
        }
        return from_json(cls, under_todays_names(fields), readers)
