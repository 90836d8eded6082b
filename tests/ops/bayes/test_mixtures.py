"""CTW, PTW and the change-point filter, each against its mixture written out."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.ops.bayes.change_points import change_point_filter
from ontogeny.ops.bayes.code_lengths import ctw_redundancy_bound
from ontogeny.ops.bayes.context_trees import context_path, ctw_log_probability, ctw_predictive
from ontogeny.ops.bayes.partition_trees import ptw_predictive
from ontogeny.ops.bayes.predictives import categorical_predictive

RNG = np.random.default_rng(7)
ctw = jax.jit(ctw_predictive, static_argnums=(1, 2))
ptw = jax.jit(ptw_predictive, static_argnums=(1, 2))
filtered = jax.jit(change_point_filter)


def block(symbols, n_symbols, prior=0.5):
    """Return p(symbols) under a Dirichlet(prior, …) die, symbol by symbol."""
    counts, p = Counter(), 1.0
    for x in symbols:
        p *= (counts[x] + prior) / (sum(counts.values()) + prior * n_symbols)
        counts[x] += 1
    return p


@cache
def trees(depth, n_symbols):
    """Return every context tree as (its prior, its leaves), a leaf the symbols back in time."""
    if depth == 0:
        return [(1.0, ((),))]
    found = [(0.5, ((),))]
    for below in itertools.product(trees(depth - 1, n_symbols), repeat=n_symbols):
        leaves = tuple((x, *leaf) for x, (_, ls) in enumerate(below) for leaf in ls)
        found.append((0.5 * math.prod(w for w, _ in below), leaves))
    return found


def by_leaf(sequence, leaves):
    """Return the symbols that follow each leaf's context, zeros standing before the first."""
    past = [0] * 8 + list(sequence)
    seen = {leaf: [] for leaf in leaves}
    for t, x in enumerate(sequence):
        recent = past[t : t + 8][::-1]
        (leaf,) = [leaf for leaf in leaves if tuple(recent[: len(leaf)]) == leaf]
        seen[leaf].append(x)
    return seen.values()


def chain(predictive, sequence):
    """Return ln p of the sequence from its predictives, which must be distributions."""
    predictive = np.asarray(predictive, np.float64)
    np.testing.assert_allclose(predictive.sum(axis=-1), 1.0, rtol=1e-5)
    return np.log(predictive[np.arange(len(sequence)), sequence]).sum()


@pytest.mark.parametrize(("depth", "n_symbols"), [(0, 2), (2, 2), (3, 2), (1, 3), (2, 3)])
def test_ctw_is_the_mixture_over_all_trees(depth, n_symbols):
    sequence = RNG.integers(0, n_symbols, 24)
    weights = [w for w, _ in trees(depth, n_symbols)]
    assert sum(weights) == pytest.approx(1.0)
    written_out = math.log(
        sum(
            w * math.prod(block(part, n_symbols) for part in by_leaf(sequence, leaves))
            for w, leaves in trees(depth, n_symbols)
        )
    )
    assert ctw_log_probability(sequence, depth, n_symbols) == pytest.approx(written_out, abs=1e-9)
    found = ctw(jnp.array(sequence), depth, n_symbols)
    assert chain(found, sequence) == pytest.approx(written_out, abs=1e-4)


def test_ctw_holds_its_precision_on_a_long_sequence():
    sequence = (RNG.random(1500) < 0.9).astype(int)
    found = chain(ctw(jnp.array(sequence), 5, 2), sequence)
    assert found == pytest.approx(ctw_log_probability(sequence, 5), abs=5e-3)


def test_ctw_stays_within_its_bound_of_every_tree():
    sequence = RNG.integers(0, 2, 64)
    cost = -ctw_log_probability(sequence, 3)
    for _, leaves in trees(3, 2):
        best = 0.0
        for part in by_leaf(sequence, leaves):
            best -= sum(n * math.log(n / len(part)) for n in Counter(part).values())
        assert cost <= best + ctw_redundancy_bound(64, len(leaves))


