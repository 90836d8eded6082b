"""One trained predictor of a coin, taken apart as a state machine: everything that is measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.sequential.automaton import (
    Agreement,
    Automaton,
    automaton,
    cluster_predictions,
    clusters_needed,
    excess,
    futures,
    on_the_lattice,
)
from ontogeny.claims.sequential.simulation import Simulation, simulate
from ontogeny.claims.sequential.state_machine import (
    Exchange,
    StateMachine,
    counts_before,
    divergences,
    exchangeability,
    halves,
    posterior_mean,
    probe_memory,
    rows,
)
from ontogeny.core.errors import DataError
from ontogeny.ops.calibration import Reliability, reliability
from ontogeny.ops.clusters import cheapest_cuts, k_means

PRIOR = (1.0, 1.0)
LENGTH = 20  # trained on
LONG = 100
NODES = LENGTH * (LENGTH + 1) // 2  # counts that something is predicted at
EPS = 1e-2  # nats a sequence
BIASES = np.array([0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98])
# For a full, a quick and a tiny look:
MOST = (1024, 0, 256)  # clusters that are tried; with 0 they are not counted
DRAWN = {
    "machine": (1024, 1024, 32),
    "shuffled": (4096, 4096, 32),
    "calibrated": (8192, 8192, 32),
    "long": (512, 512, 32),
    "bias": (256, 256, 32),
}


class Extracted(NamedTuple):
    """An automaton with as many states as there are counts."""

    machine: Automaton
    agreement: Agreement
    excess: float  # when it runs by itself, over Bayes, nats a sequence


class Measured(NamedTuple):
    """What was measured of one predictor."""

    exchange: Exchange
    r2: np.ndarray  # count of 0, count of 1, posterior mean
    simulation: Simulation
    clusters: int | None  # None where they were not counted
    by_memory: Extracted
    by_futures: Extracted
    reliability: Reliability  # against outcomes
    reliability_exact: Reliability  # against their exact probabilities
    long: np.ndarray  # [time], excess
    regret: np.ndarray  # [bias]
    bias_excess: np.ndarray  # [bias]
    orders: dict[str, float]  # excess on sequences that no coin makes, nats a sequence


def drawn(how: Measuring, what: str) -> int:
    """Return how many sequences are drawn for a measurement; `DRAWN` names them."""
    return how.choose(*DRAWN[what])


def toss(
    rng: np.random.Generator, count: int, length: int, bias: float | None = None
) -> np.ndarray:
    """Return tosses [batch, time] of coins whose bias is uniform, or given."""
    chance = rng.uniform(size=(count, 1)) if bias is None else np.full((count, 1), bias)
    return (rng.uniform(size=(count, length)) < chance).astype(np.int64)


def odd_orders(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Return sequences that Bayes holds for a coin's, and hardly any coin makes: of those that are
    drawn, `count`.
    """
    alternating, block = np.arange(LENGTH) % 2, np.arange(LENGTH) * 2 // LENGTH
    change = rng.uniform(size=(count, LENGTH)) < 0.1
    return {
        "alternating": np.stack([alternating, 1 - alternating]),
        "one block after the other": np.stack([block, 1 - block]),
        "sticky (a change in 10)": np.cumsum(change, axis=1) % 2,
    }


def take_apart(machine: StateMachine, seed: int, how: Measuring) -> Measured:
    """Return what is measured of a predictor, on sequences that are drawn from its own seed; a
    quick look does not count clusters.
    """
    rng = np.random.default_rng(seed)
    sequences, shuffled, calibrated = (
        toss(rng, drawn(how, what), LENGTH) for what in ("machine", "shuffled", "calibrated")
    )
    trace = machine.trace(sequences)
    counts = counts_before(sequences, 2)
    exact = posterior_mean(counts, PRIOR)
    said = np.exp(machine.trace(calibrated).log_q[..., 1])
    true = posterior_mean(counts_before(calibrated, 2), PRIOR)[..., 1]
    extracted = [
        extract(features, trace.log_q, sequences, seed)
        for features in (trace.memory, futures(machine, trace))
    ]
    regret, bias_excess = _by_bias(machine, rng, drawn(how, "bias"))
    return Measured(
        exchange=exchangeability(machine, shuffled, seed),
        r2=probe_memory(trace, np.concatenate([counts, exact[..., 1:]], axis=-1)),
        simulation=simulate(machine, trace, sequences, PRIOR, seed),
        clusters=_clusters(trace.memory, trace.log_q, exact, seed, how.choose(*MOST)),
        by_memory=extracted[0],
        by_futures=extracted[1],
        reliability=reliability(said, calibrated),
        reliability_exact=reliability(said, true),
        long=_excess(machine, toss(rng, drawn(how, "long"), LONG)),
        regret=regret,
        bias_excess=bias_excess,
        orders={
            name: float(_excess(machine, given).sum())
            for name, given in odd_orders(rng, drawn(how, "bias")).items()
        },
    )


