"""Seasons: who lives in the same one meets the same tasks, with the same luck.

A season is a whole number, carried as a hyper of its own name, from which a learner draws its
tasks. Two members of one season are thus held against each other on common random numbers. It is no
gene: it never mutates, and the strategy says what comes next.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from ontogeny.core.learner import Hypers

SEASON = "season"
SEASONS = 2**30  # of which a run's first is drawn


def genes_of(hypers: Any) -> Any:
    """Return the hypers (or the dimensions of a space) without the season."""
    if not isinstance(hypers, dict):
        return hypers
    return {name: value for name, value in hypers.items() if name != SEASON}


def in_season(
    genes: Hypers, before: Hypers, season: Int[Array, "*pop"], ready: Bool[Array, " pop"]
) -> Hypers:
    """Return the genes with a season where there was one: a new one for those who are ready."""
    if not isinstance(before, dict) or SEASON not in before:
        return genes
    told = jnp.where(ready, season, before[SEASON]).astype(before[SEASON].dtype)
    return {**genes, SEASON: told}
