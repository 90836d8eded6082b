"""Energy-based memory models: patterns are written into the weights of an energy by descent, and
read by descent on the energy.

    write:  w_{t+1} = w_t - sum over terms k of  r_{t,k} ⊙ grad_w mean_i L_k(x_i, w_t),
            L = E(x; w),   |grad_x E(x; w)|²,   |w - w_0|²
    read:   projected Nesterov descent on x: x_0 = query, x_{k+1} = x_k - g_k grad_x E(x_k; w) …

The start w_0, the weights that are not written, and all rates (of every write step, layer and term,
softplus; of every read step, which never grow) are meta-learned: what is minimised is the error of
every read iterate.

Source: Bartunov, Rae, Osindero and Lillicrap 2020, Meta-Learning Deep Energy-Based Memory Models
(arXiv 1910.02720), with the workshop version's appendix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ontogeny.learners.memory.config import EBMMConfig
from ontogeny.learners.memory.energies import Energy, energy_of
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.ops.descent import descend_inner, nesterov_descent

TERMS = ("energy", "gradient", "prior")


class EBMM(NamedTuple):
    """What is meta-learned."""

    fixed: PyTree[Array]  # weights that are not written
    start: PyTree[Array]  # weights before anything is written
    write_rates: tuple[PyTree[Array], ...]  # of each term, a leaf [step]; softplus is the rate
    read_rate: Float[Array, ""]  # of the first read; softplus is the rate
    read_falls: Float[Array, " falls"]  # sigmoid is what is left of the rate before
    momentum: Float[Array, ""]  # of the first read; sigmoid is the momentum
    momentum_falls: Float[Array, " falls"]


def ebm_memory(
    config: EBMMConfig, shape: tuple[int, ...], weights: Mapping[str, Any]
) -> AssociativeMemory:
    """Return the memory of patterns of a shape; `weights` are those of writing's terms."""
    energy = energy_of(config, shape)

    def init(key: Array) -> EBMM:
        fixed, start = energy.init(key)
        rates = tuple(
            jax.tree.map(lambda _, r=r: jnp.repeat(_raw(r), config.write_steps), start)
            for r in config.write_rates
        )
        falls = jnp.full(config.read_steps - 1, 2.0, jnp.float32)
        momentum = jnp.float32(math.log(config.momentum / (1 - config.momentum)))
        return EBMM(fixed, start, rates, _raw(config.read_rate), falls, momentum, falls)

    def write(params: EBMM, patterns: Array) -> PyTree[Array]:
        params = params if config.learn_rates else _fixed(params)
        return written(energy, config, weights, params, params.start, patterns, 1.0)

    def read(params: EBMM, stored: Any, query: Array, known: Array) -> Array:
        rates, momenta = read_rates(params if config.learn_rates else _fixed(params))

        def project(x: Array) -> Array:
            return jnp.where(known, query, jnp.clip(x, 0.0, 1.0))

        def loss(x: Array) -> Array:
            return energy(params.fixed, stored, x)

        return nesterov_descent(loss, query, rates, momenta, project)

    return AssociativeMemory("EBMM", init, write, read)


def written(
    energy: Energy,
    config: EBMMConfig,
    weights: Mapping[str, Any],
    params: EBMM,
    start: PyTree[Array],
    patterns: Float[Array, "pattern ..."],
    sign: Float[Array, ""] | float,
) -> PyTree[Array]:
    """Return the weights after patterns are written (sign 1) or erased (-1) from where they
    start.
    """

    # what the written weights have no part in is computed once, and not at every step
    seen, back = jax.vjp(jax.vmap(lambda x: energy.see(params.fixed, x)), patterns)

    def energy_term(w: Any) -> Array:
        return sign * jnp.mean(jax.vmap(lambda f: energy.of(params.fixed, w, f))(seen))

    def gradient_term(w: Any) -> Array:
        slopes = jax.vmap(jax.grad(lambda f: energy.of(params.fixed, w, f)))(seen)
        return sign * jnp.sum(back(slopes)[0] ** 2) / len(patterns)

    def prior_term(w: Any) -> Array:
        apart = jax.tree.map(lambda a, b: jnp.sum((a - b) ** 2), w, params.start)
        return sum(jax.tree.leaves(apart), jnp.zeros(()))

    terms = {"energy": energy_term, "gradient": gradient_term, "prior": prior_term}
    used = [name for name in TERMS if name == "energy" or name in weights]

    def rates(name: str) -> PyTree[Array]:
        """Return a term's rates, each [step, ...] beside its leaf."""

        def of_leaf(raw: Array, leaf: Array) -> Array:
            rate = weights.get(name, 1.0) * jax.nn.softplus(raw)
            return rate.reshape(-1, *(1,) * leaf.ndim)

        return jax.tree.map(of_leaf, params.write_rates[TERMS.index(name)], start)

    return descend_inner(
        [terms[name] for name in used],
        start,
        [rates(name) for name in used],
        config.write_steps,
        rates_by_step=True,
        remat=config.remat,
    ).end


def read_rates(params: EBMM) -> tuple[Float[Array, " read"], Float[Array, " read"]]:
    """Return the rates and momenta of the reads: neither ever grows."""

    def falling(first: Array, falls: Array) -> Array:
        left = jnp.concatenate([jnp.zeros(1), jax.nn.log_sigmoid(falls)])
        return first * jnp.exp(jnp.cumsum(left))

    return (
        falling(jax.nn.softplus(params.read_rate), params.read_falls),
        falling(jax.nn.sigmoid(params.momentum), params.momentum_falls),
    )


def more_reads(params: EBMM, steps: int) -> EBMM:
    """Return the same with so many reads more, at the last rate and momentum."""
    held = jnp.full(steps, 30.0, jnp.float32)  # whose sigmoid is 1

    def longer(falls: Array) -> Array:
        return jnp.concatenate([falls, held])

    return params._replace(
        read_falls=longer(params.read_falls), momentum_falls=longer(params.momentum_falls)
    )


def _fixed(params: EBMM) -> EBMM:
    """Return the same, whose rates are not learned."""
    rates = params.write_rates, params.read_rate, params.read_falls
    momenta = params.momentum, params.momentum_falls
    return EBMM(params.fixed, params.start, *jax.lax.stop_gradient((*rates, *momenta)))


def _raw(rate: float) -> Array:
    """Return the number whose softplus is the rate."""
    return jnp.float32(math.log(math.expm1(rate)))
