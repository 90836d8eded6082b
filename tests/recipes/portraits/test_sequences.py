"""Figures of predictors: exact Bayes is drawn in each, and the data are what was given."""

import numpy as np

from ontogeny.recipes.portraits.sequences import draw_excess, draw_forecast
from ontogeny.views.figure import Figure


def test_every_panel_has_the_zero_line_the_network_and_the_others():
    rows = {
        "coin": np.array([[0.1, 0.3], [0.3, 0.5]]),
        "coin: KT": np.array([[0.05, 0.02]]),
        "die": np.zeros((2, 3)),
    }
    fig = draw_excess(Figure("excess", "", rows, {"sources": ["coin", "die"]}, draw_excess))
    zero, network, other, *die = fig.data
    np.testing.assert_array_equal(zero.y, [0, 0])
    np.testing.assert_allclose(network.y, [0.2, 0.4])
    assert (network.name, other.name) == ("network", "KT")
    assert other.line.dash == "dash"
    assert len(die) == 2


def test_a_forecast_shows_what_came_what_was_said_and_what_is_exact():
    data = {
        "sequence": np.array([2, 0]),
        "said": np.array([0.5, 0.7]),
        "exact": np.array([0.5, 0.66]),
    }
    fig = draw_forecast(Figure("forecast", "", data, {"symbol": [2]}, draw_forecast))
    dots, bayes, network = fig.data
    np.testing.assert_array_equal(dots.y, [1, 0])
    np.testing.assert_array_equal(bayes.y, data["exact"])
    np.testing.assert_array_equal(network.y, data["said"])
