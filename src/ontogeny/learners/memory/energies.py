"""Energies: a number for every pattern, low for those that are stored. Part of each network's
weights is writable, the rest is meta-learned and stays.

- `gated`: a recurrence over a vector. At every hop, from z = [x, h],
  c = tanh([W x, S z]), u = sigmoid(U z), h <- u c + (1 - u) h; the energy is affine in the last h.
  W and its bias are written.
- `dense`: the same over the features of a picture's encoder.
- `conv`: convolutions of a picture, of which two have writable filters, and a gated recurrence of
  convolutions over what they see.

All see a pattern's numbers from -1 to 1, not from 0: writing bits in 400 updates then leaves half a
wrong bit where it left two (24 bits, 8 patterns; measured).

Source: Bartunov et al. 2020, Meta-Learning Deep Energy-Based Memory Models (arXiv 1910.02720), with
the workshop version's appendix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from ontogeny.core.errors import ConfigError
from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.learners.memory.written_filters import ConvEnergy, written_filters
from ontogeny.nn.dense import Dense
from ontogeny.nn.parting import Parted, part
from ontogeny.nn.picture_coder import Encoder, centred


class Energy(NamedTuple):
    """`init(key)` returns the weights that stay and those that are written; `see(fixed, pattern)`
    what of a pattern no written weight has a part in, and `of(fixed, written, seen)` the energy.
    """

    init: Callable[[Key[Array, ""]], tuple[PyTree[Array], PyTree[Array]]]
    see: Callable[[PyTree[Array], Float[Array, "..."]], Float[Array, "..."]]
    of: Callable[[PyTree[Array], PyTree[Array], Float[Array, "..."]], Float[Array, ""]]

    def __call__(
        self, fixed: PyTree[Array], written: PyTree[Array], pattern: Float[Array, "..."]
    ) -> Float[Array, ""]:
        """Return the energy of a pattern."""
        return self.of(fixed, written, self.see(fixed, pattern))


def energy_of(config: EBMMConfig, shape: tuple[int, ...]) -> Energy:
    """Return the energy of patterns of a shape. Raises `ConfigError` for what doesn't fit it."""
    if config.energy == "conv":
        return _convolutional(config, shape)
    if config.writable >= config.units:
        raise ConfigError(
            f"{config.writable} writable units of {config.units}",
            where="ebmm.writable",
            hint="leave some that stay: fewer writable units, or more units",
        )
    return _gated(config, shape) if config.energy == "gated" else _dense(config, shape)


class Recurrence(eqx.Module):
    """What stays of a gated recurrence over a vector."""

    candidate: Dense
    gate: Dense
    hops: int = eqx.field(static=True)

    def __init__(self, n_in: int, units: int, candidates: int, hops: int, *, key: Key[Array, ""]):
        candidate_key, gate_key = jax.random.split(key)
        self.candidate = Dense(n_in + units, candidates, 1.0, key=candidate_key)
        self.gate = Dense(n_in + units, units, 1.0, key=gate_key)
        self.hops = hops

    def __call__(
        self, x: Float[Array, " n_in"], candidate_of: Callable[[Array], Array]
    ) -> Float[Array, " unit"]:
        """Return the last state; `candidate_of` makes the candidate of what the layer says."""

        def hop(h: Array, _: None) -> tuple[Array, None]:
            z = jnp.concatenate([x, h])
            c, u = candidate_of(self.candidate(z)), jax.nn.sigmoid(self.gate(z))
            return u * c + (1 - u) * h, None

        return jax.lax.scan(hop, jnp.zeros(self.gate.bias.shape), None, length=self.hops)[0]


class GatedEnergy(eqx.Module):
    """The energy of a vector."""

    recurrence: Recurrence
    out: Dense

    def __init__(self, config: EBMMConfig, n_in: int, *, key: Key[Array, ""]):
        first, last = jax.random.split(key)
        stay = config.units - config.writable
        self.recurrence = Recurrence(n_in, config.units, stay, config.hops, key=first)
        self.out = Dense(config.units, 1, 1.0, key=last)

    def see(self, pattern: Float[Array, "..."]) -> Float[Array, " number"]:
        return centred(pattern).reshape(-1)

    def __call__(self, written: Dense, x: Float[Array, " number"]) -> Float[Array, ""]:
        seen = written(x)
        return self.out(self.recurrence(x, lambda stays: jnp.tanh(jnp.concatenate([seen, stays]))))[
            0
        ]


class DenseEnergy(eqx.Module):
    """The energy of a picture whose features a written layer sees."""

    encoder: Encoder
    stays: Dense
    recurrence: Recurrence
    norm: eqx.nn.LayerNorm
    head: Dense
    out: Dense

    def __init__(self, config: EBMMConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 5)
        units = config.units
        self.encoder = Encoder(shape, config.filters, config.features, key=keys[0])
        self.stays = Dense(config.features, units - config.writable, 1.0, key=keys[1])
        self.recurrence = Recurrence(units, units, units, config.hops, key=keys[2])
        self.norm = eqx.nn.LayerNorm(units)
        self.head = Dense(units, 2 * units, 1.0, key=keys[3])
        self.out = Dense(2 * units, 1, 1.0, key=keys[4])

    def see(self, pattern: Float[Array, "..."]) -> Float[Array, " feature"]:
        return self.encoder(centred(pattern))

    def __call__(self, written: Dense, features: Float[Array, " feature"]) -> Float[Array, ""]:
        x = jnp.tanh(jnp.concatenate([written(features), self.stays(features)]))
        h = self.recurrence(x, lambda said: self.norm(jnp.tanh(said)))
        return self.out(jnp.tanh(self.head(h)))[0]


def _gated(config: EBMMConfig, shape: tuple[int, ...]) -> Energy:
    n_in = math.prod(shape)
    network = part(lambda key: GatedEnergy(config, n_in, key=key))
    return _energy(network, part(lambda key: Dense(n_in, config.writable, 1.0, key=key)))


def _dense(config: EBMMConfig, shape: tuple[int, ...]) -> Energy:
    network = part(lambda key: DenseEnergy(config, shape, key=key))
    return _energy(network, part(lambda key: Dense(config.features, config.writable, 1.0, key=key)))


def _convolutional(config: EBMMConfig, shape: tuple[int, ...]) -> Energy:
    network = part(lambda key: ConvEnergy(config, shape, key=key))
    return _energy(network, part(lambda key: written_filters(config, key)))


def _energy(network: Parted[Any], written: Parted[Any]) -> Energy:
    def init(key: Array) -> tuple[Any, Any]:
        stays_key, written_key = jax.random.split(key)
        return network.init(stays_key), written.init(written_key)

    def see(fixed: Any, pattern: Array) -> Array:
        return network.whole(fixed).see(pattern)

    def of(fixed: Any, weights: Any, seen: Array) -> Array:
        return network.whole(fixed)(written.whole(weights), seen)

    return Energy(init, see, of)
