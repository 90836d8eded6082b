"""The finite automaton inside a memory: groups of memories as states, and what leads where.

Two histories are in one state of the smallest machine when their futures are alike: whatever is
read next, the same is predicted after it. So memories are clustered, as they lie or by what the
machine would say after some test words. A cluster predicts the mean of its members' predictions; a
symbol leads from it to wherever it most often led. The automaton then runs by itself, without the
network. It is held against the exact machine of exchangeable symbols, the lattice of counts, whose
edges add one to a count.
Source: equal futures as states is Nerode 1958; Ortega et al. 2019 (arXiv 1905.03030) see them in
memories.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from ontogeny.claims.sequential.state_machine import StateMachine, Trace, divergences, halves, rows
from ontogeny.core.errors import DataError
from ontogeny.ops.clusters import Clusters, k_means


class Automaton(NamedTuple):
    """States, and edges that read a symbol. `successor` is -1 where a symbol was never read."""

    start: int
    successor: Int[np.ndarray, "state symbol"]
    predictive: Float[np.ndarray, "state symbol"]
    visits: Int[np.ndarray, " state"]
    determinism: float  # the share of transitions that went where most from there went

    def follow(self, sequences: Integer[np.ndarray, "batch time"]) -> Int[np.ndarray, "batch time"]:
        """Return the state before every symbol. Where there is no edge, it stays where it is."""
        sequences = np.asarray(sequences)
        states = np.empty(sequences.shape, np.int64)
        state = np.full(len(sequences), self.start)
        for step in range(sequences.shape[1]):
            states[:, step] = state
            after = self.successor[state, sequences[:, step]]
            state = np.where(after < 0, state, after)
        return states


class Agreement(NamedTuple):
    """How an automaton lies on the lattice of counts. A state's own node is the one that it was
    most often in.
    """

    purity: float  # the share of visits in which a state was at its own node
    nodes: float  # the share of the lattice's visited nodes that are some state's own
    edges: float  # the share of edges that lead to the node with one more of the symbol read
    place: Float[np.ndarray, "state symbol"]  # the mean counts of a state's visits
    node: Int[np.ndarray, "state symbol"]  # the counts that a state was most often at


def futures(
    machine: StateMachine, trace: Trace, reach: int = 4
) -> Float[np.ndarray, "batch time feature"]:
    """Return the roots of the probabilities that the machine says at every step, after one more of
    each symbol, and after `reach` more of it: the squared distance between roots is Hellinger's.
    """
    batch, time, n_symbols = trace.log_q.shape
    said = [rows(trace.log_q)]
    for symbol in range(n_symbols):
        word = np.full((batch * time, reach), symbol)
        after = machine.resume(rows(trace.memory), word)
        said += [after[:, 0], after[:, -1]]
    return np.exp(0.5 * np.concatenate(said, axis=1)).reshape(batch, time, -1)


def cluster_predictions(
    features: Float[np.ndarray, "batch time feature"],
    log_q: Float[np.ndarray, "batch time symbol"],
    clusters: Clusters,
) -> tuple[Int[np.ndarray, "batch time"], Float[np.ndarray, "cluster symbol"]]:
    """Return the cluster at every step of all sequences, and each cluster's mean prediction over
    the sequences that are for fits (even odds where it has no member there).
    """
    states = clusters.assign(rows(features)).reshape(features.shape[:2])
    n_states, n_symbols = len(clusters.centres), log_q.shape[-1]
    seen, q = halves(states)[0].ravel(), np.exp(rows(halves(log_q)[0]))
    size = np.bincount(seen, minlength=n_states)
    total = np.stack(
        [np.bincount(seen, weights=q[:, s], minlength=n_states) for s in range(n_symbols)], axis=1
    )
    mean = np.where(size[:, None] > 0, total / np.maximum(size, 1)[:, None], 1 / n_symbols)
    return states, mean


def excess(
    exact: Float[np.ndarray, "batch time symbol"], predicted: Float[np.ndarray, "batch time symbol"]
) -> float:
    """Return the mean over sequences of sum_t KL(exact || predicted), in nats a sequence."""
    return float(np.mean(np.sum(divergences(np.log(exact), np.log(predicted)), axis=1)))


def clusters_needed(
    features: Float[np.ndarray, "batch time feature"],
    log_q: Float[np.ndarray, "batch time symbol"],
    exact: Float[np.ndarray, "batch time symbol"],
    eps: float,
    seed: int,
    most: int = 1024,
) -> int:
    """Return the number of clusters from which predicting by the cluster alone costs less than
    `eps` nats a sequence over Bayes.

    Clusters and their predictions are fitted on some sequences and judged on the others. Doubling
    finds a number that is enough, and halving the gap the smallest one: exactly below 64 clusters,
    else to 1 in 32, if costs fall as clusters grow in number (k-means finds good clusters, not the
    best: fewer may do). Raises `DataError` when `most` are not enough.
    """

    def cost(k: int) -> float:
        found = k_means(rows(halves(features)[0]), k, seed)
        states, mean = cluster_predictions(features, log_q, found)
        return excess(halves(exact)[1], mean[halves(states)[1]])

    low, enough = 0, 1
    while (last := cost(enough)) >= eps:
        if enough >= most:
            raise DataError(
                f"{enough} clusters still cost {last:.3g} nats a sequence over Bayes",
                where="clusters_needed",
                hint=f"the predictor is not within {eps:g} of Bayes; train it for longer",
            )
        low, enough = enough, min(2 * enough, most)
    while enough - low > max(1, enough // 32):
        middle = (low + enough) // 2
        low, enough = (low, middle) if cost(middle) < eps else (middle, enough)
    return enough


def automaton(
    states: Int[np.ndarray, "batch time"],
    sequences: Integer[np.ndarray, "batch time"],
    predictive: Float[np.ndarray, "state symbol"],
) -> Automaton:
    """Return the automaton of histories whose states are known: `states[:, t]` before symbol t."""
    n_states, n_symbols = predictive.shape
    before, symbol, after = states[:, :-1], np.asarray(sequences)[:, :-1], states[:, 1:]
    edge = (before * n_symbols + symbol) * n_states + after
    times = np.bincount(edge.ravel(), minlength=n_states**2 * n_symbols)
    times = times.reshape(n_states, n_symbols, n_states)
    successor = np.where(times.sum(axis=-1) > 0, np.argmax(times, axis=-1), -1)
    return Automaton(
        int(np.bincount(states[:, 0], minlength=n_states).argmax()),
        successor,
        predictive,
        np.bincount(states.ravel(), minlength=n_states),
        float(times.max(axis=-1).sum() / max(times.sum(), 1)),
    )


def on_the_lattice(
    machine: Automaton,
    states: Int[np.ndarray, "batch time"],
    counts: Int[np.ndarray, "batch time symbol"],
) -> Agreement:
    """Return how the automaton agrees with the lattice of counts along histories."""
    nodes, number = np.unique(rows(counts), axis=0, return_inverse=True)
    number, state, n_states = number.ravel(), states.ravel(), len(machine.visits)
    times = np.bincount(state * len(nodes) + number, minlength=n_states * len(nodes))
    times = times.reshape(n_states, len(nodes))
    visits = times.sum(axis=1)
    own = np.argmax(times, axis=1)
    lived = visits > 0
    node = np.where(lived[:, None], nodes[own], -1)
    place = times @ nodes / np.where(lived, visits, np.nan)[:, None]
    return Agreement(
        float(times.max(axis=1).sum() / visits.sum()),
        len(np.unique(own[lived])) / len(nodes),
        float(np.mean(right_edges(machine.successor, node))),
        place,
        node,
    )


def right_edges(
    successor: Int[np.ndarray, "state symbol"], node: Int[np.ndarray, "state symbol"]
) -> Bool[np.ndarray, " edge"]:
    """Return for every edge whether it adds one to the count of the symbol that it reads."""
    state, symbol = np.nonzero(successor >= 0)
    wanted = node[state] + np.eye(node.shape[1], dtype=np.int64)[symbol]
    return np.all(node[successor[state, symbol]] == wanted, axis=1)
