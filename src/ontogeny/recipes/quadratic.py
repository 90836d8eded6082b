"""A noisy quadratic: the cheapest task on which the best learning rate falls as learning goes on.

    loss(x) = 1/2 sum_i a_i x_i^2,  gradient a_i x_i + N(0, 1),  a from 0.1 to 1,  x_i = 3 at first

A large rate goes down quickly and then stays in the noise at a loss of about rate * d / 4; a small
one gets lower but takes longer. So no fixed rate is as good as a falling schedule, which a
population can find. The score is the true loss, negative.

The setting is this project's own; the idea of the task is the noisy quadratic of Schaul et al.
2013, "No More Pesky Learning Rates" (arXiv 1206.1106).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Hypers, Learner, settled
from ontogeny.core.product import Product
from ontogeny.core.space import Log, Space
from ontogeny.recipes.recipe import Recipe


@dataclass(frozen=True)
class Quadratic(Recipe):
    """Members go down a noisy quadratic; the population finds a schedule. Seconds."""

    rounds: int = 40
    """How many rounds: a move, some steps, a score."""
    steps: int = 50
    """Updates of each member in a round."""
    dimensions: int = 20
    """Of the quadratic; the curvatures are spread evenly in the logarithm."""
    flattest: float = 0.1
    """The smallest curvature; the largest is 1. The flatter, the more is lost by lowering the rate
    as soon as that pays."""
    noise: float = 1.0
    """Standard deviation of each number of the gradient."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimensions < 1 or self.noise < 0 or not 0 < self.flattest <= 1:
            raise ConfigError(
                f"{self.dimensions} dimensions, flattest {self.flattest}, noise {self.noise}",
                where="recipe fields dimensions, flattest, noise",
                hint="use 1 or more dimensions, a curvature in (0, 1], and a noise of 0 or more",
            )

    def learner(self) -> Learner[Float[Array, " chan"]]:
        shape, noise, a = (self.dimensions,), self.noise, curvatures(self.dimensions, self.flattest)

        def init(key: Array, hypers: Hypers) -> Array:
            del key, hypers
            return jnp.full(shape, 3.0)

        def step(key: Array, x: Array, hypers: Hypers) -> tuple[Array, dict[str, Array]]:
            gradient = a * x + noise * jax.random.normal(key, shape)
            rate = settled(hypers, "learning_rate")["learning_rate"]
            return x - rate * gradient, {"loss": loss(a, x)}

        def score(key: Array, x: Array, hypers: Hypers) -> Float[Array, ""]:
            del key, hypers
            return -loss(a, x)

        return Learner(init, step, score)

    def space(self) -> Space:
        return Space({"learning_rate": Log(1e-4, 1.5, prior=(1e-3, 1.0))})

    def product(self, state: Array) -> Minimum:
        return Minimum(state, self.flattest)


def curvatures(dimensions: int, flattest: float = 0.1) -> Float[Array, " chan"]:
    """Return the curvatures, from the flattest to 1."""
    return jnp.logspace(math.log10(flattest), 0.0, dimensions)


def loss(a: Float[Array, " chan"], x: Float[Array, " chan"]) -> Float[Array, ""]:
    """Return 1/2 sum_i a_i x_i^2."""
    return 0.5 * jnp.sum(a * x**2)


@dataclass(frozen=True)
class Minimum(Product):
    """The point that a member has reached. Called, it returns its loss."""

    kind: ClassVar[str] = "quadratic minimum"

    x: Float[Array, " chan"]
    flattest: float = 0.1

    def __call__(self, *args: Any) -> Float[Array, ""]:
        return loss(curvatures(self.x.shape[0], self.flattest), self.x)

    def save(self, folder: Path) -> None:
        """Write the point as an archive."""
        about = {
            "kind": self.kind,
            "dimensions": int(self.x.shape[0]),
            "flattest": self.flattest,
        }
        write_archive(Path(folder), {"x": self.x}, about=about)


def load_minimum(folder: Path) -> Minimum:
    """Return the point that was saved. Raises `StoreError` or `StructureError` for a folder that
    holds none.
    """
    folder = Path(folder)
    about = read_about(folder, Minimum.kind, "quadratic.Minimum")
    like = {"x": jax.ShapeDtypeStruct((int(about.get("dimensions", 1)),), jnp.float32)}
    x = jnp.asarray(read_archive(folder, like)["x"])
    return Minimum(x, float(about.get("flattest", 0.1)))
