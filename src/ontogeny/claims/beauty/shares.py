"""How often something is so, over tables or platforms that were drawn, in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool

from ontogeny.claims.measuring import Measuring
from ontogeny.ops.statistics import Interval, bootstrap_interval


def share(values: Bool[np.ndarray, " drawn"], how: Measuring) -> Interval:
    """Return how many are true, with an interval over what was drawn."""
    return bootstrap_interval(values.astype(float), seed=how.seed)


def shares_told(named: Mapping[str, Bool[np.ndarray, " drawn"]], of: str, how: Measuring) -> str:
    """Return the shares by name, and of how many `of` what each is."""
    shares = "; ".join(f"{name}: {share(values, how)}" for name, values in named.items())
    return f"{shares}; {len(next(iter(named.values())))} {of} each{how.weak()}"
