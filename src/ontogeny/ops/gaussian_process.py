"""Exact Gaussian processes over a few dozen observations, some of which may be missing.

The covariance is that of a function which drifts while it is observed (Bogunovic et al. 2016):

    k((t, x), (t', x')) = (1 - drift)^(|t - t'| / 2) exp(-|x - x'|^2 / (2 length^2))

Everything has a fixed size, so that it compiles once: which observations there are is a mask. The
triangular algebra is written out. XLA hands its own to LAPACK on a CPU, and there a program that is
spread over two devices has hung.

Source: Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", algorithm 2.1;
Bogunovic, Scarlett and Cevher 2016, "Time-Varying Gaussian Process Bandit Optimization" (arXiv
1601.06650), equation 4.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class Kernel(NamedTuple):
    """A unit variance that falls with the distance between the inputs, and with time."""

    length: Float[Array, ""]  # in units of the inputs
    drift: Float[Array, ""]  # 0 stands still; 1 forgets at once
    noise: Float[Array, ""]  # variance of an observation around the function


class Inputs(NamedTuple):
    """Where a function is observed or asked for, with a leading axis of points."""

    time: Float[Array, " n"]
    x: Float[Array, "n chan"]


def covariance(kernel: Kernel, a: Inputs, b: Inputs) -> Float[Array, "n m"]:
    """Return the covariance between the function's values at each of `a` and each of `b`."""
    squares = jnp.sum((a.x[:, None] - b.x[None]) ** 2, axis=-1)
    elapsed = jnp.abs(a.time[:, None] - b.time[None])
    memory = (1 - kernel.drift) ** (elapsed / 2)
    return memory * jnp.exp(-squares / (2 * kernel.length**2))


def cholesky(matrix: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """Return the lower triangular L with L L^T = `matrix`, which must be positive definite."""
    rows = jnp.arange(matrix.shape[0])

    def column(lower: Array, j: Array) -> tuple[Array, None]:
        rest = matrix[:, j] - lower @ lower[j]
        pivot = jnp.sqrt(jnp.maximum(rest[j], 1e-12))  # rounding may leave less than nothing
        return lower.at[:, j].set(jnp.where(rows >= j, rest / pivot, 0.0)), None

    return jax.lax.scan(column, jnp.zeros_like(matrix), rows)[0]


def solve_lower(lower: Float[Array, "n n"], right: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Return X with L X = `right`, by substitution from the first row down."""

    def row(solved: Array, i: Array) -> tuple[Array, None]:
        return solved.at[i].set((right[i] - lower[i] @ solved) / lower[i, i]), None

    return jax.lax.scan(row, jnp.zeros_like(right), jnp.arange(lower.shape[0]))[0]


class Posterior(NamedTuple):
    """What is believed of the function at some points."""

    mean: Float[Array, " m"]
    covariance: Float[Array, "m m"]


def posterior(
    kernel: Kernel,
    seen: Inputs,
    y: Float[Array, " n"],
    there: Bool[Array, " n"],
    asked: Inputs,
) -> Posterior:
    """Return mean and covariance of the function at `asked`, given `y` at those of `seen` that are
    `there`.
    """
    lower = cholesky(_observed(kernel, seen, there))
    cross = jnp.where(there[:, None], covariance(kernel, seen, asked), 0.0)
    v = solve_lower(lower, cross)
    white = solve_lower(lower, jnp.where(there, y, 0.0)[:, None])[:, 0]
    return Posterior(white @ v, covariance(kernel, asked, asked) - v.T @ v)


def log_evidence(
    kernel: Kernel, seen: Inputs, y: Float[Array, " n"], there: Bool[Array, " n"]
) -> Float[Array, ""]:
    """Return log p(y | kernel) of the observations that are `there`, in nats."""
    lower = cholesky(_observed(kernel, seen, there))
    white = solve_lower(lower, jnp.where(there, y, 0.0)[:, None])
    # A missing row is that of the identity: it adds nothing to either sum.
    constant = jnp.sum(there) * math.log(2 * math.pi) / 2
    return -jnp.sum(white**2) / 2 - jnp.sum(jnp.log(jnp.diag(lower))) - constant


def imagine(
    belief: Posterior, point: Array, noise: Float[Array, ""], whether: Bool[Array, ""]
) -> Posterior:
    """Return the belief after an observation at the point numbered `point` whose value is not known
    yet (and is taken to be what is expected): the mean stays, the variance falls. Nothing changes
    unless `whether`.
    """
    column = belief.covariance[:, point]
    known = column / (column[point] + noise)
    less = jnp.where(whether, jnp.outer(known, column), 0.0)
    return Posterior(belief.mean, belief.covariance - less)


def _observed(kernel: Kernel, seen: Inputs, there: Array) -> Array:
    """Return the covariance of the observations; a missing one's row is that of the identity."""
    both = there[:, None] & there[None]
    identity = jnp.eye(there.shape[0], dtype=seen.x.dtype)
    return jnp.where(both, covariance(kernel, seen, seen) + kernel.noise * identity, identity)
