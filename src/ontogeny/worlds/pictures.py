"""Pictures of worlds, as pure functions: a grid of channels in colours, a cart with its pole, an
observation as bars.

Each returns uint8 [height, width, 3], so that a film is one `jax.vmap` or `lax.scan` away.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

BACKGROUND = (18, 20, 28)
INK = (226, 229, 236)
# Ten colours that stay apart on a dark ground, for most of the colour-blind too (after Okabe, Ito).
PALETTE = (
    (86, 180, 233),
    (240, 228, 66),
    (120, 124, 140),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (0, 114, 178),
    (190, 240, 190),
    (255, 120, 120),
)


def grid_picture(
    channels: Float[Array, "height width chan"], scale: int = 16
) -> UInt8[Array, "rows columns 3"]:
    """Return the grid, each cell a square of `scale` pixels in the colour of its first channel that
    is on.

    A thin line of background parts the squares.
    """
    n = channels.shape[-1]
    colours = jnp.array([PALETTE[i % len(PALETTE)] for i in range(n)], jnp.uint8)
    on = channels > 0.5
    cell = jnp.where(
        jnp.any(on, axis=-1, keepdims=True),
        colours[jnp.argmax(on, axis=-1)],
        jnp.array(BACKGROUND, jnp.uint8),
    )
    picture = jnp.repeat(jnp.repeat(cell, scale, axis=0), scale, axis=1)
    rows, columns = jnp.indices(picture.shape[:2]) % scale
    edge = (rows == scale - 1) | (columns == scale - 1)
    return jnp.where(edge[..., None] & (scale > 3), jnp.array(BACKGROUND, jnp.uint8), picture)


def cart_picture(
    position: Float[Array, ""], angle: Float[Array, ""], height: int = 160, width: int = 240
) -> UInt8[Array, "rows columns 3"]:
    """Return a cart on its track with the pole at `angle` radians from upright, `position` from
    -2.4 to 2.4.
    """
    rows, columns = jnp.indices((height, width)).astype(jnp.float32)
    ground, middle = 0.8 * height, width * (0.5 + position / 6.0)
    length = 0.55 * height
    tip_row, tip_column = ground - 10 - length * jnp.cos(angle), middle + length * jnp.sin(angle)
    foot_row, foot_column = ground - 10, middle
    along = (rows - foot_row) * (tip_row - foot_row) + (columns - foot_column) * (
        tip_column - foot_column
    )
    along = jnp.clip(along / length**2, 0.0, 1.0)
    off = jnp.hypot(
        rows - foot_row - along * (tip_row - foot_row),
        columns - foot_column - along * (tip_column - foot_column),
    )
    track = jnp.abs(rows - ground - 6) < 1
    cart = (jnp.abs(columns - middle) < 20) & (jnp.abs(rows - ground + 4) < 8)
    return _paint((height, width), (track, PALETTE[2]), (cart, PALETTE[0]), (off < 3.5, PALETTE[6]))


def skeleton_picture(
    joints: Float[Array, "joint 3"],
    parents: tuple[int, ...],
    height: int = 160,
    width: int = 240,
    reach: float = 1.6,
) -> UInt8[Array, "rows columns 3"]:
    """Return a body from its side and a little from above: a line from each joint to its parent
    (-1: it has none), on the ground. Places are metres, upward last; the picture follows the first
    joint and shows `reach` metres to either side, and a mark on the ground at every metre.
    """
    rows, columns = jnp.indices((height, width)).astype(jnp.float32)
    metre = width / (2 * reach)
    ground = height - 24.0
    across, away, _ = (joints - joints[0]).T
    up = joints[:, 2] + 0.3 * away  # what is further away is drawn higher
    at = jnp.stack([ground - up * metre, width / 2 + across * metre], axis=1)
    limbs = [(i, p) for i, p in enumerate(parents) if p >= 0]
    begin = at[jnp.array([p for _, p in limbs], int)]
    along = at[jnp.array([i for i, _ in limbs], int)] - begin
    off = jnp.stack([rows, columns]) - begin[:, :, None, None]
    part = jnp.einsum("lk,lkrc->lrc", along, off) / (
        jnp.sum(along**2, axis=1)[:, None, None] + 1e-6
    )
    apart = off - jnp.clip(part, 0, 1)[:, None] * along[:, :, None, None]
    limb = jnp.min(jnp.sum(apart**2, axis=1), axis=0, initial=jnp.inf) < 3.0**2
    dots = jnp.stack([rows, columns]) - at[:, :, None, None]
    joint = jnp.min(jnp.sum(dots**2, axis=1), axis=0) < 4.5**2
    metres = (columns - width / 2) / metre + joints[0, 0]
    mark = (jnp.abs(metres - jnp.round(metres)) * metre < 1) & (jnp.abs(rows - ground - 6) < 4)
    line = jnp.abs(rows - ground - 2) < 1
    return _paint(
        (height, width), (line | mark, PALETTE[2]), (limb, PALETTE[0]), (joint, PALETTE[6])
    )


def rods_picture(angles: Float[Array, " rod"]) -> UInt8[Array, "rows columns 3"]:
    """Return rods of one metre, each hung at the end of the one before, the first at a fixed joint;
    angles are in radians from upright, growing counterclockwise.
    """
    n = angles.shape[0]
    ends = jnp.cumsum(jnp.stack([-jnp.sin(angles), 0 * angles, jnp.cos(angles)], axis=1), axis=0)
    joints = jnp.concatenate([jnp.zeros((1, 3)), ends]) + jnp.array([0, 0, n + 0.2])
    return skeleton_picture(joints, tuple(range(-1, n)), reach=1.9 * n + 0.2)


def bars_picture(
    observation: Float[Array, "..."], height: int = 160, width: int = 240
) -> UInt8[Array, "rows columns 3"]:
    """Return the numbers as bars up or down from a middle line, squashed by tanh; long observations
    are cut at 64.
    """
    values = jnp.tanh(observation.reshape(-1)[:64].astype(jnp.float32))
    n = values.shape[0]
    rows, columns = jnp.indices((height, width)).astype(jnp.float32)
    which = jnp.clip((columns * n / width).astype(jnp.int32), 0, n - 1)
    inside = (columns * n / width) % 1.0 < 0.8
    up = (height / 2 - rows) / (height / 2 - 4)
    value = values[which]
    bar = inside & (jnp.sign(up) == jnp.sign(value)) & (jnp.abs(up) < jnp.abs(value))
    line = jnp.abs(rows - height / 2) < 1
    return _paint(
        (height, width),
        (bar & (value > 0), PALETTE[0]),
        (bar & (value < 0), PALETTE[3]),
        (line, INK),
    )


def _paint(
    size: tuple[int, int], *layers: tuple[Array, tuple[int, int, int]]
) -> UInt8[Array, "rows columns 3"]:
    """Return the layers over the background, each a mask and a colour, the last on top."""
    picture = jnp.broadcast_to(jnp.array(BACKGROUND, jnp.uint8), (*size, 3))
    for mask, colour in layers:
        picture = jnp.where(mask[..., None], jnp.array(colour, jnp.uint8), picture)
    return jax.lax.stop_gradient(picture)
