"""What is said of memories, on machines whose memory is known exactly."""

from __future__ import annotations

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.sequential.automaton import (
    automaton,
    cluster_predictions,
    clusters_needed,
    excess,
    futures,
    on_the_lattice,
)
from ontogeny.claims.sequential.simulation import simulate
from ontogeny.claims.sequential.state_machine import (
    StateMachine,
    Trace,
    counts_before,
    exchangeability,
    posterior_mean,
    probe_memory,
    rows,
    state_machines,
)
from ontogeny.core.errors import DataError
from ontogeny.nn.cores import CoreConfig, SequenceNetwork, sequence_network
from ontogeny.ops.clusters import k_means
from ontogeny.worlds.sources.sequences import coins

PRIOR = (1.0, 1.0)
TIME = 8  # histories of 0 to 7 symbols: 36 counts


def hand_made(remember, say) -> StateMachine:
    """Return the machine of a network whose memory and outputs are given functions."""

    def step(arrays, memory, x):
        memory = remember(memory, x)
        return memory, say(memory), memory

    network = SequenceNetwork(
        lambda key: (), lambda arrays, xs: xs, lambda arrays: {"n": jnp.zeros(2)}, step
    )
    return state_machines(network, 2)(())


def counting() -> StateMachine:
    """Bayes itself, written as a network: the memory is the counts."""
    return hand_made(
        lambda memory, x: {"n": memory["n"] + x}, lambda memory: jnp.log(memory["n"] + 1)
    )


def forgetting() -> StateMachine:
    """The memory is the last symbol."""
    return hand_made(lambda memory, x: {"n": x}, lambda memory: jnp.log(memory["n"] + 1))


@pytest.fixture(scope="module")
def sequences():
    keys = jax.random.split(jax.random.key(0), 1000)
    return np.asarray(jax.jit(jax.vmap(lambda key: coins(TIME).draw(key)[1]))(keys))


@pytest.fixture(scope="module")
def counts(sequences):
    return counts_before(sequences, 2)


def test_counts_and_posterior_means_by_hand():
    counts = counts_before(np.array([[1, 0, 1]]), 2)
    np.testing.assert_array_equal(counts, [[[0, 0], [0, 1], [1, 1]]])
    mean = posterior_mean(counts, (1.0, 3.0))
    np.testing.assert_allclose(mean[0, :, 1], [3 / 4, 4 / 5, 4 / 6])


def test_a_counting_machine_is_bayes(sequences, counts):
    machine = counting()
    trace = machine.trace(sequences)
    np.testing.assert_array_equal(trace.memory, counts)
    np.testing.assert_allclose(np.exp(trace.log_q), posterior_mean(counts, PRIOR), rtol=1e-6)

    moved = exchangeability(machine, sequences, seed=0)
    assert moved == (0, 0, 0)

    statistics = np.concatenate([counts, posterior_mean(counts, PRIOR)[..., 1:]], axis=-1)
    r2 = probe_memory(trace, statistics)
    np.testing.assert_allclose(r2[:2], 1, atol=1e-9)
    assert 0.5 < r2[2] < 0.999  # a ratio of counts is not linear in them

    both = simulate(machine, trace, sequences, PRIOR, seed=0)
    assert max(*both.to_belief, *both.to_memory) < 1e-6
    assert min(*both.to_belief, *both.to_memory) >= 0


def test_a_machine_of_the_last_symbol_is_found_out(sequences, counts):
    machine = forgetting()
    trace = machine.trace(sequences)
    moved = exchangeability(machine, sequences, seed=0)
    # It says 2/3 for the last symbol, so it moves by 1/3 where that changes; with n ones of 7, the
    # chance of that is 2 (n / 7) (1 - n / 7), n uniform on 0 … 7: 2/7 in the mean.
    assert moved.mean == pytest.approx(2 / 7 / 3, abs=0.015)
    assert moved.largest == pytest.approx(1 / 3)
    assert moved.state > 0.3

    assert probe_memory(trace, counts).max() < 0.6
    both = simulate(machine, trace, sequences, PRIOR, seed=0)
    assert both.to_belief.state > 0.4
    assert both.to_memory.state > 0.2
    assert both.to_belief.output > 0.01


def test_any_smooth_code_of_the_counts_is_the_same_machine(sequences, counts):
    def code(n):
        return jnp.stack([jnp.tanh(n[0] / 5), jnp.sqrt(n[1] + 1) + 0.3 * n[0]])

    def decode(memory):
        zeros = 5 * jnp.arctanh(memory["n"][0])
        return jnp.stack([zeros, (memory["n"][1] - 0.3 * zeros) ** 2 - 1])

    begin = code(jnp.zeros(2))
    network = SequenceNetwork(
        lambda key: (),
        lambda arrays, xs: xs,
        lambda arrays: {"n": begin},
        lambda arrays, memory, x: (
            {"n": code(decode(memory) + x)},
            jnp.log(decode(memory) + x + 1),
            x,
        ),
    )
    machine = state_machines(network, 2)(())
    both = simulate(machine, machine.trace(sequences), sequences, PRIOR, seed=0)
    assert max(both.to_belief.state, both.to_memory.state) < 1e-3
    assert max(both.to_belief.output, both.to_memory.output) < 1e-4


