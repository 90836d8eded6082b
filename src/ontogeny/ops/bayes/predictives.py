"""Posterior predictives of conjugate families, at every step of one sequence.

Each returns, for every t, the distribution of x_t given x_1 … x_{t-1} with the parameter integrated
out: p(x_t | x_<t) = ∫ p(x_t | theta) p(theta | x_<t) dtheta. No predictor earns a smaller expected
log-loss over tasks drawn from the prior. Source: Ortega et al. 2019 (arXiv 1905.03030), section on
prediction; the families are textbook (Bernardo and Smith 1994, "Bayesian Theory", appendix A.2).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int


class Normal(NamedTuple):
    """A normal distribution at every step."""

    mean: Float[Array, " time"]
    variance: Float[Array, " time"]

    def log_density(self, x: Float[Array, " time"]) -> Float[Array, " time"]:
        """Return ln p(x_t) at every step, in nats."""
        spread = jnp.log(2 * jnp.pi * self.variance)
        return -0.5 * (spread + (x - self.mean) ** 2 / self.variance)


def categorical_predictive(
    sequence: Int[Array, " time"], prior: Float[Array, " symbol"]
) -> Float[Array, "time symbol"]:
    """Return (n_i + a_i) / (n + sum a), n_i the times that symbol i came before, a the Dirichlet
    prior's concentrations. Two symbols make the Beta-Bernoulli case.
    """
    seen = jax.nn.one_hot(sequence, prior.shape[0], dtype=prior.dtype)
    weight = prior + jnp.cumsum(seen, axis=0) - seen
    return weight / jnp.sum(weight, axis=-1, keepdims=True)


def kt_predictive(sequence: Int[Array, " time"], n_symbols: int) -> Float[Array, "time symbol"]:
    """Return (n_i + 1/2) / (n + n_symbols / 2): the categorical predictive under Jeffreys' prior.

    On two symbols it costs at most 1/2 ln T + ln 2 nats more than the best constant coin does.
    Source: Krichevsky and Trofimov 1981.
    """
    return categorical_predictive(sequence, jnp.full(n_symbols, 0.5))


def markov_predictive(
    sequence: Int[Array, " time"], prior: Float[Array, "symbol symbol"]
) -> Float[Array, "time symbol"]:
    """Return the predictive of a first-order chain whose rows are Dirichlet(`prior[row]`).

    Each row counts what followed its symbol. Before the first symbol stands a symbol 0.
    """
    n_symbols = prior.shape[0]
    before = jnp.append(0, sequence[:-1])
    pair = jax.nn.one_hot(before * n_symbols + sequence, n_symbols**2, dtype=prior.dtype)
    seen = (jnp.cumsum(pair, axis=0) - pair).reshape(-1, n_symbols, n_symbols)
    rows = jnp.take_along_axis(seen, before[:, None, None], axis=1)[:, 0]
    weight = prior[before] + rows
    return weight / jnp.sum(weight, axis=-1, keepdims=True)


def gaussian_predictive(
    sequence: Float[Array, " time"],
    prior_mean: float,
    prior_variance: float,
    noise_variance: float,
) -> Normal:
    """Return the predictive of x_t ~ N(mu, noise) with mu ~ N(prior mean, prior variance).

    After n observations mu has precision 1/v + n/noise and mean (m/v + sum x / noise) / precision;
    x_t has mu's mean, and its variance plus the noise.
    """
    n_before = jnp.arange(sequence.shape[0], dtype=sequence.dtype)
    sum_before = jnp.cumsum(sequence) - sequence
    variance = 1 / (1 / prior_variance + n_before / noise_variance)
    mean = variance * (prior_mean / prior_variance + sum_before / noise_variance)
    return Normal(mean, variance + noise_variance)


def regression_predictive(
    inputs: Float[Array, "time feature"],
    targets: Float[Array, " time"],
    prior_variance: float,
    noise_variance: float,
) -> Normal:
    """Return the predictive of y_t = w · x_t + noise, w ~ N(0, prior variance × identity), given
    x_t and every pair before it.

    One rank-one correction a step: with S the covariance of w and v = x·Sx + noise the variance of
    y, w += Sx (y - w·x) / v and S -= Sx (Sx)' / v.
    """

    def correct(belief: tuple[Array, Array], pair: tuple[Array, Array]):
        mean, covariance = belief
        x, y = pair
        gain = covariance @ x
        expected, variance = x @ mean, x @ gain + noise_variance
        after = (
            mean + gain * (y - expected) / variance,
            covariance - jnp.outer(gain, gain) / variance,
        )
        return after, (expected, variance)

    n = inputs.shape[1]
    start = (jnp.zeros(n, inputs.dtype), prior_variance * jnp.eye(n, dtype=inputs.dtype))
    mean, variance = jax.lax.scan(correct, start, (inputs, targets))[1]
    return Normal(mean, variance)
