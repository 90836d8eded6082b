"""Stick figures that move over moving crops of real videos: where their joints are is known.

A figure is three joints, each of its own colour, and two links. Where its middle joint is, which
way its links point, and where the crop lies all wander smoothly: sums of two sine waves.
"""

from __future__ import annotations

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, Num, UInt8

from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

JOINTS = ("hand", "elbow", "shoulder")
COLOURS = ((230, 55, 45), (60, 205, 80), (65, 105, 240))
LINK = (245, 245, 235)
FREQUENCY = (0.07, 0.2)  # of what wanders: radians a frame
ROOM, TURN, LENGTH = 0.22, 1.5, (0.2, 0.3)  # shares of the frame; radians
JOINT, HALF_LINK = 0.055, 0.025  # radius and half the width, in shares of the frame


def draw_figure(
    key: Key[Array, ""], videos: Videos, config: ClipsConfig
) -> tuple[UInt8[Array, "time size size 3"], Float[Array, "time joint 2"]]:
    """Return a clip, and where its joints are: row and column in pixels, 0 at the frame's edge.
    Videos are larger than the frames.
    """
    video_key, crop_key, figure_key = jax.random.split(key, 3)
    footage = videos.draw(video_key, config.frames)
    spare = footage.shape[1] - config.size - 1
    corners = (wander(crop_key, config.frames, 2, config.speed) + 1) / 2 * spare
    joints = moving_joints(figure_key, config)
    crops = jax.vmap(lambda frame, corner: cropped(frame, corner, config.size))(footage, corners)
    drawn = jax.vmap(with_figure)(crops, joints)
    return jnp.rint(drawn).astype(jnp.uint8), joints


def moving_joints(key: Key[Array, ""], config: ClipsConfig) -> Float[Array, "time joint 2"]:
    """Return where the joints are at each frame; none leaves the frame."""
    place_key, turn_key, way_key, length_key = jax.random.split(key, 4)
    size, time, speed = config.size, config.frames, config.speed
    middle = ROOM * wander(place_key, time, 2, speed)
    ways = jax.random.uniform(way_key, (2,), maxval=2 * math.pi)
    angles = ways + TURN * wander(turn_key, time, 2, speed)
    lengths = jax.random.uniform(length_key, (2, 1), minval=LENGTH[0], maxval=LENGTH[1])
    links = lengths * jnp.stack([jnp.sin(angles), jnp.cos(angles)], axis=-1)
    joints = jnp.stack([middle + links[:, 0], middle, middle + links[:, 1]], axis=1)
    return size * (0.5 + 0.46 * jnp.tanh(joints / 0.46))


def wander(key: Key[Array, ""], time: int, n: int, speed: float) -> Float[Array, "time n"]:
    """Return n numbers that move smoothly between -1 and 1."""
    phase_key, frequency_key = jax.random.split(key)
    phase = jax.random.uniform(phase_key, (2, n), maxval=2 * math.pi)
    low, high = FREQUENCY
    often = speed * jax.random.uniform(frequency_key, (2, n), minval=low, maxval=high)
    waves = jnp.sin(phase + often * jnp.arange(time)[:, None, None])
    return (2 * waves[:, 0] + waves[:, 1]) / 3


def cropped(
    frame: Num[Array, "rows columns chan"], corner: Float[Array, "2"], size: int
) -> Float[Array, "size size chan"]:
    """Return the square whose upper left corner is there, linear between pixels."""
    start = jnp.floor(corner).astype(jnp.int32)
    below, right = corner - start
    cut = jax.lax.dynamic_slice(frame, (*start, 0), (size + 1, size + 1, frame.shape[2]))
    cut = cut.astype(jnp.float32)
    rows = cut[:-1] + below * (cut[1:] - cut[:-1])
    return rows[:, :-1] + right * (rows[:, 1:] - rows[:, :-1])


def with_figure(
    frame: Float[Array, "size size 3"], joints: Float[Array, "joint 2"]
) -> Float[Array, "size size 3"]:
    """Return a frame (0 to 255) with the figure drawn over it: links, and joints on top."""
    size = len(frame)
    centres = jnp.arange(size) + 0.5
    places = jnp.stack(jnp.meshgrid(centres, centres, indexing="ij"), axis=-1)
    for a, b in pairwise(joints):
        link = b - a
        along = jnp.clip((places - a) @ link / (link @ link + 1e-6), 0, 1)
        off = _length(places - a - along[..., None] * link)
        frame = _painted(frame, LINK, HALF_LINK * size - off)
    for joint, colour in zip(joints, COLOURS, strict=True):
        frame = _painted(frame, colour, JOINT * size - _length(places - joint))
    return frame


def _painted(frame: Array, colour: tuple[int, ...], inside: Float[Array, "size size"]) -> Array:
    """Return the frame with what is inside (in pixels, below 0 is outside) in that colour."""
    cover = jnp.clip(inside + 0.5, 0, 1)[..., None]
    return frame + cover * (jnp.array(colour, jnp.float32) - frame)


def _length(x: Float[Array, "... 2"]) -> Float[Array, "..."]:
    return jnp.sqrt(x[..., 0] ** 2 + x[..., 1] ** 2)