def test_as_many_clusters_as_there_are_things_to_tell_apart(sequences, counts):
    exact = posterior_mean(counts, PRIOR)
    log_q = np.log(exact)
    nothing = 1e-12  # nats: every difference counts
    predictions = {Fraction(ones + 1, n + 2) for n in range(TIME) for ones in range(n + 1)}
    assert len(predictions) == 27
    assert clusters_needed(exact, log_q, exact, nothing, seed=0) == 27
    assert clusters_needed(counts * 1.0, log_q, exact, nothing, seed=0) == 36  # (7 + 1)(7 + 2) / 2
    assert clusters_needed(counts * 1.0, log_q, exact, 10.0, seed=0) == 1
    with pytest.raises(DataError, match="8 clusters still cost"):
        clusters_needed(exact, log_q, exact, nothing, seed=0, most=8)


def test_the_automaton_of_a_counting_machine_is_the_lattice(sequences, counts):
    machine = counting()
    trace = machine.trace(sequences)
    exact = posterior_mean(counts, PRIOR)
    for features in (trace.memory, futures(machine, trace)):
        found = k_means(rows(features), 36, seed=0)
        states, mean = cluster_predictions(features, trace.log_q, found)
        extracted = automaton(states, sequences, mean)
        agreement = on_the_lattice(extracted, states, counts)
        assert extracted.determinism == 1
        assert agreement[:3] == (1, 1, 1)
        assert np.sum(extracted.successor >= 0) == 2 * 28  # two from each of the first 28 nodes
        assert extracted.visits.sum() == sequences.size
        np.testing.assert_array_equal(agreement.place, agreement.node)
        np.testing.assert_array_equal(extracted.follow(sequences), states)
        assert excess(exact, mean[extracted.follow(sequences)]) < 1e-9


def test_an_automaton_by_hand():
    states = np.array([[0, 1, 1], [0, 1, 0], [0, 1, 1]])
    sequences = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 1]])
    found = automaton(states, sequences, np.full((2, 2), 0.5))
    assert found.start == 0
    np.testing.assert_array_equal(found.successor, [[-1, 1], [1, -1]])
    np.testing.assert_array_equal(found.visits, [4, 5])
    assert found.determinism == pytest.approx(5 / 6)
    np.testing.assert_array_equal(found.follow(np.array([[0, 1, 0, 1]])), [[0, 0, 1, 1]])


def test_futures_tell_apart_what_predicts_alike_now(sequences):
    machine = counting()
    histories = np.array([[0, 1, 0], [0, 1, 0]])
    trace = machine.trace(histories)
    said = futures(machine, trace, reach=4) ** 2
    # Before anything and after (0, 1), both say 1/2; then 1/3 against 2/5, 1/6 against 2/8.
    np.testing.assert_allclose(said[0, 0, [1, 3, 5]], [1 / 2, 1 / 3, 1 / 6], rtol=1e-5)
    np.testing.assert_allclose(said[0, 2, [1, 3, 5]], [1 / 2, 2 / 5, 2 / 8], rtol=1e-5)


def test_excess_by_hand():
    exact = np.full((2, 3, 2), 0.5)
    said = np.stack([exact[0], np.tile([0.25, 0.75], (3, 1))])
    assert excess(exact, said) == pytest.approx(0.5 * 3 * 0.5 * np.log(0.25 / (0.25 * 0.75)))


@pytest.mark.parametrize("kind", ["gru", "lstm", "state-space"])
def test_a_network_resumes_where_its_trace_was(kind):
    network = sequence_network(CoreConfig(kind, 8), 2, 2)
    arrays = jax.jit(network.init)(jax.random.key(1))
    machine = state_machines(network, 2)(arrays)
    sequences = np.random.default_rng(0).integers(2, size=(5, 6))
    trace = machine.trace(sequences)
    resumed = machine.resume(trace.memory[:, 2], sequences[:, 2:5])
    np.testing.assert_allclose(resumed, trace.log_q[:, 3:], atol=1e-5)
    seen = np.concatenate([np.zeros((1, 2)), np.eye(2)[sequences[0, :-1]]])
    said = jax.nn.log_softmax(jax.jit(network.along)(arrays, jnp.asarray(seen, jnp.float32)))
    np.testing.assert_allclose(trace.log_q[0], said, atol=1e-5)


def test_too_little_to_shuffle_is_refused(sequences):
    with pytest.raises(DataError, match="2 symbols"):
        exchangeability(counting(), sequences[:, :2], seed=0)


def test_a_trace_is_what_it_says(sequences):
    trace = counting().trace(sequences[:4])
    assert isinstance(trace, Trace)
    assert trace.memory.shape == trace.log_q.shape == (4, TIME, 2)
