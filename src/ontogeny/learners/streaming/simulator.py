"""How many frames a second more workers would see, told from what was measured on few.

    tick of W workers = max over workers of (sum of its stages' costs) + hand-over (W > 1)

Each worker has consecutive stages, dealt out so that the busiest has least to do. What workers take
from each other besides (the memory's bandwidth, a clock that falls) is not in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.partition import linear_partition


class Simulated(NamedTuple):
    """What so many workers would do."""

    workers: int
    """Those that have something to do: no more than stages."""
    tick: float
    """Seconds."""
    throughput: float
    """Frames a second."""
    speed_up: float
    """Of the throughput over one worker's."""


def simulated(costs: Sequence[float], hand_over: float, workers: int) -> Simulated:
    """Return what so many workers would do with stages that cost so many seconds each, where
    handing values over costs a tick so many. Raises `ConfigError` for no worker, or no cost.

    >>> simulated([2.0, 1.0, 1.0], 0.5, 2)
    Simulated(workers=2, tick=2.5, throughput=0.4, speed_up=1.6)
    """
    if workers < 1 or not costs or min(costs) < 0 or sum(costs) <= 0 or hand_over < 0:
        raise ConfigError(
            f"{workers} workers, costs {list(costs)!r:.60}, hand-over {hand_over}",
            where="simulated",
            hint="give 1 worker or more, and seconds that were measured",
        )
    busy = min(workers, len(costs))
    ends = linear_partition(costs, busy)
    begins = (0, *itertools.islice(ends, busy - 1))
    dearest = max(sum(costs[a:b]) for a, b in zip(begins, ends, strict=True))
    tick = float(dearest) + (float(hand_over) if busy > 1 else 0.0)
    return Simulated(busy, tick, 1 / tick, float(sum(costs)) / tick)
