"""Regression of sinusoids from a few examples: a start from which a gradient step or two suffice.

A population tunes the rates of the inner and of the outer descent. The score is minus the squared
error after adaptation, on tasks that are the same for all. Run `ontogeny grow sinusoid`.

Or nothing is differentiated but the life itself: with `--strategy baldwin` (or `es`) the start and
its rates are genes, and a round's steps are a lifetime of learning on tasks drawn for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ontogeny.learners.baldwin.lifetime import LifetimeConfig
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig, configured
from ontogeny.recipes.recipe import Recipe

if TYPE_CHECKING:
    from ontogeny.core.learner import Learner
    from ontogeny.core.space import Space
    from ontogeny.learners.baldwin.lifetime import Subject
    from ontogeny.learners.maml.adapter import Adapter
    from ontogeny.views.figure import Figure
    from ontogeny.worlds.sinusoids import CurveSource


@dataclass(frozen=True)
class Sinusoid(Recipe):
    """Learn a sinusoid of unknown amplitude and phase from a few of its points."""

    papers: ClassVar[tuple[str, ...]] = (
        "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning, arXiv 1703.03400",
    )

    population: int = 8
    """How many members grow side by side."""
    rounds: int = 20
    """How many rounds: a move, some steps, a score."""
    steps: int = 100
    """Updates of each member in a round."""
    method: Literal["maml", "first-order", "anil", "meta-sgd", "reptile", "implicit"] = "maml"
    """Who of the family: it sets what `maml` leaves at its default."""
    curves: Literal["sinusoids", "sinusoids-and-lines"] = "sinusoids"
    """What is learned: sinusoids, or a mixture of them with lines."""
    shots: int = 10
    """Points to learn from."""
    queries: int = 10
    """Points to be tested on."""
    noise: float = 0.0
    """Standard deviation of the points around the curve; lines need some (0.3 in LEO's paper)."""
    learning_rates: tuple[float, float] = (1e-4, 1e-2)
    """Bounds of the outer rate."""
    inner_rates: tuple[float, float] = (1e-3, 1e-1)
    """Bounds of the inner rate, where it is not learned."""
    maml: MAMLConfig = field(default_factory=MAMLConfig)
    life: LifetimeConfig = field(default_factory=LifetimeConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.source()  # refuses what can't be drawn

    def config(self) -> MAMLConfig:
        """Return how the start is meta-learned: the method's and the recipe's settings. Genes are a
        start with a rate a leaf, and a life's steps are those of adaptation.
        """
        if self.evolution.anew:
            return MAMLConfig(rates="leaf", inner_steps=self.steps)
        updates = self.rounds * self.steps
        return dataclasses.replace(configured(self.method, self.maml), updates=updates)

    def source(self) -> CurveSource:
        """Return what draws the curves."""
        from ontogeny.worlds.sinusoids import sinusoids, sinusoids_and_lines

        if self.curves == "sinusoids-and-lines":
            return sinusoids_and_lines(self.shots, self.queries, self.noise)
        return sinusoids(self.shots, self.queries, self.noise)

    def subject(self) -> Subject:
        """Return what a life is spent on, when genes evolve."""
        from ontogeny.learners.maml.adapter import headed
        from ontogeny.learners.maml.problems import regression
        from ontogeny.recipes.studying import studying

        return studying(regression(self.source()), headed(self.network, (1,), 1))

    def learner(self) -> Learner[Any]:
        from ontogeny.learners.baldwin.lifetime import lifetime
        from ontogeny.learners.maml.adapter import headed
        from ontogeny.learners.maml.maml import maml
        from ontogeny.learners.maml.problems import regression

        if self.evolution.anew:
            return lifetime(self.subject(), self.life)
        return maml(regression(self.source()), headed(self.network, (1,), 1), self.config())

    def space(self) -> Space:
        from ontogeny.core.space import Log, Space
        from ontogeny.learners.baldwin.lifetime import genes_space

        if self.evolution.anew:
            return genes_space(self.subject(), self.life, self.evolution.genes())
        dimensions = {"learning_rate": Log(*self.learning_rates)}
        if self.config().rates == "one":
            dimensions["inner_rate"] = Log(*self.inner_rates)
        return Space(dimensions)

    def updates_per_step(self) -> dict[str, float]:
        return {"tasks": self.life.tasks / self.steps if self.evolution.anew else self.maml.batch}

    def product(self, state: Any) -> Adapter:
        import jax
        import jax.numpy as jnp

        from ontogeny.learners.maml.adapter import Adapter
        from ontogeny.recipes.studying import start_of

        if self.evolution.anew:
            start, rate = start_of(self.subject(), jax.tree.map(jnp.asarray, state.genes)), 0.0
        else:
            start, rate = jax.tree.map(jnp.asarray, state.start), float(state.rate)
        return Adapter(self.config(), self.network, (1,), 1, "regression", start, rate)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.sinusoids import portrait

        return portrait(self.source(), product, self.seed)
