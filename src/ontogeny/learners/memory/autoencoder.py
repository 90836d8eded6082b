"""An autoencoder that is overfit to the patterns when they are written, from a learned start.

    code = tanh([W v(x) + b, S see(x)]),   answer(x) = show([W^T tanh(M code), code])
    write:  w_{t+1} = w_t - r_t o grad_w mean_i |answer(x_i; w_t) - x_i|²      w: W, b
    read:   x <- answer(x), some times

v is the pattern itself (vectors) or the encoder's features (pictures). What is written both sees
and says: with tied weights 400 updates left 1.1 wrong bits of 24, and 2.3 where W only saw (8
patterns, one seed). The start of w, what stays,
and the rates (of every step and leaf, softplus) are meta-learned. Stored is w: (n_in + 1) x
writable numbers, exactly what an energy of as many writable units stores.

Source: Radhakrishnan, Belkin and Uhler 2020, "Overparameterized neural networks implement
associative memory" (arXiv 1909.12362), for memories that autoencoders are; the learned start as in
Finn, Abbeel and Levine 2017 (arXiv 1703.03400).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least, positive
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.nn.dense import Dense
from ontogeny.nn.picture_coder import centred
from ontogeny.ops.descent import descend_inner


@dataclass(frozen=True)
class AutoencoderConfig:
    """The layer that is written, and what is before and behind it."""

    writable: int = 11
    """Units whose weights are written."""
    units: int = 64
    """Beside them, whose weights stay."""
    write_steps: int = 5
    """Steps of descent by which patterns are written."""
    write_rate: float = 0.1
    """Where the learned rates begin."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """Encoder and decoder."""

    def __post_init__(self) -> None:
        at_least(self, 1, "writable", "units", "write_steps", where="autoencoder.")
        positive(self, "write_rate", where="autoencoder.")


class Autoencoder(eqx.Module):
    """What is meta-learned."""

    coder: Coder
    start: Dense
    stays: Dense
    mix: Dense
    rates: Dense  # of each leaf of the start, [step]; softplus is the rate
    steps: int = eqx.field(static=True)

    def __init__(self, config: AutoencoderConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 4)
        features, writable = config.coder.features, config.writable
        sees, codes = n_in(config.coder, shape), config.writable + config.units
        self.coder = Coder(config.coder, shape, sees + codes, key=keys[0])
        self.start = Dense(sees, writable, 1.0, key=keys[1])
        self.stays = Dense(features, config.units, 1.0, key=keys[2])
        self.mix = Dense(codes, writable, 1.0, key=keys[3])
        self.steps = config.write_steps
        raw = jnp.log(jnp.expm1(jnp.full(self.steps, config.write_rate, jnp.float32)))
        self.rates = jax.tree.map(lambda _: raw, self.start)

    def write(self, patterns: Float[Array, "pattern ..."]) -> Dense:
        """Return the written layer."""
        known = jnp.ones(self.coder.shape, bool)

        def loss(layer: Dense) -> Array:
            answers = jax.vmap(lambda x: self.answer(layer, x, known))(patterns)
            return jnp.sum((answers - patterns) ** 2) / len(patterns)

        def spread(raw: Array, leaf: Array) -> Array:
            return jax.nn.softplus(raw).reshape(-1, *(1,) * leaf.ndim)

        rates = jax.tree.map(spread, self.rates, self.start)
        return descend_inner(loss, self.start, rates, self.steps, rates_by_step=True).end

    def answer(
        self, written: Dense, x: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return what the autoencoder makes of x."""
        seen = self.coder.see(x, known)
        viewed = centred(x) if x.ndim == 1 else seen
        code = jnp.tanh(jnp.concatenate([written(viewed), self.stays(seen)]))
        said = written.weight @ jnp.tanh(self.mix(code))
        return self.coder.show(jnp.concatenate([said, code]))


def n_in(config: CoderConfig, shape: tuple[int, ...]) -> int:
    """Return how many numbers the written layer sees of a pattern."""
    return math.prod(shape) if len(shape) == 1 else config.features


def autoencoder_memory(config: AutoencoderConfig, shape: tuple[int, ...]) -> AssociativeMemory:
    """Return the memory of patterns of a shape."""
    return network_memory(
        "autoencoder", lambda key: Autoencoder(config, shape, key=key), config.coder.reads
    )
