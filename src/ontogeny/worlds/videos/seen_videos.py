"""Clips of real videos, and what a strong network of single frames makes of each frame.

A clip is a window that wanders over a stretch of a video. The strong network sees it sharp, and a
pupil small: the same places, in fewer pixels. What it says is computed once, and kept in the cache
folder by the videos' content, the network and the settings.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, UInt8

from ontogeny.core.cache import Made, remembered
from ontogeny.core.errors import ConfigError
from ontogeny.worlds.photos.backbone import backbone_version, seen
from ontogeny.worlds.videos.moving_figures import cropped, wander
from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

SHARPER = 3  # times as many pixels along a side as the pupil's
ROOMIER = 1.5  # times the sharp window's side: the side of the videos
TOGETHER = 16  # clips that are made at once
SEED = 18_060_386


class FrameTeacher(NamedTuple):
    """A strong network of single frames."""

    name: str
    """With its version: what it said is kept under it."""
    see: Callable[[UInt8[np.ndarray, "item size size 3"]], Float[np.ndarray, "item feature"]]
    """Pictures to features."""


class SeenClips(NamedTuple):
    """Clips as a pupil sees them, and the teacher's features of each frame."""

    frames: UInt8[np.ndarray, "clip time size size 3"]
    features: Float[np.ndarray, "clip time feature"]


def efficientnet_teacher() -> FrameTeacher:
    """Return EfficientNet-Lite0 with its packaged weights: 1280 features. Raises `MissingExtra`
    when they are not installed.
    """
    return FrameTeacher(backbone_version(), seen)


def roomy_side(config: ClipsConfig) -> int:
    """Return how many pixels across videos are best read for such clips."""
    return round(ROOMIER * SHARPER * config.size)


def seen_clips(
    videos: Videos, n: int, config: ClipsConfig, teacher: FrameTeacher | None = None
) -> SeenClips:
    """Return n clips of videos, always the same, seen by a teacher (`efficientnet_teacher()` when
    none is given), which looks at windows of three times as many pixels along a side.

    Raises `ConfigError` where the videos are no larger than such a window, `DataError` where they
    are too short.
    """
    sharp = SHARPER * config.size
    if videos.frames.shape[1] < sharp + 1:
        raise ConfigError(
            f"the videos are {videos.frames.shape[1]} pixels across, and a window {sharp}",
            where="seen_clips",
            hint=f"read them at {roomy_side(config)}: packaged_videos({roomy_side(config)})",
        )
    videos.begins(config.frames)
    who = efficientnet_teacher() if teacher is None else teacher
    stamp = {
        "videos": hashlib.sha256(videos.frames.tobytes()).hexdigest(),
        "ends": videos.ends.tolist(),
        "clips": n,
        "settings": dataclasses.asdict(config),
        "teacher": who.name,
    }
    return SeenClips(
        **remembered("seen-videos", stamp, lambda: _made(videos, n, config, who)).arrays
    )


def draw_window(
    key: Key[Array, ""], videos: Videos, config: ClipsConfig
) -> UInt8[Array, "time sharp sharp 3"]:
    """Return a sharp clip: a window that wanders over a stretch of a video, mirrored or not."""
    video_key, crop_key, mirror_key = jax.random.split(key, 3)
    footage, sharp = videos.draw(video_key, config.frames), SHARPER * config.size
    spare = footage.shape[1] - sharp - 1
    corners = (wander(crop_key, config.frames, 2, config.speed) + 1) / 2 * spare
    crops = jax.vmap(lambda frame, corner: cropped(frame, corner, sharp))(footage, corners)
    mirrored = jnp.where(jax.random.bernoulli(mirror_key), crops[:, :, ::-1], crops)
    return jnp.rint(mirrored).astype(jnp.uint8)


def _made(videos: Videos, n: int, config: ClipsConfig, teacher: FrameTeacher) -> Made:
    @partial(jax.jit, static_argnums=1)
    def drawn(keys: Array, size: int) -> tuple[Array, Array]:
        clips = jax.lax.map(lambda key: draw_window(key, videos, config), keys)
        blocks = clips.reshape(*clips.shape[:2], size, SHARPER, size, SHARPER, 3)
        small = jnp.mean(blocks.astype(jnp.float32), axis=(3, 5))
        return clips, jnp.rint(small).astype(jnp.uint8)

    together = min(TOGETHER, n)
    every = jax.random.split(jax.random.key(SEED), -(-n // together) * together)
    frames, features = list[np.ndarray](), list[np.ndarray]()
    for keys in every.reshape(-1, together):
        sharp, small = map(np.asarray, drawn(keys, config.size))
        told = teacher.see(sharp.reshape(-1, *sharp.shape[2:]))
        frames.append(small)
        features.append(np.asarray(told, np.float32).reshape(*sharp.shape[:2], -1))
    return Made(
        {"frames": np.concatenate(frames)[:n], "features": np.concatenate(features)[:n]}, {}
    )
