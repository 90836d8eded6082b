"""The claims about what a pipeline's loss depends on: how late it may answer, how many stages it
has, how seldom its deep layers tick, and how fast the figures move.

The networks with skips of the claims about prediction. A clock of rate r lets a layer tick every
r-th frame; phases are staggered. Source: Carreira et al. 2018 (arXiv 1806.03863), whose multi-rate
clocks and prediction latencies these are; the task is this project's own.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.streaming.figures import bars_figure, curves_figure
from ontogeny.claims.streaming.learned import SKIPS, at_scale, cost, judged, trained
from ontogeny.learners.streaming.latency import cost as work
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.ops.statistics import Interval, bootstrap_interval

SEQUENTIAL: str = "sequential"
PARALLEL: str = "fully parallel"
FULL = dataclasses.replace(SKIPS, stages=0)
LATE: tuple[int, ...] = (0, 1, 2, 4, 8)
STAGES: tuple[int, ...] = (1, 2, 3, 5, 9)
CLOCKS: dict[str, tuple[int, ...]] = {
    "every tick": (),
    "1, 2": (1, 2),
    "1, 2, 4": (1, 2, 4),
    "1, 1, 2, 2, 4": (1, 1, 2, 2, 4),
}
FASTER = 2.0
CLOSE = 0.02  # to the sequential network, by 4 frames late
CHEAPER, DEARER = 0.4, 0.05  # what clocks save, and may cost


def measure(how: Measuring) -> Found:
    """Return the claims of all four sweeps, and their figures."""

    def pck(config: NetworkConfig, what: str, late: int = 0, speed: float = 1.0) -> np.ndarray:
        learned = trained(config, how, what, late=late, speed=speed)
        graph = network(at_scale(config, how))
        return judged(graph, learned.states.params, how, late=late, speed=speed).pck

    alone = pck(SKIPS, SEQUENTIAL)

    def delayed(p: int) -> np.ndarray:
        return how.unless_tiny(lambda: pck(FULL, f"{p} frames late", p), alone)

    late = how.of_each(LATE, delayed, (0,))

    def staged(k: int) -> np.ndarray:
        if k == 1:
            return alone
        return pck(dataclasses.replace(SKIPS, stages=0 if k == STAGES[-1] else k), f"{k} stages")

    stages = how.of_each(STAGES, staged, (1,))

    def clocked(name: str) -> np.ndarray:
        config = dataclasses.replace(FULL, rates=CLOCKS[name])
        return pck(config, f"clocks {name}") if CLOCKS[name] else late[0]

    clocks = how.of_each(CLOCKS, clocked, ("every tick",))
    costs = {
        name: work(network(dataclasses.replace(FULL, rates=rates)))
        for name, rates in CLOCKS.items()
    }

    def faster(name: str) -> np.ndarray:
        if how.scale == "tiny":
            return alone
        config = {SEQUENTIAL: SKIPS, PARALLEL: FULL}[name]
        return pck(config, f"{name}, faster figures", speed=FASTER)

    fast = how.of_each((SEQUENTIAL, PARALLEL), faster, (SEQUENTIAL,))
    mean = {name: one.mean / costs["every tick"].mean for name, one in costs.items()}
    peak = {name: one.peak / costs["every tick"].peak for name, one in costs.items()}
    found = alone, late, stages, clocks, fast, mean, peak
    return claims_of(*found, how), [
        curves_figure(
            "by_latency",
            "Joints found",
            "frames late",
            np.array(LATE),
            {
                PARALLEL: np.stack([late[p] for p in LATE]),
                SEQUENTIAL: np.stack([alone for _ in LATE]),
            },
        ),
        curves_figure(
            "by_stages",
            "Joints found",
            "stages",
            np.array(STAGES),
            {"with skips": np.stack([stages[k] for k in STAGES])},
        ),
        curves_figure(
            "by_clocks",
            "Joints found",
            "work a frame, share of every layer at every tick",
            np.array([mean[name] for name in CLOCKS]),
            {PARALLEL: np.stack([clocks[name] for name in CLOCKS])},
        ),
        bars_figure("faster", f"Joints found of figures {FASTER:g} times as fast", fast, {}),
    ]


def claims_of(
    alone: np.ndarray,
    late: Mapping[int, np.ndarray],
    stages: Mapping[int, np.ndarray],
    clocks: dict[str, np.ndarray],
    fast: Mapping[str, np.ndarray],
    mean: dict[str, float],
    peak: dict[str, float],
    how: Measuring,
) -> list[Claim]:
    """Return the claims, given the shares of joints found, [seed] each, and what clocks leave of
    the work of a frame, in the mean and at the dearest tick.
    """

    def interval(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def row(found: Mapping[int, np.ndarray]) -> str:
        return " / ".join(str(interval(values)) for values in found.values())

    spent = cost(how)
    by_four = interval(alone - late[4])
    fewer = [interval(stages[a] - stages[b]) for a, b in itertools.pairwise(STAGES)]
    slowest = list(CLOCKS)[-1]
    lost = interval(clocks["every tick"] - clocks[slowest])
    harder = interval((late[0] - fast[PARALLEL]) - (alone - fast[SEQUENTIAL]))
    told = "; ".join(
        f"{name}: {interval(clocks[name])} at {mean[name]:.2f} of the work ({peak[name]:.2f} at "
        "the dearest tick)"
        for name in CLOCKS
    )
    return [
        Claim(
            f"a fully parallel network that may answer 4 frames late is within {CLOSE} of the "
            "sequential one",
            "the loss falls quickly as predictions may be later",
            f"{' / '.join(map(str, LATE))} frames late: {row(late)}; sequential {interval(alone)}; "
            f"{spent}",
            f"sequential minus parallel, 4 frames late: the interval reaches below {CLOSE}",
            bool(by_four.low < CLOSE),
        ),
        Claim(
            "more stages find fewer joints",
            "the more parallel, the harder",
            f"{' / '.join(map(str, STAGES))} stages: {row(stages)}; {spent}",
            "no step gains (each interval of what is lost reaches above 0), and all together lose "
            "(above 0)",
            all(step.high > 0 for step in fewer) and interval(alone - stages[STAGES[-1]]).low > 0,
        ),
        Claim(
            f"clocks of {slowest} save {CHEAPER:.0%} of the work and cost at most {DEARER} joints",
            "deep layers may tick seldom",
            f"{told}; {spent}",
            f"work at most {1 - CHEAPER:.0%}, and the interval of what is lost reaches below "
            f"{DEARER}",
            bool(mean[slowest] <= 1 - CHEAPER and lost.low < DEARER),
        ),
        Claim.above(
            f"figures {FASTER:g} times as fast cost a pipeline more than the sequential network",
            "(expected of a network that has to foresee)",
            f"{PARALLEL} {interval(late[0])} and {interval(fast[PARALLEL])}, {SEQUENTIAL} "
            f"{interval(alone)} and {interval(fast[SEQUENTIAL])}; {spent}",
            harder,
            threshold="what the pipeline loses more: the interval above 0",
        ),
    ]
