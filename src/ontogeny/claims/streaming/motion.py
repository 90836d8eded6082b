"""The claim that pipelining sees motion: eight ways in which a picture moves, told apart by a
network whose every layer looks at one frame at a time.

A window over a still of a real video moves left, right, up or down, turns, or grows or shrinks; one
frame says nothing of which. A sequential network sees one frame a tick. Its fully parallel twin, of
the same convolutions and as many numbers, sees at once what is new through shallow layers and what
is old through deep ones. Source: Carreira et al. 2018 (arXiv 1806.03863); the task is this
project's own.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.streaming.figures import bars_figure
from ontogeny.claims.trainings import train
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.streaming import streaming
from ontogeny.learners.streaming.tasks import motion_task
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.videos.motions import KINDS, stills
from ontogeny.worlds.videos.real_videos import ClipsConfig, packaged_videos

ONE_FRAME, PARALLEL = "sequential", "fully parallel"
NETWORK = NetworkConfig("dense", "logits", len(KINDS), depth=6, growth=16, halves=(1, 3, 5))
ARMS = {ONE_FRAME: NETWORK, PARALLEL: dataclasses.replace(NETWORK, stages=0)}
LATE = 2  # frames that an answer may take

# At full, quick and tiny scale.
SEEDS = (4, 2, 2)
UPDATES = (1000, 400, 1)
FAST = ClipsConfig(size=24, frames=14, speed=2.0)
CLIP = (FAST, FAST, ClipsConfig(size=8, frames=6))
WARM_UP = (7, 7, 3)
TESTED = (128, 64, 2)
SEEN, CHANCE = 0.8, 1 / len(KINDS)
AT_CHANCE = 0.2


def measure(how: Measuring) -> Found:
    """Return the claim about motion, and its figure."""

    def of_arm(name: str) -> np.ndarray:
        config = ARMS[name]
        if how.scale == "tiny":
            config = dataclasses.replace(config, width=8, growth=8, depth=2, halves=(1,))
        settings = StreamingConfig(
            batch=how.choose(16, 16, 1),
            learning_rate=2e-3,
            updates=how.choose(*UPDATES),
            warm_up=how.choose(*WARM_UP),
            prediction_latency=LATE,
            test_batch=how.choose(*TESTED),
        )
        rounds = min(10, settings.updates)
        graph = dataclasses.replace(network(config), mean=0.5, deviation=0.25)
        learner = streaming(graph, _task(how.choose(*CLIP)), settings)
        size = how.choose(*SEEDS), rounds, settings.updates // rounds
        return train(how, learner, *size, f"motion, {name}", quick=how.quick).score[-1]

    found = how.of_each(ARMS, of_arm, (PARALLEL,))
    return claims_of(found, how), [
        bars_figure("kinds_told", "Kinds of motion told, share", found, {})
    ]


def claims_of(found: dict[str, np.ndarray], how: Measuring) -> list[Claim]:
    """Return the claim, given the share of ticks at which the kind is told, [seed]."""
    each = {name: bootstrap_interval(one, seed=how.seed) for name, one in found.items()}
    alone, parallel = each[ONE_FRAME], each[PARALLEL]
    return [
        Claim(
            f"{len(KINDS)} kinds of motion: one that sees a frame a tick is at chance, its fully "
            "parallel twin tells them",
            "skips make a pipeline of an image network see time",
            f"of {CHANCE:.3f} by chance: {ONE_FRAME} {alone}, {PARALLEL} {parallel}; "
            f"{how.choose(*SEEDS)} seeds, {how.choose(*UPDATES):,} updates{how.weak()}",
            f"below {AT_CHANCE}, and above {SEEN}: the whole intervals",
            bool(alone.high < AT_CHANCE and parallel.low > SEEN),
        )
    ]


def _task(clip: ClipsConfig) -> Any:
    return motion_task(*_stills(3 * clip.size), clip)


@functools.cache
def _stills(side: int) -> tuple[np.ndarray, np.ndarray]:
    learn, held = packaged_videos(side)
    return stills(learn), stills(held)
