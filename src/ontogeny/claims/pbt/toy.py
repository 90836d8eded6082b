"""The claims about the paper's two-parameter example: each half of Population Based Training,
alone and together.

Three traps are part of the table. Exploitation alone helps only when the solution is copied
*without* h, since two members with the same h see the same axis. An exploration that multiplies
can't leave h = 0. And the start is symmetric, so unless ties are broken at random nobody ever
copies.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), figure 2, by which grid search ends at 0.4 and PBT
near 1.2. The numbers of the other arms are this project's own, from an independent implementation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt.figures import draw_toy
from ontogeny.claims.trials import trials
from ontogeny.core.learner import Hypers
from ontogeny.core.space import Space
from ontogeny.evolution.explore import Exploration, jitter, keep
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.random_search import random_search
from ontogeny.evolution.selection import Selection, truncation
from ontogeny.evolution.strategy import Strategy
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.toy import Toy
from ontogeny.views.figure import Figure

TOLERANCE = 0.02
# The table was made with 50 seeds. More cost nothing here, and are needed: of two measurements of
# the last arm with 50 seeds each (s.d. 0.084), one pair in five differs by more than the tolerance.
SEEDS, TINY_SEEDS = 1000, 4
PANELS = ("PBT", "explore only", "exploit only", "grid search")  # of the paper's figure


class Arm(NamedTuple):
    """One row of the table: what is done, and the final best Q that it should come to."""

    name: str
    strategy: Strategy[Any]
    expected: float
    panel: str | None = None  # of the paper's figure


def arms(space: Space) -> list[Arm]:
    """Return the rows of the table over the toy's space."""
    select, noise, times = truncation(0.5), jitter(0.1), multiply()
    explored = pbt(space, stay(), noise, mutate_always=True)
    exploited = pbt(space, select, keep(), copy="weights")
    copied = pbt(space, select, noise, copy="weights")
    multiplied = pbt(space, select, times, copy="weights")
    return [
        Arm("grid search", random_search(space), 0.390, "grid search"),
        Arm("explore only", explored, 1.130, "explore only"),
        Arm("exploit only, copy theta", exploited, 1.172, "exploit only"),
        Arm("exploit only, copy theta and h", pbt(space, select, keep()), 0.390),
        Arm("PBT, copy theta", copied, 1.177, "PBT"),
        Arm("PBT, copy theta and h", pbt(space, select, noise), 1.197),
        Arm("PBT, copy theta and h, h times 0.8 or 1.2", pbt(space, select, times), 0.390),
        Arm("PBT, copy theta, h times 0.8 or 1.2", multiplied, 1.096),
    ]


def multiply(factors: tuple[float, float] = (0.8, 1.2)) -> Exploration:
    """Each number is multiplied by one of two factors as it stands, not on its scale, so that 0
    stays 0: a trap.
    """

    def explore(key: Array, space: Space, hypers: Hypers) -> Hypers:
        leaves, structure = jax.tree.flatten(hypers)
        keys = jax.random.split(key, len(leaves))
        moved = [
            leaf * jnp.where(jax.random.bernoulli(k, shape=leaf.shape), *factors)
            for k, leaf in zip(keys, leaves, strict=True)
        ]
        return space.clip(structure.unflatten(moved))

    return explore


def stay() -> Selection:
    """Nobody copies anybody: exploration alone."""

    def select(key: Array, score: Array, recent: Array) -> Array:
        del key, recent
        return jnp.arange(score.shape[0])

    return select


def measure(how: Measuring) -> Found:
    """Return a claim for each arm, and the paper's figure.

    Its `paths` are the places of both members, [arm, round, pop, 2], each the mean over the round's
    steps, of the first seed; its `final` the best Q of every arm of the table, [arm, seed].
    """
    recipe, seeds = Toy(), how.seeds(how.choose(SEEDS, SEEDS, TINY_SEEDS))
    every = arms(recipe.space())
    # in a tiny look those alone whose paths are drawn
    table = {arm.name: arm for arm in every if arm.panel or how.scale != "tiny"}
    claims: list[Claim] = []
    paths: dict[str, np.ndarray] = {}
    final: list[np.ndarray] = []
    how.progress(f"toy: {len(table)} arms, {len(seeds)} seeds")
    strategies = {name: arm.strategy for name, arm in table.items()}
    for name, rounds in trials(recipe, strategies, seeds):
        arm = table[name]
        final.append(np.max(rounds.score[:, -1], axis=-1))
        claims.append(_claim(arm, final[-1], how.seed))
        if arm.panel:
            places = rounds.metrics["theta_0"][0], rounds.metrics["theta_1"][0]
            paths[arm.panel] = np.stack(places, axis=-1)
    data = {"paths": np.stack([paths[panel] for panel in PANELS]), "final": np.stack(final)}
    figure = Figure(
        "toy",
        "The paths of two members, of which each can see one axis only. A jump is a copy.",
        data,
        {"paths": PANELS, "final": list(table)},
        draw_toy,
    )
    return claims, [figure]


def _claim(arm: Arm, best: np.ndarray, seed: int) -> Claim:
    interval = bootstrap_interval(best, seed=seed)
    paper = {"grid search": "about 0.4", "PBT": "about 1.2"}.get(arm.panel or "", "no number")
    return Claim(
        claim=f"toy: {arm.name} ends at Q = {arm.expected:.3f}",
        paper=paper,
        measured=f"{interval}, s.d. {np.std(best):.3f}, {best.size} seeds",
        threshold=f"mean within {TOLERANCE} of {arm.expected:.3f}",
        holds=abs(interval.value - arm.expected) <= TOLERANCE,
    )
