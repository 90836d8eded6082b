"""A memory that nothing has grown, which compiles in a moment, for what is not how well it does."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jax
import numpy as np
from PIL import Image

from drawn import drawn
from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.learners.memory.ebmm import EBMM, ebm_memory
from ontogeny.learners.memory.product import Memory

CONFIG = EBMMConfig("dense", 12, 1, 3, filters=(), features=8, write_steps=1, read_steps=2)


def tiny_memory(n: int = 3) -> Memory:
    """Return a memory of pictures [6, 6], grown for n, that nothing is written in; it writes
    without the gradient's term, so that the energy of what is written falls for certain.
    """
    return Memory(CONFIG, (6, 6), n, tiny_params(), {"prior": 0.5})


@cache
def tiny_params() -> EBMM:
    """Return its params, of which the networks' are drawn by NumPy, and the rates as they begin."""
    init = ebm_memory(CONFIG, (6, 6), {}).init
    networks = drawn(lambda key: init(key)[:2], scale=0.3)
    return EBMM(*networks, *jax.jit(lambda key: init(key)[2:])(jax.random.key(0)))


def write_pictures(folder: Path, pictures: np.ndarray) -> Path:
    """Write pictures [picture, height, width(, 3)] of bytes as 0.png, 1.png … and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{number}.png")
    return folder
