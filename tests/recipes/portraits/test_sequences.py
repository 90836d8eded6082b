"""Figures of predictors: exact Bayes is drawn in each, and the data are what was given."""

import numpy as np

from ontogeny.recipes.portraits.prediction_figures import (
    NEAREST,
    excess_by_step_figure,
    excess_by_update_figure,
    forecast_figure,
)


def test_a_line_is_the_geometric_mean_over_seeds_and_a_perfect_score_still_shows():
    curves = {"coin": np.array([[0.1, 0.001], [0.0, 0.0]])}
    fig = excess_by_update_figure(curves, {"coin": np.array([10, 20])}, ["nats a sequence"])
    line, dots = fig.data
    np.testing.assert_allclose(line.y, [0.01, NEAREST])
    assert line.name == "coin (nats a sequence)"
    np.testing.assert_array_equal(dots.x, [10, 10, 20, 20])


def test_every_panel_has_the_zero_line_the_network_and_the_others():
    rows = {
        "coin": np.array([[0.1, 0.3], [0.3, 0.5]]),
        "coin: KT": np.array([[0.05, 0.02]]),
        "die": np.zeros((2, 3)),
    }
    fig = excess_by_step_figure(["coin", "die"], rows)
    zero, network, other, *die = fig.data
    np.testing.assert_array_equal(zero.y, [0, 0])
    np.testing.assert_allclose(network.y, [0.2, 0.4])
    assert (network.name, other.name) == ("network", "KT")
    assert other.line.dash == "dash"
    assert len(die) == 2


def test_a_forecast_shows_what_came_what_was_said_and_what_is_exact():
    came, said, exact = np.array([True, False]), np.array([0.5, 0.7]), np.array([0.5, 0.66])
    dots, bayes, network = forecast_figure(came, said, exact).data
    np.testing.assert_array_equal(dots.y, [1, 0])
    np.testing.assert_array_equal(bayes.y, exact)
    np.testing.assert_array_equal(network.y, said)
