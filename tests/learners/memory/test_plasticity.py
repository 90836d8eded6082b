"""Differentiable plasticity: the Hebbian trace by hand."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from drawn import drawn, drawn_bits
from ontogeny.learners.memory.coder import CoderConfig
from ontogeny.learners.memory.plasticity import Plastic, PlasticityConfig, traced


def test_the_trace_of_two_units_by_hand():
    trace = traced(jnp.array([[1.0, 0.0], [0.0, 2.0]]), jnp.array([1.0, -1.0]), jnp.ones(2), 0.25)
    np.testing.assert_allclose(trace, [[1.0, 0.25], [-0.25, 1.25]])


def test_writing_leaves_the_trace_of_what_the_units_said():
    config = PlasticityConfig(units=3, steps=3, coder=CoderConfig(features=5))
    network = drawn(lambda key: Plastic(config, (4,), key=key))
    patterns = drawn_bits(2, 4)
    drives = np.asarray(network.enter(network.coder.see_all(patterns)))
    rate, trace = 1 / (1 + np.exp(-float(network.rate))), np.zeros((3, 3))
    weight, plastic = np.asarray(network.weight), np.asarray(network.plastic)
    for drive in drives:
        y = np.zeros(3)
        for _ in range(3):
            after = np.tanh(drive + y @ (weight + plastic * trace))
            trace, y = (1 - rate) * trace + rate * np.outer(y, after), after
    np.testing.assert_allclose(network.write(patterns), trace, atol=1e-5)


def test_the_answer_depends_on_the_trace_only_where_it_is_plastic():
    config = PlasticityConfig(units=3, steps=2, coder=CoderConfig(features=5))
    network = drawn(lambda key: Plastic(config, (4,), key=key))
    stiff = eqx.tree_at(lambda net: net.plastic, network, jnp.zeros((3, 3)))
    x, known = drawn_bits(1, 4)[0], jnp.ones(4, bool)
    traces = jnp.zeros((3, 3)), jnp.ones((3, 3))
    answers = [jax.jit(lambda t, net=net: net.answer(t, x, known)) for net in (network, stiff)]
    moved, same = ([f(trace) for trace in traces] for f in answers)
    assert np.abs(moved[0] - moved[1]).max() > 1e-4
    np.testing.assert_array_equal(same[0], same[1])
