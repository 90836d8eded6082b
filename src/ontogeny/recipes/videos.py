"""Networks that watch video as a pipeline: what they see is real videos that never taught them.

`video-keypoints` says where the joints of a figure are that moves over a video; `video-motion`
which way a picture moves. The population tunes the learning rate and, where a sequential network of
the same layers teaches, how much its features count:

    ontogeny grow video-keypoints --network.stages 1 --name teacher
    ontogeny grow video-keypoints --teacher teacher
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.streaming import VideoTeacher, streaming
from ontogeny.learners.streaming.task import VideoTask
from ontogeny.learners.streaming.tasks import keypoints_task, motion_task
from ontogeny.recipes.products import load_product
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.teachers import placed
from ontogeny.views.figure import Figure
from ontogeny.worlds.motions import KINDS, LARGER, stills
from ontogeny.worlds.moving_figures import JOINTS
from ontogeny.worlds.videos import ClipsConfig, Videos, folder_videos, packaged_videos

PAPER = "Carreira et al. 2018, Massively Parallel Video Networks, arXiv 1806.03863"
TEACHER = "recipe field teacher"


@dataclass(frozen=True)
class WatchedVideos(Recipe):
    """What both share; the subclasses say what is asked."""

    papers: ClassVar[tuple[str, ...]] = (PAPER,)
    head: ClassVar[Literal["maps", "logits"]]
    labels: ClassVar[tuple[str, ...]]

    population: int = 4
    """How many members grow side by side."""
    rounds: int = 5
    """How many rounds: a move, some steps, a score."""
    steps: int = 60
    """Updates of each member in a round."""
    videos: str = ""
    """A folder of your own videos, of which the last by name is held; those that a package ships
    when not given."""
    teacher: str = ""
    """A run, or the folder of a video model: the same layers, in one stage as a rule."""
    learning_rates: tuple[float, float] = (1e-3, 1e-2)
    """Bounds of the learning rate."""
    distillations: tuple[float, float] = (0.01, 1.0)
    """Bounds of the weight of the teacher's features."""
    clips: ClipsConfig = field(default_factory=ClipsConfig)
    network: NetworkConfig = field(default_factory=lambda: NetworkConfig(stages=0))
    streaming: StreamingConfig = field(default_factory=StreamingConfig)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.teacher:
            object.__setattr__(self, "teacher", placed(self.teacher))

    def graph(self) -> Graph:
        """Return the network, with an output a label."""
        wanted = {"head": self.head, "n_out": len(self.labels), "channels": 3}
        return network(dataclasses.replace(self.network, **wanted))

    def task(self) -> VideoTask:
        """Return what is asked. Raises `MissingExtra` without what ships or reads videos,
        `DataError` for videos that can't be used.
        """
        raise NotImplementedError

    def read(self, side: int) -> tuple[Videos, Videos]:
        """Return the videos to learn from and those that are held, `side` pixels across."""
        return folder_videos(self.videos, side) if self.videos else packaged_videos(side)

    def learner(self) -> Learner[Any]:
        settings = dataclasses.replace(self.streaming, updates=self.rounds * self.steps)
        return streaming(self.graph(), self.task(), settings, self.teaching())

    def teaching(self) -> VideoTeacher | None:
        """Return who teaches. Raises `ConfigError` for a product that is no video model."""
        if not self.teacher:
            return None
        model = load_product(self.teacher)
        if not isinstance(model, VideoModel):
            raise ConfigError(
                f"a {model.kind} is no teacher of networks that watch video",
                where=TEACHER,
                hint="grow one: ontogeny grow video-keypoints --network.stages 1",
            )
        return VideoTeacher(model.graph, model.params)

    def space(self) -> Space:
        dimensions = {"learning_rate": Log(*self.learning_rates)}
        if self.teacher:
            dimensions["distillation"] = Log(*self.distillations)
        return Space(dimensions)

    def units(self) -> dict[str, float]:
        return {"frames": self.streaming.batch * self.clips.frames}

    def product(self, state: Any) -> VideoModel:
        params = jax.tree.map(jnp.asarray, state.params)
        size, late = self.clips.size, self.streaming.prediction_latency
        return VideoModel(self.graph(), params, (size, size, 3), self.labels, late)


@dataclass(frozen=True)
class VideoKeypoints(WatchedVideos):
    """Where the joints of a figure are that moves over a video. Minutes."""

    head: ClassVar[Literal["maps", "logits"]] = "maps"
    labels: ClassVar[tuple[str, ...]] = JOINTS

    def task(self) -> VideoTask:
        return keypoints_task(*self.read(2 * self.clips.size), self.clips)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.videos import keypoints_portrait

        return keypoints_portrait(self.task(), product, self.seed)


@dataclass(frozen=True)
class VideoMotion(WatchedVideos):
    """Which way a picture moves, of eight ways. Minutes."""

    head: ClassVar[Literal["maps", "logits"]] = "logits"
    labels: ClassVar[tuple[str, ...]] = KINDS

    population: int = 2
    rounds: int = 8
    steps: int = 100
    clips: ClipsConfig = field(default_factory=lambda: ClipsConfig(speed=1.5))
    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(depth=6, growth=16, halves=(1, 3, 5), stages=0)
    )
    streaming: StreamingConfig = field(default_factory=lambda: StreamingConfig(batch=16))

    def graph(self) -> Graph:
        return dataclasses.replace(super().graph(), mean=0.5, deviation=0.25)

    def task(self) -> VideoTask:
        learn, held = self.read(LARGER * self.clips.size)
        return motion_task(stills(learn), stills(held), self.clips)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.videos import motion_portrait

        return motion_portrait(self.task(), product, self.seed)
