"""The dynamic Kanerva machine: a memory matrix with a Gaussian belief, written by Bayes's rule.

The belief is R (its mean, a row an address) and U (covariance of rows). A code z is addressed by

    w = argmin |z - R^T w|² + q |w|²  =  (R R^T + q I)^-1 R z

and written as an observation of R^T w with variance s, one pattern after another:

    d = z - R^T w,   c = U w / (w^T U w + s),   R <- R + c d^T,   U <- U - c (U w)^T

To read, z = see(x) is addressed and x <- show(R^T w). R, U before writing, q and s are meta-learned
from the error of reading alone: the source's terms for likelihood and addresses (a variational
bound) are left out, as every memory here learns from the same. Stored are R and U, slots x width
and slots² numbers; reading needs R alone, and writing on needs both.

Source: Wu, Wayne, Gregor and Lillicrap 2018, "Learning attractor dynamics for generative memory"
(arXiv 1811.09556), on Wu et al. 2018, "The Kanerva machine" (arXiv 1804.01756).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.nn.dense import Dense

LEAST, MOST = 1e-6, 1e10  # that a variance is kept between, as the source does


@dataclass(frozen=True)
class KanervaConfig:
    """Rows of the memory, and what is before and behind it."""

    slots: int = 8
    """Rows of the matrix."""
    width: int = 24
    """Numbers of a row, and of a pattern's code."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """Encoder and decoder."""

    def __post_init__(self) -> None:
        at_least(self, 1, "slots", "width", where="kanerva.")


class Belief(NamedTuple):
    """What is thought of the matrix."""

    mean: Float[Array, "slot width"]
    covariance: Float[Array, "slot slot"]


class Kanerva(eqx.Module):
    """What is meta-learned."""

    coder: Coder
    encode: Dense
    mean: Float[Array, "slot width"]
    variance: Float[Array, " slot"]  # softplus is the variance of each row before anything
    noise: Float[Array, ""]  # softplus is s
    penalty: Float[Array, ""]  # softplus is q

    def __init__(self, config: KanervaConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 3)
        self.coder = Coder(config.coder, shape, config.width, key=keys[0])
        self.encode = Dense(config.coder.features, config.width, 1.0, key=keys[1])
        self.mean = jax.random.normal(keys[2], (config.slots, config.width))
        self.variance = jnp.ones(config.slots)
        self.noise = self.penalty = jnp.float32(-2.0)

    def write(self, patterns: Float[Array, "pattern ..."]) -> Belief:
        """Return the belief after all patterns."""

        def observe(belief: Belief, code: Array) -> tuple[Belief, None]:
            weight = addressed(belief.mean, code, jax.nn.softplus(self.penalty))
            return observed(belief, weight, code, jax.nn.softplus(self.noise)), None

        start = Belief(self.mean, jnp.diag(jax.nn.softplus(self.variance)))
        return jax.lax.scan(observe, start, self.encode(self.coder.see_all(patterns)))[0]

    def answer(
        self, belief: Belief, x: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return what the matrix holds at the address of x."""
        code = self.encode(self.coder.see(x, known))
        weight = addressed(belief.mean, code, jax.nn.softplus(self.penalty))
        return self.coder.show(weight @ belief.mean)


def observed(
    belief: Belief,
    weight: Float[Array, " slot"],
    code: Float[Array, " width"],
    noise: Float[Array, ""] | float,
) -> Belief:
    """Return the belief once R^T w was seen to be the code, with a variance of `noise`."""
    mean, covariance = belief
    along = covariance @ weight
    gain = along / (weight @ along + noise)
    covariance = covariance - jnp.outer(gain, along)
    variance = jnp.diagonal(covariance)
    covariance = covariance + jnp.diag(jnp.clip(variance, LEAST, MOST) - variance)
    return Belief(mean + jnp.outer(gain, code - weight @ mean), covariance)


def addressed(
    mean: Float[Array, "slot width"],
    code: Float[Array, " width"],
    penalty: Float[Array, ""] | float,
) -> Float[Array, " slot"]:
    """Return the address of a code: the least squares' w."""
    return solved(mean @ mean.T + penalty * jnp.eye(len(mean)), mean @ code)


def solved(matrix: Float[Array, "n n"], right: Float[Array, " n"]) -> Float[Array, " n"]:
    """Return x of matrix x = right, by elimination without pivots: a symmetric positive definite
    matrix needs none. LAPACK's solver may wait for ever where several are in one program (see
    `ops.mdp`). Differentiated as what x solves, no step of the elimination is kept.
    """

    def eliminate(_: Any, right: Array) -> Array:
        def step(rows: tuple[Array, Array], own: Array) -> tuple[tuple[Array, Array], None]:
            matrix, right = rows
            row = own @ matrix
            factor = (matrix @ own) * (1 - own) / (row @ own)
            return (matrix - jnp.outer(factor, row), right - factor * (own @ right)), None

        eye = jnp.eye(len(right), dtype=matrix.dtype)
        (diagonal, right), _ = jax.lax.scan(step, (matrix, right), eye)
        return right / jnp.diagonal(diagonal)

    return jax.lax.custom_linear_solve(lambda x: matrix @ x, right, eliminate, symmetric=True)


def kanerva_memory(config: KanervaConfig, shape: tuple[int, ...]) -> AssociativeMemory:
    """Return the memory of patterns of a shape."""
    return network_memory(
        "dynamic Kanerva machine", lambda key: Kanerva(config, shape, key=key), config.coder.reads
    )
