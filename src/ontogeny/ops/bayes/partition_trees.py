"""Partition-tree weighting: a mixture over the ways to cut time in halves, quarters, eighths…

A stretch of 2^k steps is one segment with its own KT predictor, or is cut in the middle, at even
odds: PTW = 1/2 KT(stretch) + 1/2 PTW(first half) PTW(second half), down to single steps. It knows
no hazard, remembers log2 T predictors, and costs O(switches × ln² T) more than the best cutting.
Source: Veness et al. 2013, "Partition tree weighting" (arXiv 1211.0587).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ontogeny.ops.bayes.path_mixing import mix_path, reweigh, smoothed


def ptw_predictive(
    sequence: Int[Array, " time"],
    n_symbols: int = 2,
    depth: int | None = None,
    concentration: float = 0.5,
) -> Float[Array, "time symbol"]:
    """Return p(x_t | x_<t) of the mixture at every step.

    The whole stretch has 2^depth steps, the first power of two that holds the sequence when `depth`
    is None. Level j's stretches have 2^(depth - j) steps: whenever that divides t one is done, and
    its successor begins with no counts and even odds. A finished first half leaves its evidence in
    the odds of the level above, so nothing else is kept. Of a sequence longer than 2^depth every
    2^depth steps are a stretch of their own.
    """
    length = sequence.shape[0]
    deep = max(length - 1, 0).bit_length() if depth is None else depth
    stretch = jnp.array([2 ** (deep - level) for level in range(deep + 1)], jnp.int32)

    def observe(state: tuple[Array, Array], now: tuple[Array, Array]):
        counts, log_odds = state
        time, symbol = now
        begins = time % stretch == 0
        counts = jnp.where(begins[:, None], 0.0, counts)
        log_odds = jnp.where(begins[:-1], 0.0, log_odds)
        local = smoothed(counts, concentration)
        mixed = mix_path(local, log_odds)
        log_odds = reweigh(local, mixed, log_odds, symbol)
        return (counts.at[:, symbol].add(1.0), log_odds), mixed[0]

    start = (jnp.zeros((deep + 1, n_symbols)), jnp.zeros(deep))
    return jax.lax.scan(observe, start, (jnp.arange(length), sequence))[1]
