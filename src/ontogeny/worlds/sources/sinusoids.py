"""Curves to be learned from a few examples, with the ideal learner of each source known.

A source first draws a curve from its prior, then a few examples of it to learn from (support) and
some to be tested on (query). `innate` is the best that can be said before any example, `ideal`
after the support: both are exact means under the prior, E[y | x] and E[y | support, x], which
nothing beats in expected squared error. All is JAX and takes one curve: the caller vmaps.

Sources: Finn, Abbeel and Levine 2017 (MAML, arXiv 1703.03400) for the sinusoids; Rusu et al. 2019
(LEO, arXiv 1807.05960) for their mixture with lines; the ideal learners are textbook.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.coefficients import solve_two, weigh_nodes

AMPLITUDE = (0.1, 5.0)
PHASE = (0.0, math.pi)
SLOPE = (-3.0, 3.0)  # and the intercept of a line
INPUT = (-5.0, 5.0)
SMALLEST_NOISE = 0.05  # below it the quadrature would take too many nodes


class Curve(NamedTuple):
    """y = amplitude sin(x - phase), or y = slope x + intercept where `is_line`."""

    is_line: Bool[Array, ""]
    amplitude: Float[Array, ""]
    phase: Float[Array, ""]
    slope: Float[Array, ""]
    intercept: Float[Array, ""]

    def value(self, x: Float[Array, "*example"]) -> Float[Array, "*example"]:
        """Return y without noise."""
        wave = self.amplitude * jnp.sin(x - self.phase)
        return jnp.where(self.is_line, self.slope * x + self.intercept, wave)


class Examples(NamedTuple):
    """Inputs, and what is to be said of them: one row an example."""

    inputs: Float[Array, "example n_in"]
    targets: Float[Array, "example n_out"]


class Split(NamedTuple):
    """One task: examples to learn from, and others to be tested on."""

    support: Examples
    query: Examples


class CurveSource(NamedTuple):
    """`draw(key)` returns a curve and its examples; `innate` and `ideal` are the best predictions
    of y before and after the support.
    """

    name: str
    shots: int
    queries: int
    noise: float  # standard deviation of the targets around the curve
    draw: Callable[[Key[Array, ""]], tuple[Curve, Split]]
    innate: Callable[[Float[Array, "example 1"]], Float[Array, "example 1"]]
    ideal: Callable[[Examples, Float[Array, "example 1"]], Float[Array, "example 1"]]


def sinusoids(shots: int = 10, queries: int = 10, noise: float = 0.0) -> CurveSource:
    """Return y = A sin(x - phase): A ~ U[0.1, 5], phase ~ U[0, π], x ~ U[-5, 5].

    Being a sin x + b cos x, a curve is known exactly after two examples without noise: the ideal is
    then least squares on the two, A and the phase clipped to the prior's range (which only rounding
    could leave), and its error is zero. With noise it is the posterior mean by quadrature. Raises
    `ConfigError` for fewer than two shots, no queries, or a noise between 0 and 0.05.
    """
    _check(shots, queries, noise, least=2)

    def exact(support: Examples, x: Array) -> Array:
        a, b = solve_two(_waves(support.inputs[:, 0]), support.targets[:, 0])
        amplitude = jnp.clip(jnp.sqrt(a**2 + b**2), *AMPLITUDE)
        phase = jnp.clip(jnp.arctan2(-b, a), *PHASE)
        return amplitude * jnp.sin(x - phase)

    return CurveSource(
        "sinusoids",
        shots,
        queries,
        noise,
        lambda key: _draw(key, shots, queries, noise, 0.0),
        _innate_wave,
        exact if noise == 0 else lambda support, x: _weigh(support, x, noise, 0.0),
    )


def sinusoids_and_lines(
    shots: int = 5, queries: int = 10, noise: float = 0.3, lines: float = 0.5
) -> CurveSource:
    """Return a mixture: a line (slope and intercept ~ U[-3, 3]) with the given probability, else a
    sinusoid, with normal noise on every target, the queries' too.

    The ideal is the mean of the two families' posteriors, each by quadrature, weighted by how
    likely each family makes the support. Raises `ConfigError` as `sinusoids` does, for no noise,
    and for a probability outside [0, 1].
    """
    _check(shots, queries, noise, least=1)
    if noise == 0 or not 0 <= lines <= 1:
        raise ConfigError(
            f"a noise of {noise} and lines with probability {lines}",
            where="sinusoids_and_lines",
            hint="use a noise of 0.05 or more, and a probability from 0 to 1",
        )
    return CurveSource(
        "sinusoids-and-lines",
        shots,
        queries,
        noise,
        lambda key: _draw(key, shots, queries, noise, lines),
        lambda x: (1 - lines) * _innate_wave(x),  # the lines' mean is zero
        lambda support, x: _weigh(support, x, noise, lines),
    )


def _draw(key: Array, shots: int, queries: int, noise: float, lines: float) -> tuple[Curve, Split]:
    """Return a curve and its examples. Support and query do not depend on each other's number."""
    curve_key, support_key, query_key = jax.random.split(key, 3)
    lots = jax.random.uniform(curve_key, (5,))  # one call: drawing is dear beside a small network
    bounds = (AMPLITUDE, PHASE, SLOPE, SLOPE)
    parts = [low + (high - low) * lot for lot, (low, high) in zip(lots[1:], bounds, strict=True)]
    curve = Curve(lots[0] < lines, *parts)

    def examples(key: Array, count: int) -> Examples:
        input_key, noise_key = jax.random.split(key)
        x = jax.random.uniform(input_key, (count, 1), jnp.float32, *INPUT)
        y = curve.value(x)
        if noise > 0:
            y = y + noise * jax.random.normal(noise_key, (count, 1))
        return Examples(x, y)

    return curve, Split(examples(support_key, shots), examples(query_key, queries))


