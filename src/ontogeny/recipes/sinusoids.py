"""Regression of sinusoids from a few examples: a start from which a gradient step or two suffice.

`sinusoid` differentiates through the learning: a population tunes the rates of the inner and of the
outer descent, and the score is minus the squared error after adaptation, on tasks that are the same
for all. Run `ontogeny grow sinusoid`.

In `sinusoid-life` nothing is differentiated but the life itself: the start and its rates are genes,
and a round's steps are a lifetime of learning on tasks drawn for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, Self

import jax
import jax.numpy as jnp
import tyro
from jaxtyping import Array, Float, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner
from ontogeny.core.space import Log, Space
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.learners.baldwin.lifetime import Genes, Subject, unravel
from ontogeny.learners.maml.adapter import Adapter, headed
from ontogeny.learners.maml.config import MAMLConfig, NetworkConfig, configured
from ontogeny.learners.maml.maml import Start, maml
from ontogeny.learners.maml.problems import Problem, regression
from ontogeny.nn.headed import Headed
from ontogeny.nn.parting import Parted
from ontogeny.recipes.lives import Lives
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure
from ontogeny.worlds.sources.sinusoids import (
    CurveSource,
    Examples,
    Split,
    sinusoids,
    sinusoids_and_lines,
)

FINN = "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning, arXiv 1703.03400"
FERNANDO = "Fernando et al. 2018, Meta-Learning by the Baldwin Effect, arXiv 1806.07917"


@dataclass(frozen=True)
class Curves(Recipe):
    """What both recipes share: a network learns a curve from a few of its points."""

    curves: Literal["sinusoids", "sinusoids-and-lines"] = "sinusoids"
    """What is learned: sinusoids, or a mixture of them with lines."""
    shots: int = 10
    """Points to learn from."""
    queries: int = 10
    """Points to be tested on."""
    noise: float = 0.0
    """Standard deviation of the points around the curve; lines need some (0.3 in LEO's paper)."""
    network: NetworkConfig = field(default_factory=NetworkConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.source()  # refuses what can't be drawn

    def source(self) -> CurveSource:
        """Return what draws the curves."""
        if self.curves == "sinusoids-and-lines":
            return sinusoids_and_lines(self.shots, self.queries, self.noise)
        return sinusoids(self.shots, self.queries, self.noise)

    def headed(self) -> Parted[Headed]:
        """Return how the network is made: a number in, a number out."""
        return headed(self.network, (1,), 1)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.sinusoids import portrait

        return portrait(self.source(), product, self.seed)


@dataclass(frozen=True)
class Sinusoid(Curves):
    """Learn a sinusoid of unknown amplitude and phase from a few of its points."""

    papers: ClassVar[tuple[str, ...]] = (FINN,)

    population: int = 8
    """How many members grow side by side."""
    rounds: int = 20
    """How many rounds: a move, some steps, a score."""
    steps: int = 100
    """Updates of each member in a round."""
    method: Literal["maml", "first-order", "anil", "meta-sgd", "reptile", "implicit"] = "maml"
    """Who of the family: it sets what `maml` leaves at its default."""
    learning_rates: tuple[float, float] = (1e-4, 1e-2)
    """Bounds of the outer rate."""
    inner_rates: tuple[float, float] = (1e-3, 1e-1)
    """Bounds of the inner rate, where it is not learned."""
    maml: MAMLConfig = field(default_factory=MAMLConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.strategy.anew:
            raise ConfigError(
                f"the strategy {self.strategy.name} begins every round anew from genes, and what "
                "MAML has learned would be lost",
                where="recipe field strategy",
                hint="starts that are genes are grown by the recipe sinusoid-life",
            )

    def config(self) -> MAMLConfig:
        """Return how the start is meta-learned: the method's and the recipe's settings."""
        updates = self.rounds * self.steps
        return dataclasses.replace(configured(self.method, self.maml), updates=updates)

    def learner(self) -> Learner[Any]:
        return maml(regression(self.source()), self.headed(), self.config())

    def space(self) -> Space:
        dimensions = {"learning_rate": Log(*self.learning_rates)}
        if self.config().rates == "one":
            dimensions["inner_rate"] = Log(*self.inner_rates)
        return Space(dimensions)

    def units(self) -> dict[str, float]:
        return {"tasks": self.maml.batch}

    def product(self, state: Any) -> Adapter:
        start, rate = jax.tree.map(jnp.asarray, state.start), float(state.rate)
        return Adapter(self.config(), self.network, (1,), 1, start, rate)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        # Runs written when this recipe grew genes too keep the settings of a life as well.
        return super().from_json({key: value for key, value in fields.items() if key != "life"})


@dataclass(frozen=True)
class SinusoidLife(Curves, Lives):
    """Evolve starts that learn a sinusoid within one life: no gradient goes through it."""

    papers: ClassVar[tuple[str, ...]] = (FERNANDO, FINN)

    population: int = 64
    """How many genomes there are."""
    rounds: int = 200
    """Generations: a move, a lifetime, a score."""
    steps: int = 5
    """Steps of learning in a lifetime."""
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(default_factory=Baldwin)

    def subject(self) -> Subject:
        return studying(regression(self.source()), self.headed())

    def units(self) -> dict[str, float]:
        return {"tasks": self.life.tasks / self.steps}

    def product(self, state: Any) -> Adapter:
        """Return the genes as a start with a rate for every leaf, as MAML's `rates=leaf` learns
        it.
        """
        start = start_of(self.subject(), jax.tree.map(jnp.asarray, state.genes))
        config = MAMLConfig(rates="leaf", inner_steps=self.steps)
        return Adapter(config, self.network, (1,), 1, start, 0.0)


def studying(problem: Problem, network: Parted[Any]) -> Subject:
    """Return the subject that is learned from examples: a step of learning descends the loss on the
    support, and a life's score is minus the loss on the query. `network` maps one input to
    `problem.n_out` numbers.
    """

    def judge(arrays: PyTree[Array], examples: Examples) -> Float[Array, ""]:
        outputs = jax.vmap(network.whole(arrays))(examples.inputs)
        return problem.loss(outputs, examples.targets)

    def loss(key: Array, arrays: PyTree[Array], task: Split, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return judge(arrays, task.support)

    def score(key: Array, arrays: PyTree[Array], task: Split, hypers: Hypers) -> Float[Array, ""]:
        del key, hypers
        return -judge(arrays, task.query)

    return Subject(problem.name, network.init, problem.draw, loss, score)


def start_of(subject: Subject, genes: Genes) -> Start:
    """Return the genes' weights, and their rates leaf by leaf."""
    arrays = unravel(subject)(genes.weights)
    structure = jax.tree.structure(arrays)
    rates = [genes.rates[leaf] for leaf in range(structure.num_leaves)]
    return Start(arrays, structure.unflatten(rates))
