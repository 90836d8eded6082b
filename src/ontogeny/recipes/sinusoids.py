"""Regression of sinusoids from a few examples: a start from which a gradient step or two suffice.

A population tunes the rates of the inner and of the outer descent. The score is minus the squared
error after adaptation, on tasks that are the same for all. Run `ontogeny grow sinusoid`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ontogeny.adaptation.maml_config import MAMLConfig, NetworkConfig, configured
from ontogeny.recipes.recipe import Recipe

if TYPE_CHECKING:
    from ontogeny.adaptation.adapter import Adapter
    from ontogeny.core.learner import Learner
    from ontogeny.core.space import Space
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
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.source()  # refuses what can't be drawn

    def config(self) -> MAMLConfig:
        """Return how the start is meta-learned: the method's and the recipe's settings."""
        updates = self.rounds * self.steps
        return dataclasses.replace(configured(self.method, self.maml), updates=updates)

    def source(self) -> CurveSource:
        """Return what draws the curves."""
        from ontogeny.worlds.sinusoids import sinusoids, sinusoids_and_lines

        if self.curves == "sinusoids-and-lines":
            return sinusoids_and_lines(self.shots, self.queries, self.noise)
        return sinusoids(self.shots, self.queries, self.noise)

    def learner(self) -> Learner[Any]:
        from ontogeny.adaptation.adapter import headed
        from ontogeny.adaptation.maml import maml
        from ontogeny.adaptation.problems import regression

        return maml(regression(self.source()), headed(self.network, (1,), 1), self.config())

    def space(self) -> Space:
        from ontogeny.core.space import Log, Space

        dimensions = {"learning_rate": Log(*self.learning_rates)}
        if self.config().rates == "one":
            dimensions["inner_rate"] = Log(*self.inner_rates)
        return Space(dimensions)

    def updates_per_step(self) -> dict[str, float]:
        return {"tasks": self.maml.batch}

    def product(self, state: Any) -> Adapter:
        import jax
        import jax.numpy as jnp

        from ontogeny.adaptation.adapter import Adapter

        start = jax.tree.map(jnp.asarray, state.start)
        return Adapter(self.config(), self.network, (1,), 1, "regression", start, float(state.rate))
