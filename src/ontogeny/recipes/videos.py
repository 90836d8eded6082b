"""Networks that watch video as a pipeline: what they see is real videos that never taught them.

`video-keypoints` says where the joints of a figure are that moves over a video; `video-motion`
which way a picture moves; `video-features` what a strong network of single frames would say of each
frame. The population tunes the learning rate and, where a sequential network of
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

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Log, Space
from ontogeny.learners.streaming.config import StreamingConfig
from ontogeny.learners.streaming.features import features_task
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.product import VideoModel
from ontogeny.learners.streaming.streaming import VideoTeacher, cold_ticks, streaming
from ontogeny.learners.streaming.task import VideoTask
from ontogeny.learners.streaming.tasks import keypoints_task, motion_task
from ontogeny.recipes.products import load_product
from ontogeny.recipes.recipe import Recipe
from ontogeny.recipes.teachers import placed
from ontogeny.views.figure import Figure
from ontogeny.worlds.videos.motions import KINDS, LARGER, stills
from ontogeny.worlds.videos.moving_figures import JOINTS
from ontogeny.worlds.videos.real_videos import (
    ClipsConfig,
    Videos,
    folder_videos,
    joined,
    packaged_videos,
)
from ontogeny.worlds.videos.seen_videos import (
    FrameTeacher,
    efficientnet_teacher,
    roomy_side,
    seen_clips,
)

PAPER = "Carreira et al. 2018, Massively Parallel Video Networks, arXiv 1806.03863"
TEACHER = "recipe field teacher"
END = 0.25  # of a video, where ends are held


@dataclass(frozen=True)
class WatchedVideos(Recipe):
    """What they share; the subclasses say what is asked."""

    papers: ClassVar[tuple[str, ...]] = (PAPER,)
    head: ClassVar[Literal["maps", "logits"]]

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

    @property
    def labels(self) -> tuple[str, ...]:
        """What the outputs are, one after another."""
        raise NotImplementedError

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

    def cold(self) -> int:
        """Return how many of a clip's first ticks count for nothing."""
        return cold_ticks(self.graph(), self.streaming)

    def product(self, state: Any) -> VideoModel:
        params = jax.tree.map(jnp.asarray, state.params)
        size, late = self.clips.size, self.streaming.prediction_latency
        return VideoModel(self.graph(), params, (size, size, 3), self.labels, late)


@dataclass(frozen=True)
class VideoKeypoints(WatchedVideos):
    """Where the joints of a figure are that moves over a video. Minutes."""

    head: ClassVar[Literal["maps", "logits"]] = "maps"

    @property
    def labels(self) -> tuple[str, ...]:
        return JOINTS

    def task(self) -> VideoTask:
        return keypoints_task(*self.read(2 * self.clips.size), self.clips)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.videos import keypoints_portrait

        return keypoints_portrait(self.task(), product, self.cold())


@dataclass(frozen=True)
class VideoMotion(WatchedVideos):
    """Which way a picture moves, of eight ways. Minutes."""

    head: ClassVar[Literal["maps", "logits"]] = "logits"

    @property
    def labels(self) -> tuple[str, ...]:
        return KINDS

    population: int = 2
    rounds: int = 10
    steps: int = 100
    learning_rates: tuple[float, float] = (1e-3, 4e-3)
    clips: ClipsConfig = field(default_factory=lambda: ClipsConfig(size=24, frames=14, speed=2.0))
    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(depth=6, growth=16, halves=(1, 3, 5), stages=0)
    )
    streaming: StreamingConfig = field(
        default_factory=lambda: StreamingConfig(batch=16, prediction_latency=2)
    )

    def graph(self) -> Graph:
        return dataclasses.replace(super().graph(), mean=0.5, deviation=0.25)

    def task(self) -> VideoTask:
        learn, held = self.read(LARGER * self.clips.size)
        return motion_task(stills(learn), stills(held), self.clips)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.videos import motion_portrait

        return motion_portrait(self.task(), product, self.cold())


@dataclass(frozen=True)
class VideoFeatures(WatchedVideos):
    """What EfficientNet-Lite0 would say of each frame: its features' components. Minutes."""

    head: ClassVar[Literal["maps", "logits"]] = "logits"

    population: int = 2
    rounds: int = 6
    steps: int = 60
    held: Literal["ends", "video"] = "ends"
    """What is held: the last quarter of each video, or a whole video."""
    components: int = 32
    """So many principal components of the strong network's features are asked for."""
    seen: int = 384
    """Clips that the strong network sees of the videos to learn from, once; a sixth as many of
    those that are held."""
    network: NetworkConfig = field(
        default_factory=lambda: NetworkConfig(depth=6, growth=16, halves=(0, 1, 3), stages=0)
    )
    streaming: StreamingConfig = field(default_factory=lambda: StreamingConfig(batch=8))

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"component {number + 1}" for number in range(self.components))

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "components")
        at_least(self, 6, "seen")

    def graph(self) -> Graph:
        return dataclasses.replace(super().graph(), mean=0.5, deviation=0.25)

    def strong(self) -> FrameTeacher:
        """Return the network of single frames that is asked. Raises `MissingExtra` without it."""
        return efficientnet_teacher()

    def task(self) -> VideoTask:
        videos, counts = self.read(roomy_side(self.clips)), (self.seen, self.seen // 6)
        if self.held == "ends":
            videos = joined(*videos).parted(END)
        learn, held = (
            seen_clips(part, n, self.clips, self.strong())
            for part, n in zip(videos, counts, strict=True)
        )
        return features_task(learn, held, self.components)

    def product(self, state: Any) -> VideoModel:
        return dataclasses.replace(super().product(state), is_logits=False)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.videos import features_portrait

        return features_portrait(self.task(), product, self.cold())
