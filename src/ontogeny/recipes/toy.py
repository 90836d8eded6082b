"""Two parameters, of which each member can see only one: the example that explains Population
Based Training.

    Q(theta)        = 1.2 - (theta_0^2 + theta_1^2)            the score, unknown to the members
    Qhat(theta | h) = 1.2 - (h_0 theta_0^2 + h_1 theta_1^2)    what each member climbs

With h = [1, 0] a member moves along one axis only and never gets above 0.39. Two such members that
take each other's solutions climb to 1.2. Source: Jaderberg et al. 2017 (arXiv 1711.09846), figure
2; the learning rate and the law of exploration are not given there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import jax
import jax.numpy as jnp
import tyro
from jaxtyping import Array, Float

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.learner import Hypers, Learner, settled
from ontogeny.core.product import Product
from ontogeny.core.space import Linear, Space
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.recipes.recipe import Recipe


@dataclass(frozen=True)
class Toy(Recipe):
    """Two members climb a surrogate that hides one axis from each. Seconds."""

    population: int = 2
    """How many members; the first sees axis 0 only, the second axis 1, the third axis 0 again."""
    rounds: int = 50
    """How many rounds: a move, some steps, a score."""
    steps: int = 4
    """Updates of each member in a round."""
    strategy: Annotated[StrategyConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: PBT(explore="jitter")
    )
    learning_rate: float = 0.01
    """Of the gradient ascent."""

    def learner(self) -> Learner[Float[Array, "2"]]:
        rate = self.learning_rate

        def init(key: Array, hypers: Hypers) -> Float[Array, "2"]:
            del key, hypers
            return jnp.array([0.9, 0.9])

        def step(key: Array, theta: Array, hypers: Hypers) -> tuple[Array, dict[str, Array]]:
            del key
            value, gradient = jax.value_and_grad(surrogate)(theta, settled(hypers, "h")["h"])
            theta = theta + rate * gradient
            return theta, {"surrogate": value, "theta_0": theta[0], "theta_1": theta[1]}

        def score(key: Array, theta: Array, hypers: Hypers) -> Float[Array, ""]:
            del key, hypers
            return quality(theta)

        return Learner(init, step, score)

    def space(self) -> Space:
        return Space({"h": Linear(0.0, 2.0, prior=(0.0, 1.0), shape=(2,))})

    def first_hypers(self) -> Hypers:
        return {"h": jnp.eye(2)[jnp.arange(self.population) % 2]}

    def product(self, state: Float[Array, "2"]) -> Point:
        return Point(state)


def quality(theta: Float[Array, "2"]) -> Float[Array, ""]:
    """Return Q, which is 1.2 at its best."""
    return 1.2 - jnp.sum(theta**2)


def surrogate(theta: Float[Array, "2"], h: Float[Array, "2"]) -> Float[Array, ""]:
    """Return Qhat under the member's h."""
    return 1.2 - jnp.sum(h * theta**2)


@dataclass(frozen=True)
class Point(Product):
    """Where a member of the toy stands. Called, it returns its Q."""

    kind: ClassVar[str] = "toy point"

    theta: Float[Array, "2"]

    def __call__(self, *args: Any) -> Float[Array, ""]:
        return quality(self.theta)

    def save(self, folder: Path) -> None:
        """Write the point as an archive."""
        write_archive(Path(folder), {"theta": self.theta}, about={"kind": self.kind})


def load_point(folder: Path) -> Point:
    """Return the point that was saved. Raises `StoreError` or `StructureError` for a folder that
    holds none.
    """
    folder = Path(folder)
    read_about(folder, Point.kind, "toy.Point")
    like = {"theta": jax.ShapeDtypeStruct((2,), jnp.float32)}
    return Point(jnp.asarray(read_archive(folder, like)["theta"]))
