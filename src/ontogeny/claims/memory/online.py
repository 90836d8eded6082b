"""What it costs to write one string after another, to write over what is stored, and to erase.

The energies learned to store 8 strings that are written together. The paper names writing together
as a limit of the method. Source: Bartunov et al. 2020 (arXiv 1910.02720); what is measured is this
project's own.
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
    bits_task,
    energy,
    memory_of,
    over_seeds,
    trained,
)
from ontogeny.claims.memory.online_figure import online_figure
from ontogeny.learners.memory.ebmm import written
from ontogeny.learners.memory.energies import energy_of
from ontogeny.learners.memory.task import draw_episode
from ontogeny.ops.statistics import bootstrap_interval

STORED = 8
WAYS = ("together", "one by one", "half erased", "written over")


def measure(how: Measuring) -> Found:
    """Return the claims about changing what is stored, and their figure."""
    config = energy(how)
    memory, network = memory_of(config), energy_of(config, (BITS,))
    params = trained(STORED, how, config).states.params
    task = bits_task(STORED)

    def one(params: Any, key: Array) -> Float[Array, "way string"]:
        first_key, later_key = jax.random.split(key)
        episode, later = draw_episode(first_key, task), draw_episode(later_key, task)

        def change(start: Any, patterns: Array, sign: float) -> Any:
            return written(network, config, config.weights, params, start, patterns, sign)

        def wrong(stored: Any) -> Array:
            reads = jax.vmap(lambda q, known: memory.read(params, stored, q, known)[-1])
            answers = reads(episode.query, episode.known)
            return jnp.sum((answers > 0.5) != (episode.patterns > 0.5), axis=1)

        together = change(params.start, episode.patterns, 1.0)
        singly, _ = jax.lax.scan(
            lambda w, x: (change(w, x[None], 1.0), None), params.start, episode.patterns
        )
        erased = change(together, episode.patterns[: STORED // 2], -1.0)
        over = change(together, later.patterns, 1.0)
        return jnp.stack([wrong(stored) for stored in (together, singly, erased, over)])

    def several(params: Any, key: Array) -> Array:
        keys = jax.random.split(key, how.choose(*TESTED))
        each = jax.lax.map(lambda k: one(params, k), keys, batch_size=min(20, len(keys)))
        return jnp.mean(each.astype(jnp.float32), axis=0)

    wrong = np.asarray(over_seeds(several, params, how), np.float64)  # [seed, way, string]
    by_way: dict[str, np.ndarray] = dict(zip(WAYS, wrong.swapaxes(0, 1), strict=True))
    return claims_of(wrong, how), [online_figure(by_way)]


def claims_of(wrong: Float[np.ndarray, "seed way string"], how: Measuring) -> list[Claim]:
    """Return the claims, given wrong bits of each string after each way of writing."""

    def interval(values: np.ndarray) -> Any:
        return bootstrap_interval(values, seed=how.seed)

    together, singly, erased, over = wrong.swapaxes(0, 1)
    half = STORED // 2
    lost = (erased - together)[:, :half].mean(axis=1)
    spoilt = (erased - together)[:, half:].mean(axis=1)
    cost = f"{len(wrong)} seeds{how.weak()}"
    return [
        Claim.above(
            f"{STORED} strings written one by one leave more wrong bits than written together",
            "writing needs all patterns at once: a limit of the method",
            f"one by one {interval(singly.mean(axis=1))}, together "
            f"{interval(together.mean(axis=1))}; the first of them {interval(singly[:, 0])}, the "
            f"last {interval(singly[:, -1])}; {cost}",
            interval((singly - together).mean(axis=1)),
        ),
        Claim.above(
            "erasing (writing with the sign turned) costs the erased more than the others",
            "(not in the paper)",
            f"{half} of {STORED} erased: {interval(lost)} wrong bits more of theirs, "
            f"{interval(spoilt)} more of the others'; {cost}",
            interval(lost - spoilt),
        ),
        Claim.above(
            f"{STORED} other strings written over the first cost these most of what they were",
            "(not in the paper)",
            f"wrong bits of the first {interval(over.mean(axis=1))}, of {BITS // 4} by chance; "
            f"before {interval(together.mean(axis=1))}; {cost}",
            interval(over.mean(axis=1) - (together.mean(axis=1) + BITS / 4) / 2),
            threshold="above the middle between before and chance: the interval above 0",
        ),
    ]
