"""Whether two machines are one: each is simulated by the other.

A map φ from the network's memory to the belief state (the counts), and a map ψ back, are fitted on
some histories and judged on others. The *state dissimilarity* of φ is the squared error of φ(m)
over the variance of the counts. For the *output dissimilarity* the other machine is put into the
mapped state, reads the next symbol, and what it then predicts is held against what the original
predicts there: KL(original || other), in nats a step. So a map that finds the right place with the
wrong way on from there does not pass.

The maps are ridge regressions on the state and 512 fixed random tanh features of it. Counts that φ
puts below zero are taken as zero.
Source: the method is that of Mikulik et al. 2020 (arXiv 2010.11223); there the maps are networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Integer

from ontogeny.claims.sequential.state_machine import (
    StateMachine,
    Trace,
    counts_before,
    divergences,
    halves,
    posterior_mean,
    rows,
)
from ontogeny.ops.probes import bent_ridge, unexplained


class Dissimilarity(NamedTuple):
    """Of the machine that simulates, on held-out histories; 0 is the same machine."""

    state: float  # share of the target state's variance that the map leaves unexplained
    output: float  # nats a step


class Simulation(NamedTuple):
    """Both directions."""

    to_belief: Dissimilarity  # Bayes simulates the network
    to_memory: Dissimilarity  # the network simulates Bayes


def simulate(
    machine: StateMachine,
    trace: Trace,
    sequences: Integer[np.ndarray, "batch time"],
    prior: Sequence[float],
    seed: int,
) -> Simulation:
    """Return how unlike a predictor and the exact Dirichlet machine are, in both directions.

    `trace` is the machine's own along the sequences; the seed draws the maps' random features.
    """
    n_symbols = len(prior)
    counts, asked = halves(1.0 * counts_before(sequences, n_symbols))
    memory, lived = halves(trace.memory)
    belief = bent_ridge(rows(memory), rows(counts), seed)(rows(lived)).reshape(asked.shape)
    recalled = bent_ridge(rows(counts), rows(memory), seed)(rows(asked)).reshape(lived.shape)

    # Both machines read the symbol that came, and predict the one after it.
    symbol = halves(np.asarray(sequences))[1][:, :-1]
    read = np.maximum(belief[:, :-1], 0) + np.eye(n_symbols)[symbol]
    exact_elsewhere = np.log(posterior_mean(read, prior))
    network_elsewhere = machine.resume(rows(recalled[:, :-1]), symbol.reshape(-1, 1))
    network = halves(trace.log_q)[1][:, 1:]
    exact = np.log(posterior_mean(asked[:, 1:], prior))
    return Simulation(
        Dissimilarity(
            unexplained(rows(asked), rows(belief)),
            float(np.mean(divergences(network, exact_elsewhere))),
        ),
        Dissimilarity(
            unexplained(rows(lived), rows(recalled)),
            float(np.mean(divergences(exact, network_elsewhere.reshape(exact.shape)))),
        ),
    )
