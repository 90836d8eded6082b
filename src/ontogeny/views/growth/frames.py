"""Metrics as a data frame: a row for each member of each round that it lived."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import MissingExtra, unknown

MAKERS = ("pandas", "polars")


def metrics_frame(metrics: Mapping[str, Float[np.ndarray, "rounds _"]], maker: str) -> Any:
    """Return the frame. What is of a whole round, as `seconds` is, stands in each of its rows.

    Raises `ConfigError` for another maker of frames, `MissingExtra` where it is not installed.
    """
    if maker not in MAKERS:
        raise unknown("maker of frames", maker, MAKERS, where="metrics(frame=)")
    try:
        frames = import_module(maker)
    except ImportError:
        raise MissingExtra(
            f"{maker} is not installed", where="metrics(frame=)", hint=f"pip install {maker}"
        ) from None
    pop = max((table.shape[1] for table in metrics.values()), default=1)
    rounds = max((len(table) for table in metrics.values()), default=0)
    wide = {name: _filled(table, rounds, pop) for name, table in metrics.items()}
    number, slot = np.divmod(np.arange(rounds * pop), max(pop, 1))
    lived = np.ones(rounds * pop, bool)
    if "score" in wide:
        lived = ~np.isnan(wide["score"].ravel())
    columns = {"round": number[lived], "slot": slot[lived]}
    return frames.DataFrame(columns | {name: t.ravel()[lived] for name, t in wide.items()})


def _filled(table: np.ndarray, rounds: int, pop: int) -> np.ndarray:
    whole = np.full((rounds, pop), np.nan)
    whole[: len(table), : pop if table.shape[1] == 1 else table.shape[1]] = table
    return whole