def extract(features: np.ndarray, log_q: np.ndarray, sequences: np.ndarray, seed: int) -> Extracted:
    """Return the automaton of clustered features [batch, time, feature], found on half of the
    sequences and run on the others.
    """
    clusters = k_means(rows(halves(features)[0]), NODES, seed)
    states, mean = cluster_predictions(features, log_q, clusters)
    counts = counts_before(sequences, 2)
    known, asked = halves(sequences)
    found = automaton(halves(states)[0], known, mean)
    bayes = posterior_mean(halves(counts)[1], PRIOR)
    return Extracted(
        found,
        on_the_lattice(found, states, counts),
        excess(bayes, found.predictive[found.follow(asked)]),
    )


def frozen_excess(length: int, seed: int) -> np.ndarray:
    """Return the excess [time] of Bayes that learns nothing after `LENGTH` symbols."""
    sequences = toss(np.random.default_rng(seed), 4096, length)
    counts = counts_before(sequences, 2)
    frozen = counts[:, np.minimum(np.arange(length), LENGTH)]
    log_p, log_q = (np.log(posterior_mean(c, PRIOR)) for c in (counts, frozen))
    return divergences(log_p, log_q).mean(axis=0)


def exact_regret(biases: np.ndarray = BIASES) -> np.ndarray:
    """Return what exact Bayes loses over one who knows the bias, nats a sequence: a sum over counts
    of their binomial probability times KL(bias || posterior mean).
    """
    total = np.zeros(len(biases))
    for n in range(LENGTH):
        for ones in range(n + 1):
            weight = math.comb(n, ones) * biases**ones * (1 - biases) ** (n - ones)
            p = (ones + 1) / (n + 2)
            total += weight * (
                biases * np.log(biases / p) + (1 - biases) * np.log((1 - biases) / (1 - p))
            )
    return total


def lattice_predictions() -> Mapping[float, float]:
    """Return the distinct exact predictions, and how often a sequence meets each."""
    met: dict[Fraction, float] = {}
    for n in range(LENGTH):
        for ones in range(n + 1):
            p = Fraction(ones + 1, n + 2)
            met[p] = met.get(p, 0.0) + 1 / (n + 1)
    return {float(p): weight for p, weight in met.items()}


def fewest_predictions() -> int:
    """Return into how few groups the exact predictions can be put for less than `EPS`."""
    met = lattice_predictions()
    costs = cheapest_cuts(np.array(list(met)), np.array(list(met.values())))
    return 1 + int(np.argmax(costs < EPS))


def _clusters(
    memory: np.ndarray, log_q: np.ndarray, exact: np.ndarray, seed: int, most: int
) -> int | None:
    if not most:
        return None
    try:
        return clusters_needed(memory, log_q, exact, EPS, seed, most)
    except DataError:  # the predictor itself is farther from Bayes than that
        return most + 1


def _excess(machine: StateMachine, sequences: np.ndarray) -> np.ndarray:
    """Return the mean KL(Bayes || predictor) at every step."""
    exact = np.log(posterior_mean(counts_before(sequences, 2), PRIOR))
    return divergences(exact, machine.trace(sequences).log_q).mean(axis=0)


def _by_bias(
    machine: StateMachine, rng: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss over one who knows the bias, and the excess over Bayes, by bias, along
    `count` sequences of each.

    The first is exact Bayes's own, plus what the predictor loses over Bayes on the same sequences:
    so the tosses' chance is not in it.
    """
    each = [toss(rng, count, LENGTH, bias) for bias in BIASES]
    sequences = np.concatenate(each)
    exact = np.log(posterior_mean(counts_before(sequences, 2), PRIOR))
    log_q = machine.trace(sequences).log_q
    shape = (len(BIASES), count, LENGTH)
    chance = np.stack([1 - BIASES, BIASES], axis=1)[:, None, None]
    more = np.sum(chance * (exact - log_q).reshape(*shape, 2), axis=-1)
    excess = divergences(exact, log_q).reshape(shape)
    return exact_regret() + more.sum(axis=-1).mean(axis=1), excess.sum(axis=-1).mean(axis=1)
