"""Sources of real numbers whose exact Bayes predictor is a normal at every step.

Like `worlds.sources.sequences`, for regression: a task is drawn from a prior, then inputs that are
given and targets to predict. At each step the input, and all pairs before it, are known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.predictives import Normal, gaussian_predictive, regression_predictive


class Signal(NamedTuple):
    """One sequence: what is given before each target (nothing: no features), and the targets."""

    inputs: Float[Array, "time feature"]
    targets: Float[Array, " time"]


class SignalSource(NamedTuple):
    """`draw(key)` returns a task (a pytree of arrays) and a signal; the rest is as in `Source`."""

    name: str
    n_features: int
    length: int
    draw: Callable[[Key[Array, ""]], tuple[Any, Signal]]
    predictive: Callable[[Signal], Normal]
    informed: Callable[[Any, Signal], Normal]


def gaussian_means(
    length: int, mean: float = 0.0, variance: float = 1.0, noise: float = 1.0
) -> SignalSource:
    """Return x_t ~ N(mu, noise) with mu ~ N(mean, variance) drawn once a sequence. The task is mu.

    Raises `ConfigError` for no length, or a variance or noise that is not positive.
    """
    _check(length, variance, noise)

    def draw(key: Array) -> tuple[Array, Signal]:
        task_key, noise_key = jax.random.split(key)
        mu = mean + variance**0.5 * jax.random.normal(task_key)
        x = mu + noise**0.5 * jax.random.normal(noise_key, (length,))
        return mu, Signal(jnp.zeros((length, 0)), x)

    return SignalSource(
        "gaussian-means",
        0,
        length,
        draw,
        lambda signal: gaussian_predictive(signal.targets, mean, variance, noise),
        lambda task, signal: _noisy(jnp.broadcast_to(task, signal.targets.shape), noise),
    )


def linear_regressions(
    length: int, n_features: int = 4, variance: float = 1.0, noise: float = 0.25
) -> SignalSource:
    """Return y_t = w · x_t + noise, standard normal inputs, and w ~ N(0, variance × identity) drawn
    once a sequence. The task is w. Raises `ConfigError` as `gaussian_means` does.
    """
    _check(length, variance, noise)

    def draw(key: Array) -> tuple[Array, Signal]:
        task_key, input_key, noise_key = jax.random.split(key, 3)
        w = variance**0.5 * jax.random.normal(task_key, (n_features,))
        x = jax.random.normal(input_key, (length, n_features))
        y = x @ w + noise**0.5 * jax.random.normal(noise_key, (length,))
        return w, Signal(x, y)

    return SignalSource(
        f"linear-regressions-{n_features}",
        n_features,
        length,
        draw,
        lambda signal: regression_predictive(signal.inputs, signal.targets, variance, noise),
        lambda task, signal: _noisy(signal.inputs @ task, noise),
    )


def _noisy(mean: Float[Array, " time"], noise: float) -> Normal:
    return Normal(mean, jnp.full_like(mean, noise))


def _check(length: int, variance: float, noise: float) -> None:
    if length < 1 or variance <= 0 or noise <= 0:
        raise ConfigError(
            f"{length} numbers with prior variance {variance} and noise {noise}",
            where="worlds.sources.signals",
            hint="use one number or more, and variances above 0",
        )
