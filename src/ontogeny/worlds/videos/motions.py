"""Eight ways in which a still of a real video can move: a single frame doesn't tell them apart.

What moves is a window over the still: left or right, up or down, turning, growing. Each of the four
goes to and fro between its ends at a steady rate; where all four are when a clip begins is uniform,
so that what is seen at one moment doesn't say which one moves, nor which way.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt8

from ontogeny.worlds.videos.real_videos import ClipsConfig, Videos

KINDS = ("left", "right", "up", "down", "anticlockwise", "clockwise", "farther", "nearer")
"""How what is seen moves."""
LARGER = 3  # times a frame's size: the side of a still
REACH = (0.4, 0.4, 0.8, 0.4)  # ends: columns and rows in shares of the frame, radians, log of size
RATE = (0.03, 0.03, 0.04, 0.03)  # a frame, on the mean
CONTRAST = 64  # the deviation of a still's numbers
EVERY = 8  # frames of a video from one still to the next


def stills(videos: Videos) -> UInt8[np.ndarray, "still side side 3"]:
    """Return some of the frames, each brought to the same brightness and contrast: in a dark room,
    too, something moves.
    """
    some = videos.frames[::EVERY].astype(np.float32)
    mean, deviation = (of(some, axis=(1, 2, 3), keepdims=True) for of in (np.mean, np.std))
    return np.clip(128 + CONTRAST * (some - mean) / (deviation + 1), 0, 255).astype(np.uint8)


def draw_motion(
    key: Key[Array, ""], pictures: UInt8[np.ndarray, "still side side 3"], config: ClipsConfig
) -> tuple[UInt8[Array, "time size size 3"], Int[Array, " time"]]:
    """Return a clip, and which of `KINDS` it shows at each frame, since the frame before."""
    picture_key, axis_key, phase_key, rate_key = jax.random.split(key, 4)
    picture = jnp.asarray(pictures)[jax.random.randint(picture_key, (), 0, len(pictures))]
    axis = jax.random.randint(axis_key, (), 0, 4)
    moves = jnp.arange(4) == axis
    reach = jnp.array(REACH)
    rate = config.speed * jax.random.uniform(rate_key, minval=0.5, maxval=1.5)
    phase = jax.random.uniform(phase_key, (4,), maxval=4.0)
    time = jnp.arange(config.frames)[:, None]
    step = rate * jnp.array(RATE) / reach
    along = phase + moves * step * time
    poses = reach * _to_and_fro(along)
    falls = jnp.mod(along - moves * step / 2, 4.0)[:, axis] < 2
    across = _turned(config.size * poses[:, :2], poses[0, 2])  # as it is seen, however it's turned
    poses = poses.at[:, :2].set(across)
    frames = jax.vmap(lambda pose: seen(picture, pose, config.size))(poses)
    return jnp.rint(frames).astype(jnp.uint8), 2 * axis + falls.astype(jnp.int32)


def seen(
    picture: UInt8[Array, "side side 3"], pose: Float[Array, "4"], size: int
) -> Float[Array, "size size 3"]:
    """Return what a window of the picture shows, linear between pixels: moved by the first two
    (pixels to the right and down), turned clockwise by the third, e to the fourth times as large.
    """
    centres = jnp.exp(pose[3]) * (jnp.arange(size) + 0.5 - size / 2)
    grid = jnp.stack(jnp.meshgrid(centres, centres), axis=-1)
    places = len(picture) / 2 - 0.5 + pose[:2] + _turned(grid, pose[2])
    first = jnp.floor(places)
    aside, below = jnp.moveaxis((places - first)[..., None], 2, 0)
    j, i = jnp.moveaxis(first.astype(jnp.int32), 2, 0)

    def at(i: Array, j: Array) -> Array:
        return picture[i, j].astype(jnp.float32)

    upper = at(i, j) + aside * (at(i, j + 1) - at(i, j))
    lower = at(i + 1, j) + aside * (at(i + 1, j + 1) - at(i + 1, j))
    return upper + below * (lower - upper)


def _turned(x: Float[Array, "... 2"], angle: Float[Array, ""]) -> Float[Array, "... 2"]:
    """Return columns and rows turned clockwise."""
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    return x @ jnp.array([[cosine, sine], [-sine, cosine]])


def _to_and_fro(phase: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return a wave of straight lines between -1 and 1: it falls for 2, and rises for 2."""
    return jnp.abs(jnp.mod(phase, 4.0) - 2) - 1
