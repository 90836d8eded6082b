"""Differentiable plasticity: a recurrent network whose connections are partly a Hebbian trace.

    y_t = tanh(u + y_{t-1} (W + A o H))
    H  <- (1 - e) H + e y_{t-1} y_t^T          while patterns are shown, each for some steps

W, A (how plastic each connection is) and the rate e are meta-learned; u is the pattern's code. To
read, the network runs on the query's code with the trace as it is, from y = 0, and y is shown.
Stored is the trace: units^2 numbers.

Source: Miconi, Clune and Stanley 2018, "Differentiable plasticity" (arXiv 1804.02464).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from ontogeny.core.config import at_least
from ontogeny.learners.memory.coder import Coder, CoderConfig, network_memory
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.nn.dense import Dense

Trace = Float[Array, "unit unit"]


@dataclass(frozen=True)
class PlasticityConfig:
    """Units, and what is before and behind them."""

    units: int = 16
    """Each plastically connected with every other and itself."""
    steps: int = 2
    """That the network runs on a pattern, and on a query."""
    coder: CoderConfig = field(default_factory=CoderConfig)
    """Encoder and decoder."""

    def __post_init__(self) -> None:
        at_least(self, 1, "units", where="plasticity.")
        at_least(self, 2, "steps", where="plasticity.")  # the first leaves no trace


class Plastic(eqx.Module):
    """What is meta-learned."""

    coder: Coder
    enter: Dense
    weight: Float[Array, "unit unit"]
    plastic: Float[Array, "unit unit"]
    rate: Float[Array, ""]  # sigmoid is the rate
    steps: int = eqx.field(static=True)

    def __init__(self, config: PlasticityConfig, shape: tuple[int, ...], *, key: Key[Array, ""]):
        keys = jax.random.split(key, 3)
        units = config.units
        self.coder = Coder(config.coder, shape, units, key=keys[0])
        self.enter = Dense(config.coder.features, units, 1.0, key=keys[1])
        self.weight = 0.01 * jax.random.normal(keys[2], (units, units))
        self.plastic = jnp.ones((units, units))
        self.rate = jnp.float32(-3.0)
        self.steps = config.steps

    def write(self, patterns: Float[Array, "pattern ..."]) -> Trace:
        """Return the trace after all patterns were shown."""

        def show(trace: Trace, drive: Array) -> tuple[Trace, None]:
            def step(carry: tuple[Array, Trace], _: None) -> tuple[tuple[Array, Trace], None]:
                before, trace = carry
                after = self.settle(before, trace, drive)
                return (after, traced(trace, before, after, jax.nn.sigmoid(self.rate))), None

            still = jnp.zeros_like(drive)
            return jax.lax.scan(step, (still, trace), None, length=self.steps)[0][1], None

        drives = self.enter(self.coder.see_all(patterns))
        return jax.lax.scan(show, jnp.zeros_like(self.weight), drives)[0]

    def settle(self, y: Float[Array, " unit"], trace: Trace, drive: Array) -> Array:
        """Return what the units say next."""
        return jnp.tanh(drive + y @ (self.weight + self.plastic * trace))

    def answer(
        self, trace: Trace, x: Float[Array, "..."], known: Bool[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return what the units say in the end."""
        drive = self.enter(self.coder.see(x, known))

        def step(y: Array, _: None) -> tuple[Array, None]:
            return self.settle(y, trace, drive), None

        y, _ = jax.lax.scan(step, jnp.zeros_like(drive), None, length=self.steps)
        return self.coder.show(y)


def traced(
    trace: Trace,
    before: Float[Array, " unit"],
    after: Float[Array, " unit"],
    rate: Float[Array, ""] | float,
) -> Trace:
    """Return the trace after units spoke twice: (1 - rate) H + rate before after^T."""
    return (1 - rate) * trace + rate * jnp.outer(before, after)


def plastic_memory(config: PlasticityConfig, shape: tuple[int, ...]) -> AssociativeMemory:
    """Return the memory of patterns of a shape."""
    return network_memory(
        "differentiable plasticity",
        lambda key: Plastic(config, shape, key=key),
        config.coder.reads,
    )
