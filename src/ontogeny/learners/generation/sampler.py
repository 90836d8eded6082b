"""What a person wants of a grown generator: images, as many as are asked for, and a file of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import ConfigError
from ontogeny.learners.generation.config import GANConfig
from ontogeny.learners.generation.gan import draw, generator


@dataclass(frozen=True)
class Sampler:
    """A generator of images [height, width]. Called, it returns some, the same for a seed."""

    kind: ClassVar[str] = "image generator"

    config: GANConfig
    shape: tuple[int, int]
    arrays: PyTree[Array]

    def __call__(self, count: int = 1, seed: int = 0) -> Float[Array, "batch height width"]:
        """Return `count` images, their pixels from 0 to 1. Raises `ConfigError` for none."""
        if count < 1:
            raise ConfigError(f"{count} images", where="Sampler", hint="ask for 1 or more")
        return _draw(self.config, self.shape, count, self.arrays, jax.random.key(seed))

    def save(self, folder: Path) -> None:
        """Write the generator as an archive. Raises `StoreError` when it can't be written."""
        config = dataclasses.asdict(self.config)
        about = {"kind": self.kind, "config": config, "shape": list(self.shape)}
        write_archive(Path(folder), self.arrays, about)


@partial(jax.jit, static_argnums=(0, 1, 2))
def _draw(
    config: GANConfig, shape: tuple[int, int], count: int, arrays: PyTree[Array], key: Array
) -> Array:
    return draw(config, shape, arrays, key, count)


def load_sampler(folder: Path) -> Sampler:
    """Return the generator that `Sampler.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged.
    """
    about: dict[str, Any] = read_about(Path(folder), Sampler.kind)
    config, shape = from_json(GANConfig, about["config"]), (about["shape"][0], about["shape"][1])
    like = jax.eval_shape(lambda: generator(config, shape).init(jax.random.key(0)))
    arrays = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return Sampler(config, shape, arrays)
