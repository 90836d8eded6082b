"""Networks that learned to say where the joints of a figure are, several seeds at once: what the
claims about prediction share. All are judged after the same ticks, whatever their latency.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple

import jax
import numpy as np

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import Trained, train
from ontogeny.core.compiling import quick_to_compile
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.streaming import VideoTeacher, judge_held, streaming
from ontogeny.learners.streaming.tasks import keypoints_task
from ontogeny.worlds.videos.moving_figures import JOINTS
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos, packaged_videos

SKIPS = NetworkConfig("dense", n_out=len(JOINTS), width=16, depth=8, growth=8)
CHAIN = dataclasses.replace(SKIPS, family="plain")
CLIP = ClipsConfig(size=32, frames=20)
LEARNING_RATE = 4e-3
WARM_UP = 10  # ticks of a clip that count for nobody

# At full, quick and tiny scale.
SEEDS = (4, 2, 2)
UPDATES = (120, 50, 1)
TESTED = (64, 32, 2)  # held clips


class Judgement(NamedTuple):
    """Of each seed, on held clips: [seed]."""

    pck: np.ndarray
    """The share of joints that are found."""
    error: np.ndarray
    """Pixels of a map."""


def at_scale(config: NetworkConfig, how: Measuring) -> NetworkConfig:
    """Return the network that is trained at this scale."""
    return how.choose(config, config, dataclasses.replace(config, width=8, depth=2))


def trained(
    config: NetworkConfig,
    how: Measuring,
    what: str,
    *,
    late: int = 0,
    speed: float = 1.0,
    teacher: VideoTeacher | None = None,
) -> Trained:
    """Return networks that learned, a seed each; once in a process, for the parts that ask for the
    same. They may answer `late` frames late; figures move so many times as fast.
    """

    def learned() -> Trained:
        updates = how.choose(*UPDATES)
        rounds = min(10, updates)
        graph = network(at_scale(config, how))
        learner = streaming(graph, _task(how, speed), _settings(how, late), teacher)
        size = how.choose(*SEEDS), rounds, updates // rounds
        return train(how, learner, *size, what, quick=how.quick)

    return how.once(("joints", config, late, speed, teacher is not None), learned)


def judged(
    graph: Graph, params: Any, how: Measuring, *, late: int = 0, speed: float = 1.0
) -> Judgement:
    """Return how good networks [seed, ...] are in this graph, on held clips."""
    task, settings = _task(how, speed), _settings(how, late)

    def one(params: Any) -> Any:
        return judge_held(graph, params, task, settings).measures

    program = jax.jit(jax.vmap(one), compiler_options=quick_to_compile(how.quick))
    told = jax.device_get(program(params))
    return Judgement(*(np.asarray(told[name], np.float64) for name in Judgement._fields))


def first(params: Any) -> Any:
    """Return the first seed's."""
    return jax.tree.map(lambda leaf: leaf[0], params)


def cost(how: Measuring) -> str:
    """Return the words for how much was trained."""
    return f"{how.choose(*SEEDS)} seeds, {how.choose(*UPDATES):,} updates{how.weak()}"


def _settings(how: Measuring, late: int) -> StreamingConfig:
    return StreamingConfig(
        batch=how.choose(4, 4, 1),
        learning_rate=LEARNING_RATE,
        updates=how.choose(*UPDATES),
        warm_up=how.choose(WARM_UP, WARM_UP, 3),
        prediction_latency=late,
        test_batch=how.choose(*TESTED),
    )


def _task(how: Measuring, speed: float) -> Any:
    clip = how.choose(CLIP, CLIP, ClipsConfig(size=8, frames=6))
    return keypoints_task(*_videos(), dataclasses.replace(clip, speed=speed))


@functools.cache
def _videos() -> tuple[Videos, Videos]:
    return packaged_videos()
