"""What networks that watch video are asked here: where the joints of a figure are, and how a
picture moves.

Keypoints: a map a joint; the loss of a map is the sigmoid cross-entropy against a bump at the
joint, in which places count the more the higher the bump:

    mean over places of  (1 + (w - 1) H) (softplus(z) - z H),   H = exp(-|place - joint|² / 2 σ²)

Read are the error, in pixels of a map, and PCK: the share of joints that are found within 1.5.

Sources: Carreira et al. 2018 (arXiv 1806.03863), whose keypoints are a strong model's; PCK: Yang
and Ramanan 2013.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.task import VideoTask
from ontogeny.ops.peaks import peaks
from ontogeny.worlds.videos.motions import draw_motion
from ontogeny.worlds.videos.moving_figures import draw_figure
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

CORRECT = 1.5  # pixels of a map
BUMP = 1.0  # its deviation, in the same
POSITIVE = 20.0  # how much more the middle of a bump counts than where there is none


def keypoints_task(learn: Videos, held: Videos, config: ClipsConfig | None = None) -> VideoTask:
    """Return the task to say where a figure's joints are: a map for each, of any size that divides
    the frame's. Score: PCK, on held videos. Raises `ConfigError` where the videos are no larger
    than a frame, `DataError` where they are too short.

    >>> task = keypoints_task(*packaged_videos())
    >>> frames, joints = jax.eval_shape(task.draw, jax.random.key(0))
    >>> frames.shape, joints.shape
    ((20, 32, 32, 3), (20, 3, 2))
    """
    c = config or ClipsConfig()
    for videos in (learn, held):
        _check_side(videos.frames, c.size + 1, "keypoints_task")
        videos.begins(c.frames)

    def loss(outputs: Array, joints: Array) -> Array:
        bumps = heat_maps(joints * _scale(outputs, c.size), *outputs.shape[1:3])
        apart = jax.nn.softplus(outputs) - outputs * bumps
        return jnp.mean((1 + (POSITIVE - 1) * bumps) * apart, axis=(1, 2, 3))

    def measures(outputs: Array, joints: Array) -> dict[str, Array]:
        off = places(outputs) - joints * _scale(outputs, c.size)
        error = jnp.linalg.norm(off, axis=-1)
        return {"pck": jnp.mean(error < CORRECT, axis=-1), "error": jnp.mean(error, axis=-1)}

    def draw(videos: Videos) -> Any:
        return lambda key: draw_figure(key, videos, c)

    return VideoTask(draw(learn), draw(held), loss, measures, "pck")


def motion_task(
    learn: UInt8[np.ndarray, "_ side side 3"],
    held: UInt8[np.ndarray, "_ side side 3"],
    config: ClipsConfig | None = None,
) -> VideoTask:
    """Return the task to say which of the eight kinds of motion is seen at each frame, from logits.
    Score: accuracy, on held stills. Raises `ConfigError` where stills are not three times as large
    as a frame.
    """
    c = config or ClipsConfig()
    for stills in (learn, held):
        _check_side(stills, 3 * c.size, "motion_task")

    def loss(outputs: Array, kinds: Int[Array, " time"]) -> Array:
        logged = jax.nn.log_softmax(outputs)
        return -jnp.take_along_axis(logged, kinds[:, None], axis=1)[:, 0]

    def measures(outputs: Array, kinds: Int[Array, " time"]) -> dict[str, Array]:
        return {"accuracy": (jnp.argmax(outputs, axis=-1) == kinds).astype(jnp.float32)}

    def draw(stills: np.ndarray) -> Any:
        return lambda key: draw_motion(key, stills, c)

    return VideoTask(draw(learn), draw(held), loss, measures, "accuracy")


def heat_maps(
    joints: Float[Array, "... joint 2"], height: int, width: int
) -> Float[Array, "... height width joint"]:
    """Return a map with a bump of height 1 at each joint, given in pixels of the map."""
    down = joints[..., None, :, 0] - (jnp.arange(height) + 0.5)[:, None]
    across = joints[..., None, :, 1] - (jnp.arange(width) + 0.5)[:, None]
    squared = down[..., :, None, :] ** 2 + across[..., None, :, :] ** 2
    return jnp.exp(-squared / (2 * BUMP**2))


def places(outputs: Float[Array, "... height width joint"]) -> Float[Array, "... joint 2"]:
    """Return where maps (before the sigmoid) are highest, in pixels of the map: the mean of the 3 x
    3 places around the highest, each by its height. Multiply by the frame's size over the map's.
    """
    found = peaks(outputs)
    height, width = outputs.shape[-3:-1]
    return jnp.stack([found.y * height, found.x * width], axis=-1)


def _scale(outputs: Array, size: int) -> float:
    return outputs.shape[1] / size


def _check_side(frames: UInt8[np.ndarray, "_ side side 3"], least: int, where: str) -> None:
    if frames.shape[1] < least:
        raise ConfigError(
            f"the videos are {frames.shape[1]} pixels across",
            where=where,
            hint=f"read them at {least} or more: packaged_videos({least})",
        )
