"""Energy-based memories: writing and reading as the equations say, and the learner's contract."""

from __future__ import annotations

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from drawn import drawn_bits, with_drawn_start
from ontogeny.core.errors import ConfigError
from ontogeny.core.space import Log, Space
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import ebm_memory, more_reads, read_rates, written
from ontogeny.learners.memory.energies import energy_of
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.learners.memory.meta_learned import ebmm
from ontogeny.learners.memory.task import MemoryTask
from ontogeny.testing import check_learner
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

BITS = 6
SMALL = EBMMConfig(units=5, writable=2, hops=2, write_steps=2, read_steps=3)
WEIGHTS = {"gradient": 2.0, "prior": 0.5}
PICTURES = {
    "dense": EBMMConfig("dense", 6, 1, 3, filters=(), features=4, write_steps=1, read_steps=1),
    "conv": EBMMConfig("conv", 4, 1, 1, filters=(), features=4, write_steps=1, read_steps=1),
}


@pytest.fixture(scope="module")
def begun():
    """A memory of bits, its params, patterns."""
    memory = ebm_memory(SMALL, (BITS,), WEIGHTS)
    params = jax.jit(memory.init)(jax.random.key(0))
    return memory, params, drawn_bits(2, BITS)


def test_writing_is_descent_on_three_terms_at_rates_of_their_own(begun):
    memory, params, patterns = begun
    energy = energy_of(SMALL, (BITS,))

    def by_hand(params, patterns):
        w = params.start
        for step in range(SMALL.write_steps):

            def mean_energy(w):
                return jnp.mean(jnp.stack([energy(params.fixed, w, x) for x in patterns]))

            def squared_slope(w):
                slopes = [jax.grad(lambda x: energy(params.fixed, w, x))(x) for x in patterns]
                return jnp.mean(jnp.stack([jnp.sum(slope**2) for slope in slopes]))

            slopes = jax.grad(mean_energy)(w), jax.grad(squared_slope)(w)
            prior = jax.tree.map(lambda a, b: 2 * (a - b), w, params.start)
            rates = [
                jax.tree.map(lambda raw: jax.nn.softplus(raw[step]), tree)  # noqa: B023
                for tree in params.write_rates
            ]
            w = jax.tree.map(
                lambda w, e, g, p, re, rg, rp: w - re * e - 2.0 * rg * g - 0.5 * rp * p,
                w,
                *slopes,
                prior,
                *rates,
            )
        return w

    stored, expected = jax.jit(lambda p, x: (memory.write(p, x), by_hand(p, x)))(params, patterns)
    moved = jax.tree.map(lambda a, b: np.abs(np.asarray(a) - b).max(), stored, params.start)
    assert min(jax.tree.leaves(moved)) > 1e-4
    jax.tree.map(partial(np.testing.assert_allclose, rtol=2e-4, atol=1e-6), stored, expected)


def test_reading_is_projected_and_holds_what_is_known(begun):
    memory, params, patterns = begun
    energy = energy_of(SMALL, (BITS,))
    query, known = patterns[0] * 0.8 + 0.1, jnp.arange(BITS) < 2
    # strong enough that numbers reach the ends of [0, 1]
    params = params._replace(read_rate=jnp.float32(30.0))

    def by_hand(params, query):
        rates, momenta = read_rates(params)
        x, v, reads = query, jnp.zeros(BITS), [query]

        def project(x):
            return jnp.where(known, query, jnp.clip(x, 0, 1))

        for rate, momentum in zip(rates, momenta, strict=True):
            slope = jax.grad(lambda x: energy(params.fixed, params.start, x))(
                project(x + momentum * v)
            )
            v = momentum * v - rate * slope
            x = project(x + v)
            reads.append(x)
        return jnp.stack(reads)

    reads, expected = jax.jit(lambda p, q: (memory.read(p, p.start, q, known), by_hand(p, q)))(
        params, query
    )
    np.testing.assert_allclose(reads, expected, rtol=1e-4, atol=1e-5)
    assert reads.shape == (SMALL.read_steps + 1, BITS)
    assert (reads[:, :2] == query[:2]).all()
    assert set(np.unique(np.asarray(reads[-1, 2:]))) & {0.0, 1.0}


