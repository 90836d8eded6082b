"""The claim about strangeness: the energy of a string tells whether it was stored.

16 strings of 24 bits are stored, by an energy in 275 numbers, or as they are: 11 of them are 264
numbers. Then each of the 16, and as many that were not stored, are judged: by the energy, or by the
distance to the nearest that is kept. The area under the curve is the chance that a stored one is
judged less strange than a new one. Source: Bartunov et al. 2020 (arXiv 1910.02720), for energies
as a measure of it; the task is this project's own.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.learned import (
    BITS,
    TESTED,
    energy,
    memory_of,
    over_seeds,
    trained,
)
from ontogeny.claims.memory.strangeness_figure import strangeness_figure
from ontogeny.learners.memory.energies import energy_of
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.patterns import random_bits

STORED = (16, 16, 8)


def measure(how: Measuring) -> Found:
    """Return the claim about strangeness, and the figure of both measures of it."""
    config = energy(how)
    memory, judge = memory_of(config), energy_of(config, (BITS,))
    n = how.choose(*STORED)
    numbers = n_numbers(memory, n, (BITS,))
    kept = numbers // BITS
    params = trained(n, how, config).states.params
    draw = random_bits(BITS).draw

    def judged(params: Any, key: Array) -> tuple[Array, Array]:
        """Return the energies and the distances of the stored strings, then of as many new."""
        stored_key, new_key = jax.random.split(key)
        stored, new = draw(stored_key, n), draw(new_key, n)
        weights, both = memory.write(params, stored), jnp.concatenate([stored, new])
        energies = jax.vmap(lambda x: judge(params.fixed, weights, x))(both)
        apart = jnp.sum(jnp.abs(both[:, None] - stored[None, :kept]), axis=-1)
        return energies, jnp.min(apart, axis=1)

    def several(params: Any, key: Array) -> tuple[Array, Array]:
        keys = jax.random.split(key, how.choose(*TESTED))
        return jax.lax.map(lambda k: judged(params, k), keys, batch_size=min(20, len(keys)))

    energies, distances = over_seeds(several, params, how)
    areas = {
        f"energy, {numbers} numbers": areas_of(energies),
        f"nearest of {kept} strings, {kept * BITS} numbers": areas_of(distances),
    }
    return claims_of(areas, n, how), [strangeness_figure(energies[0], distances[0], n)]


def areas_of(strangeness: Float[np.ndarray, "seed memory string"]) -> Float[np.ndarray, " seed"]:
    """Return the chance that a stored string is less strange than a new one, the mean over
    memories: the first half of the strings are stored. Equally strange ones count by half.
    """
    stored, new = np.split(np.asarray(strangeness, np.float64), 2, axis=-1)
    apart = new[..., None, :] - stored[..., None]
    return ((apart > 0) + 0.5 * (apart == 0)).mean(axis=(1, 2, 3))


def claims_of(areas: dict[str, np.ndarray], n: int, how: Measuring) -> list[Claim]:
    """Return the claim, given the areas [seed] of the energy and of what it is held against."""
    of_energy, of_nearest = areas.values()
    told = ", ".join(f"{n}: {bootstrap_interval(a, seed=how.seed)}" for n, a in areas.items())
    gained = bootstrap_interval(of_energy - of_nearest, seed=how.seed)
    return [
        Claim.above(
            f"the energy tells which of {n} strings were stored better than the nearest of as "
            "many as its numbers hold",
            "energies of what is stored are low",
            f"area under the curve: {told}; {len(of_energy)} seeds{how.weak()}",
            gained,
            threshold="energy minus nearest: the interval above 0",
        )
    ]
