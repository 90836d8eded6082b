"""What is drawn of a machine is what was given. How it looks was looked at."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.sequential.machine_figures import (
    draw_automaton,
    draw_biases,
    draw_calibration,
    draw_longer,
    draw_memory,
)
from ontogeny.views.figure import Figure


def drawn(draw, labels=None, **data):
    return draw(Figure("figure", "", data, labels or {}, draw))


def named(fig, name: str):
    return next(trace for trace in fig.data if trace.name == name)


def test_the_lattice_lies_under_the_memories():
    nodes = np.array([[0.0, 0.0], [1.0, 1.0], [1.0, -1.0]])
    fig = drawn(
        draw_memory,
        {"paths": ["a <path>"]},
        points=np.array([[0.1, 0.0], [1.0, 0.9]]),
        chance=np.array([0.5, 2 / 3]),
        nodes=nodes,
        edges=np.array([[0, 1], [0, 2]]),
        paths=nodes[None, :2],
        share=np.array([0.7, 0.2]),
    )
    lattice = fig.data[0]
    np.testing.assert_array_equal(lattice.x, [0, 1, np.nan, 0, 1, np.nan])
    np.testing.assert_array_equal(lattice.y, [0, 1, np.nan, 0, -1, np.nan])
    np.testing.assert_array_equal(fig.data[1].marker.color, [0.5, 2 / 3])
    assert list(named(fig, "a &lt;path&gt;").x) == [0, 1]
    ends = named(fig, "where they end")
    assert (list(ends.x), list(ends.y)) == ([1], [1])
    assert fig.layout.xaxis.title.text == "principal component 1 (70 %)"


def test_a_state_stands_at_its_mean_count():
    fig = drawn(
        draw_automaton,
        {"length": [2]},
        place=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [np.nan, np.nan]]),
        successor=np.array([[2, 1], [-1, -1], [-1, -1], [0, 0]]),
        chance=np.array([1 / 2, 2 / 3, 1 / 3, 1 / 2]),
        visits=np.array([4, 3, 1, 0]),
    )
    zero, one, rings, states = fig.data
    np.testing.assert_array_equal(zero.x, [0, 1, np.nan])
    np.testing.assert_array_equal(zero.y, [0, -1, np.nan])
    np.testing.assert_array_equal(one.y, [0, 1, np.nan])
    assert sorted(zip(rings.x, rings.y, strict=True)) == [(0, 0), (1, -1), (1, 1)]
    np.testing.assert_array_equal(states.x, [0, 1, 1])  # the one without visits is not drawn
    np.testing.assert_array_equal(states.y, [0, 1, -1])
    np.testing.assert_array_equal(states.marker.color, [1 / 2, 2 / 3, 1 / 3])


def test_calibration_is_the_diagonal_and_the_zero_line():
    predicted = np.array([[0.2, 0.7], [0.3, 0.8]])
    observed = np.array([[0.25, 0.7], [0.3, 0.9]])
    fig = drawn(
        draw_calibration, predicted=predicted, observed=observed, exact=np.array([0.01, -0.01])
    )
    diagonal, zero, exact, frequency, difference = fig.data
    assert (tuple(diagonal.x), tuple(diagonal.y)) == ((0, 1), (0, 1))
    assert tuple(zero.y) == (0, 0)
    np.testing.assert_allclose(exact.x, [0.25, 0.75])
    np.testing.assert_allclose(frequency.y, observed.ravel())
    np.testing.assert_allclose(difference.y, (observed - predicted).ravel())


def test_the_optimum_and_the_training_length_are_drawn_in():
    excess = np.array([[0.0, 0.1, 0.4], [0.0, 0.3, 0.2]])
    fig = drawn(draw_longer, {"length": [2]}, excess=excess, frozen=np.array([0.0, 0.0, 0.5]))
    np.testing.assert_allclose(named(fig, "predictor, mean").y, [0, 0.2, 0.3])
    assert list(named(fig, "exact Bayes").y) == [0, 0]
    assert list(named(fig, "Bayes that stops learning at 2").y) == [0, 0, 0.5]
    assert sum(trace.name == "one seed" for trace in fig.data) == 2
    assert fig.layout.shapes[0].x0 == 2.5


def test_the_bias_figure_has_exact_bayes_on_both_sides():
    biases = np.array([0.2, 0.8])
    exact = np.array([[0.2, 0.5, 0.8], [1.0, 0.8, 1.0]])
    regret, excess = np.array([[1.1, 1.2], [1.0, 1.3]]), np.array([[0.1, 0.2], [0.0, 0.3]])
    fig = drawn(draw_biases, biases=biases, regret=regret, exact=exact, excess=excess)
    line, dots, zero, more = fig.data
    np.testing.assert_array_equal(line.y, exact[1])
    np.testing.assert_array_equal(dots.x, [0.2, 0.8, 0.2, 0.8])
    np.testing.assert_array_equal(dots.y, [1.1, 1.2, 1.0, 1.3])
    assert tuple(zero.y) == (0, 0)
    np.testing.assert_array_equal(more.y, [0.1, 0.2, 0.0, 0.3])
