"""A torso for symbolic grids, whose cells are a few whole numbers each: what lies there, its
colour, its state.

A cell is the sum of its numbers' embeddings; then as for other grids: a 3x3 convolution and dense
layers. One embedding for all numbers would say that a colour of 5 is near a thing of 5.
"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.nn.conv import ConvTorso

WIDTH = 8  # numbers of an embedding: a multiple of 8, which a CPU convolves best


class TokenTorso(eqx.Module):
    """Cells of `shape[2]` numbers each, the k-th one of `sizes[k]`: 0, 1, … Numbers outside have no
    embedding and count as nothing.
    """

    tables: tuple[Float[Array, "token feature"], ...]
    torso: ConvTorso

    def __init__(
        self,
        shape: tuple[int, ...],
        sizes: tuple[int, ...],
        filters: int,
        widths: tuple[int, ...],
        *,
        key: Key[Array, ""],
    ):
        if len(shape) != 3 or len(sizes) != shape[2] or min(sizes) < 1:
            raise ConfigError(
                f"an observation of shape {shape} is not a grid of cells of {len(sizes)} numbers",
                where="nn.TokenTorso",
                hint="it takes [height, width, number], and how many values each number has: the "
                'world says both; use torso="conv" or torso="mlp" for this world',
            )
        torso_key, *keys = jax.random.split(key, 1 + len(sizes))
        self.tables = tuple(
            jax.random.normal(k, (size, WIDTH)) / jnp.sqrt(len(sizes))
            for k, size in zip(keys, sizes, strict=True)
        )
        self.torso = ConvTorso((*shape[:2], WIDTH), filters, widths, key=torso_key)

    @property
    def n_out(self) -> int:
        """How many features come out."""
        return self.torso.n_out

    def __call__(
        self, observation: Float[Array, "height width number"]
    ) -> Float[Array, " feature"]:
        # one-hot products: their gradient is a product too, and not a scatter
        cells = sum(
            jax.nn.one_hot(observation[..., k].astype(jnp.int32), table.shape[0]) @ table
            for k, table in enumerate(self.tables)
        )
        return self.torso(jnp.asarray(cells))
