"""What is measured of a predictor, measured of exact Bayes written as a network."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.sequential.machine import bayes_reliability
from ontogeny.claims.sequential.machine_pictures import memory_data, pictures
from ontogeny.claims.sequential.machine_study import (
    LENGTH,
    LONG,
    exact_regret,
    fewest_predictions,
    frozen_excess,
    lattice_predictions,
    take_apart,
)
from ontogeny.claims.sequential.state_machine import state_machines
from ontogeny.nn.cores import SequenceNetwork


@pytest.fixture(scope="module")
def bayes():
    network = SequenceNetwork(
        lambda key: (),
        lambda arrays, xs: xs,
        lambda arrays: jnp.zeros(2),
        lambda arrays, memory, x: (memory + x, jnp.log(memory + x + 1), x),
    )
    return state_machines(network, 2)(())


@pytest.fixture(scope="module")
def measured(bayes):
    return take_apart(bayes, seed=0, how=Measuring("quick"))


def test_exact_bayes_taken_apart_is_exact(measured):
    assert measured.exchange == (0, 0, 0)
    np.testing.assert_allclose(measured.r2[:2], 1, atol=1e-9)
    assert max(*measured.simulation.to_belief, *measured.simulation.to_memory) < 1e-5
    assert measured.clusters is None
    for found in (measured.by_memory, measured.by_futures):
        # k-means may put two rare neighbours together; what is left is the lattice all the same.
        assert found.machine.determinism > 0.9
        assert found.agreement.purity > 0.9
        assert found.excess < 0.01
    assert measured.reliability_exact.error < 1e-6
    assert measured.reliability.error < 0.01
    np.testing.assert_allclose(measured.long, 0, atol=1e-6)
    np.testing.assert_allclose(measured.bias_excess, 0, atol=1e-5)
    np.testing.assert_allclose(measured.regret, exact_regret(), atol=1e-4)
    assert max(measured.orders.values()) < 1e-5


def test_every_figure_can_be_drawn(bayes, measured):
    frozen = frozen_excess(LONG, 0)
    how = Measuring("quick")
    figures = pictures(bayes, [measured, measured], frozen, bayes_reliability(how), how)
    assert [f.name for f in figures] == ["memory", "automaton", "calibration", "longer", "biases"]
    assert all(len(figure.draw(figure).data) > 2 for figure in figures)


def test_the_lattice_of_a_counting_memory_is_a_grid(bayes):
    data = memory_data(bayes, Measuring())
    assert len(data["nodes"]) <= LENGTH * (LENGTH + 1) // 2
    length = np.linalg.norm(data["nodes"][data["edges"][:, 0]] - data["nodes"][data["edges"][:, 1]])
    np.testing.assert_allclose(length, np.sqrt(len(data["edges"])))  # every edge is of length 1
    assert np.sum(data["share"]) == pytest.approx(1)
    ends = data["paths"][:, -1]
    np.testing.assert_allclose(ends, np.broadcast_to(ends[0], ends.shape), atol=1e-9)


def test_the_regret_of_bayes_has_the_known_mean():
    grid = (np.arange(2000) + 0.5) / 2000
    assert exact_regret(grid).mean() == pytest.approx(1.14721, abs=1e-4)  # T = 20, uniform prior


def test_what_there_is_to_predict():
    met = lattice_predictions()
    assert len(met) == 139  # fractions with a denominator from 2 to 21, in lowest terms
    assert sum(met.values()) == pytest.approx(LENGTH)
    assert 1 < fewest_predictions() < len(met)


def test_who_stops_learning_loses_from_then_on():
    excess = frozen_excess(40, 0)
    np.testing.assert_array_equal(excess[: LENGTH + 1], 0)
    assert np.all(np.diff(excess[LENGTH:]) > 0)