def test_a_context_passes_one_node_a_level():
    # Level 1 is nodes 1, 2; level 2 nodes 3 … 6, placed by newest + 2 × the one before.
    assert context_path(jnp.array([1, 0]), 2).tolist() == [0, 2, 4]
    assert context_path(jnp.array([0, 1]), 2).tolist() == [0, 1, 5]


def test_a_tree_over_one_symbol_is_refused():
    with pytest.raises(ConfigError, match="no context tree"):
        ctw_log_probability(np.zeros(3, int), 2, 1)


def cuttings(begin, depth):
    """Return every way to cut 2^depth steps in halves: (its prior, its segments)."""
    whole = ((begin, begin + 2**depth),)
    if depth == 0:
        return [(1.0, whole)]
    halves = itertools.product(
        cuttings(begin, depth - 1), cuttings(begin + 2 ** (depth - 1), depth - 1)
    )
    return [(0.5, whole), *((0.5 * a * b, left + right) for (a, left), (b, right) in halves)]


@pytest.mark.parametrize("length", [1, 5, 8])
def test_ptw_is_the_mixture_over_all_cuttings(length):
    sequence = RNG.integers(0, 2, length)
    depth = (length - 1).bit_length()
    written_out = sum(
        w * math.prod(block(sequence[a:b], 2) for a, b in segments)
        for w, segments in cuttings(0, depth)
    )
    assert chain(ptw(jnp.array(sequence), 2, None), sequence) == pytest.approx(
        math.log(written_out), abs=1e-5
    )


def test_ptw_takes_longer_trees_and_more_symbols():
    sequence = RNG.integers(0, 3, 6)
    written_out = sum(
        w * math.prod(block(sequence[a:b], 3) for a, b in segments)
        for w, segments in cuttings(0, 4)
    )
    assert chain(ptw(jnp.array(sequence), 3, 4), sequence) == pytest.approx(
        math.log(written_out), abs=1e-5
    )


def switches(sequence, hazards, prior):
    """Return p of the sequence, summed over every set of moments at which the die is replaced."""
    n, total = len(sequence), 0.0
    for changes in itertools.product([False, True], repeat=n - 1):
        w = math.prod(h if c else 1 - h for c, h in zip(changes, hazards[1:], strict=True))
        ends = [0, *(t + 1 for t, c in enumerate(changes) if c), n]
        total += w * math.prod(block(sequence[a:b], 2, prior) for a, b in itertools.pairwise(ends))
    return total


@pytest.mark.parametrize("hazard", [0.1, [0.9, 0.1, 0.5, 0.02, 0.3, 0.2, 0.7, 0.1, 0.4]])
def test_the_change_point_filter_is_the_mixture_over_all_changes(hazard):
    sequence = np.array([0, 0, 1, 1, 1, 0, 1, 1, 0])
    hazards = np.broadcast_to(hazard, 9)
    found = filtered(jnp.array(sequence), jnp.full(2, 0.5), jnp.array(hazard))
    assert chain(found.predictive, sequence) == pytest.approx(
        math.log(switches(sequence.tolist(), hazards, 0.5)), abs=1e-5
    )
    np.testing.assert_allclose(found.began.sum(axis=-1), 1.0, rtol=1e-5)
    assert not np.triu(np.asarray(found.began), 1).any()  # no die began later than now


def test_without_changes_the_filter_is_the_conjugate_predictive():
    sequence, prior = jnp.array(RNG.integers(0, 3, 12)), jnp.array([1.0, 0.5, 2.0])
    np.testing.assert_allclose(
        filtered(sequence, prior, 0.0).predictive,
        categorical_predictive(sequence, prior),
        rtol=1e-5,
    )


def test_the_filter_finds_the_change():
    sequence = jnp.array([0] * 20 + [1] * 20)
    began = filtered(sequence, jnp.full(2, 0.5), 0.02).began
    assert int(jnp.argmax(began[30])) == 20
    assert int(jnp.argmax(began[19])) == 0