def _innate_wave(x: Array) -> Array:
    """Return E[A] E[sin(x - phase)]: the mean of sin over the phases is 0, that of cos 2 / π."""
    return -sum(AMPLITUDE) / 2 * (2 / math.pi) * jnp.cos(x)


def _waves(x: Array) -> Array:
    return jnp.stack([jnp.sin(x), jnp.cos(x)], axis=-1)


def _weigh(support: Examples, x: Array, noise: float, lines: float) -> Array:
    """Return the posterior mean of y, the prior of each family a grid of its two parameters."""
    side = max(64, math.ceil(60 / noise))  # closer than half the deviation at ten examples
    known, targets = support.inputs[:, 0], support.targets[:, 0]

    def grid(first: tuple[float, float], second: tuple[float, float]) -> tuple[Array, Array]:
        middles = (jnp.arange(side) + 0.5) / side
        a, b = (low + (high - low) * middles for low, high in (first, second))
        return jnp.repeat(a, side), jnp.tile(b, side)

    amplitude, phase = grid(AMPLITUDE, PHASE)
    nodes = amplitude[:, None] * jnp.stack([jnp.cos(phase), -jnp.sin(phase)], axis=1)
    wave = weigh_nodes(_waves(known), targets, nodes, noise**2)
    waves = _waves(x[:, 0]) @ wave.mean
    if lines == 0:
        return waves[:, None]
    nodes = jnp.stack(grid(SLOPE, SLOPE), axis=1)
    line = weigh_nodes(jnp.stack([known, jnp.ones_like(known)], axis=1), targets, nodes, noise**2)
    odds = line.log_evidence - wave.log_evidence + jnp.log(lines) - jnp.log1p(-lines)
    share = jax.nn.sigmoid(odds)
    straight = line.mean[0] * x[:, 0] + line.mean[1]
    return (share * straight + (1 - share) * waves)[:, None]


def _check(shots: int, queries: int, noise: float, least: int) -> None:
    if shots < least or queries < 1 or not (noise == 0 or noise >= SMALLEST_NOISE):
        raise ConfigError(
            f"{shots} shots, {queries} queries and a noise of {noise}",
            where="worlds.sources.sinusoids",
            hint=f"use {least} shots or more, 1 query or more, and a noise of 0 or of "
            f"{SMALLEST_NOISE} and more",
        )