def test_rates_never_grow_and_further_reads_take_the_last(begun):
    params = begun[1]._replace(read_falls=jnp.array([-1.0, 0.5]))
    rates, momenta = read_rates(more_reads(params, 2))
    assert (np.diff(rates[:3]) < 0).all()
    np.testing.assert_allclose(rates[3:], rates[2], rtol=1e-6)
    assert (np.diff(momenta) <= 0).all()
    assert rates[0] == pytest.approx(SMALL.read_rate)
    assert momenta[0] == pytest.approx(SMALL.momentum)


def test_erasing_is_writing_with_the_sign_turned(begun):
    _, params, patterns = begun
    one = dataclasses.replace(SMALL, write_steps=1)
    params = params._replace(write_rates=jax.tree.map(lambda r: r[:1], params.write_rates))
    energy = energy_of(one, (BITS,))
    plus, minus = (
        jax.jit(lambda p, x, s=sign: written(energy, one, {}, p, p.start, x, s))(params, patterns)
        for sign in (1.0, -1.0)
    )
    jax.tree.map(
        lambda a, b, start: np.testing.assert_allclose(a - start, start - b, atol=1e-6),
        plus,
        minus,
        params.start,
    )


def test_numbers_are_counted_as_the_paper_counts_them():
    def stored(shape, **fields):
        return n_numbers(ebm_memory(EBMMConfig(**fields), shape, {}), 3, shape)

    assert stored((128,), units=128, writable=63) == 63 * 128 + 63
    assert stored((24,), units=64, writable=11) == 275
    features = {"features": 256, "filters": (8,)}
    assert stored((8, 8), energy="dense", units=32, writable=16, **features) == 16 * 257
    # 2.3 thousand numbers are two filters of either bottleneck
    conv = {"energy": "conv", "units": 8, "features": 64, "filters": (8,)}
    assert stored((8, 8), writable=2, **conv) == 2 * 9 * 64 * 2


@pytest.mark.parametrize("kind", PICTURES)
def test_energies_of_pictures_are_lowered_by_writing(kind):
    config, shape = PICTURES[kind], (4, 4)
    memory, energy = ebm_memory(config, shape, {}), energy_of(config, shape)

    @jax.jit
    def before_and_after(key, patterns):
        params = memory.init(key)
        stored = memory.write(params, patterns)
        mean = [
            jnp.mean(jax.vmap(lambda x, w=w: energy(params.fixed, w, x))(patterns))
            for w in (params.start, stored)
        ]
        return *mean, memory.read(params, stored, patterns[0], patterns[0] > 2)

    patterns = np.random.default_rng(2).uniform(size=(2, *shape)).astype(np.float32)
    before, after, reads = before_and_after(jax.random.key(0), patterns)
    assert after < before
    assert reads.shape == (2, *shape)
    assert float(reads.min()) >= 0
    assert float(reads.max()) <= 1


def test_it_keeps_the_contract_of_a_learner():
    small = EBMMConfig(units=4, writable=2, hops=1, write_steps=1, read_steps=1, gradient_weight=0)
    meta = MetaTrainingConfig(batch=2, test_batch=2, updates=10)
    learner = ebmm(small, MemoryTask(random_bits(4), fresh_bits(2), 2), meta)
    check_learner(
        with_drawn_start(learner),
        Space({"learning_rate": Log(1e-3, 1e-2), "prior": Log(0.1, 10.0)}),
    )


def test_what_can_not_be_is_refused():
    task = MemoryTask(random_bits(4), fresh_bits(2), 2)
    with pytest.raises(ConfigError, match="4 writable units of 4"):
        ebmm(EBMMConfig(units=4, writable=4), task).init(jax.random.key(0), {})
    with pytest.raises(ConfigError, match="no pictures"):
        energy_of(PICTURES["dense"], (4,)).init(jax.random.key(0))
    with pytest.raises(ConfigError, match="0 patterns"):
        ebmm(SMALL, task._replace(n=0))
    with pytest.raises(ConfigError, match="5 bits of 4"):
        ebmm(SMALL, task._replace(corrupt=fresh_bits(5)))
    with pytest.raises(ConfigError, match="read_rate"):
        EBMMConfig(read_rate=0)
