"""Figures of adaptation: what is exactly optimal is drawn in each, and the data are those given."""

import numpy as np

from ontogeny.recipes.portraits.curve_figures import CEILING, error_by_step_figure, fits_figure


def test_a_line_is_the_mean_over_seeds_and_ends_where_one_diverges():
    curves = {
        "maml": np.array([[3.0, 1.0, 0.5], [5.0, 2.0, 0.5]]),
        "meta-sgd": np.array([[3.0, 0.3, np.nan], [3.0, 0.3, 2 * CEILING]]),
    }
    fig = error_by_step_figure(curves, innate=3.006, ideal=0.0)
    maml, dots, meta, _, before, after = fig.data
    np.testing.assert_allclose(np.square(maml.y), [4.0, 1.5, 0.5])
    np.testing.assert_array_equal(dots.x, [0, 1, 2, 0, 1, 2])
    np.testing.assert_allclose(np.square(meta.y), [3.0, 0.3, np.nan])
    np.testing.assert_allclose(np.square(before.y), [3.006, 3.006])
    np.testing.assert_array_equal(after.y, [0, 0])
    assert fig.layout.yaxis.range[0] < 0 < 4 < np.square(fig.layout.yaxis.range[1]) < 5


def test_every_panel_has_the_ideal_the_examples_and_what_is_said():
    x, ideal = np.linspace(-5, 5, 4), np.arange(8.0).reshape(2, 4)
    support = np.ones((2, 3, 2))
    said = {"maml": np.zeros((2, 2, 4)), "random start": np.full((2, 2, 4), 2.0)}
    fig = fits_figure(x, ideal, support, said, (0, 10))
    assert len(fig.data) == 2 * 2 * (1 + 2 + 1)
    first = fig.data[:4]
    assert [t.name for t in first] == ["ideal learner", "before", "after 10 steps", "examples"]
    np.testing.assert_array_equal(first[0].y, ideal[0])
    np.testing.assert_array_equal(fig.data[-2].y, [2, 2, 2, 2])
    assert sum(bool(trace.showlegend) for trace in fig.data) == 4
