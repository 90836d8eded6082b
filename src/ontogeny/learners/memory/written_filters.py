"""The energy of a picture by convolutions, two of which have filters that are written.

Two blocks halve the picture; then two bottlenecks, of which the second halves it again:

    1x1 convolution, normalised, tanh;  3x3 convolution: some filters stay, some are written;
    normalised, tanh;  1x1 convolution;  beside a shortcut

and a gated recurrence of convolutions over the state that they leave. All 9 × features × writable
numbers of either bottleneck's written filters are stored; they have no bias.

Source: Bartunov et al. 2020 (arXiv 1910.02720), the workshop version's appendix.
"""

from __future__ import annotations

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from ontogeny.core.errors import ConfigError
from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.nn.conv import Conv
from ontogeny.nn.dense import Dense
from ontogeny.nn.picture_coder import Block, centred, halved, image_shape

Filters = tuple[Float[Array, "patch filter"], Float[Array, "patch filter"]]


def written_filters(config: EBMMConfig, key: Key[Array, ""]) -> Filters:
    """Return new filters of both bottlenecks."""
    shape = (9 * config.features, config.writable)
    scale = 1 / math.sqrt(shape[0])
    first, second = (scale * jax.random.normal(k, shape) for k in jax.random.split(key))
    return first, second


class Bottleneck(eqx.Module):
    """What stays of a bottleneck."""

    narrow: Dense
    before: eqx.nn.LayerNorm
    stays: Conv
    after: eqx.nn.LayerNorm
    wide: Dense
    shortcut: Dense
    halve: bool = eqx.field(static=True)

    def __init__(self, config: EBMMConfig, n_in: int, halve: bool, *, key: Key[Array, ""]):
        keys = jax.random.split(key, 4)
        units, features = config.units, config.features
        stay = features - config.writable
        self.narrow = Dense(n_in, features, 1.0, key=keys[0])
        self.before, self.after = eqx.nn.LayerNorm(features), eqx.nn.LayerNorm(features)
        self.stays = Conv(
            features, stay, stride=2 if halve else 1, padding=1, by_views=False, key=keys[1]
        )
        self.wide = Dense(features, units, 1.0, key=keys[2])
        self.shortcut = Dense(n_in, units, 1.0, key=keys[3])
        self.halve = halve

    def __call__(
        self, x: Float[Array, "height width chan"], filters: Float[Array, "patch filter"]
    ) -> Float[Array, "row column unit"]:
        thin = jnp.tanh(_along(self.before, self.narrow(x)))
        weight = jnp.concatenate([filters, self.stays.kernel.weight], axis=1)
        bias = jnp.pad(self.stays.kernel.bias, (filters.shape[1], 0))
        both = eqx.tree_at(lambda c: (c.kernel.weight, c.kernel.bias), self.stays, (weight, bias))
        seen = jnp.tanh(_along(self.after, both(thin)))
        return self.shortcut(halved(x) if self.halve else x) + self.wide(seen)


class ConvEnergy(eqx.Module):
    """What stays of the energy."""

    blocks: tuple[Block, ...]
    bottlenecks: tuple[Bottleneck, Bottleneck]
    candidate: Conv
    candidate_norm: eqx.nn.LayerNorm
    gate: Dense
    gate_norm: eqx.nn.LayerNorm
    head: Dense
    out: Dense
    shape: tuple[int, int, int] = eqx.field(static=True)
    hops: int = eqx.field(static=True)

    def __init__(self, config: EBMMConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        if config.writable >= config.features:
            raise ConfigError(
                f"{config.writable} writable filters of {config.features}",
                where="ebmm.writable",
                hint="leave some that stay: fewer writable filters, or more features",
            )
        self.shape, self.hops = image_shape(shape, "ebmm.energy"), config.hops
        *keys, first, second, candidate, gate, head, out = jax.random.split(
            key, len(config.filters) + 6
        )
        channels, units = (self.shape[2], *config.filters), config.units
        self.blocks = tuple(
            Block(channels[i], channels[i + 1], 0.5, key=k) for i, k in enumerate(keys)
        )
        self.bottlenecks = (
            Bottleneck(config, channels[-1], False, key=first),
            Bottleneck(config, units, True, key=second),
        )
        self.candidate = Conv(2 * units, units, padding=1, by_views=False, key=candidate)
        self.gate = Dense(2 * units, units, 1.0, key=gate)
        self.candidate_norm, self.gate_norm = eqx.nn.LayerNorm(units), eqx.nn.LayerNorm(units)
        halvings = len(config.filters) + 1
        places = math.prod(-(-length // 2**halvings) for length in self.shape[:2])
        self.head = Dense(places * units, 4 * units, 1.0, key=head)
        self.out = Dense(4 * units, 1, 1.0, key=out)

    def see(self, pattern: Float[Array, "..."]) -> Float[Array, "height width chan"]:
        x = centred(pattern).reshape(self.shape)
        for block in self.blocks:
            x = block(x)
        return x

    def __call__(self, filters: Filters, x: Float[Array, "height width chan"]) -> Float[Array, ""]:
        for bottleneck, own in zip(self.bottlenecks, filters, strict=True):
            x = bottleneck(x, own)

        def hop(h: Array, _: None) -> tuple[Array, None]:
            z = jnp.concatenate([x, h], axis=-1)
            c = jnp.tanh(_along(self.candidate_norm, self.candidate(z)))
            u = jax.nn.sigmoid(_along(self.gate_norm, self.gate(z)))
            return u * c + (1 - u) * h, None

        h, _ = jax.lax.scan(hop, jnp.zeros_like(x), None, length=self.hops)
        return self.out(jnp.tanh(self.head(h.reshape(-1))))[0]


def _along(norm: eqx.nn.LayerNorm, x: Float[Array, "row column chan"]) -> Array:
    """Return the picture, each pixel's channels normalised."""
    return jax.vmap(jax.vmap(norm))(x)
