"""Figures of adaptation: what is exactly optimal is drawn in each, and the data are those given."""

import numpy as np

from ontogeny.recipes.portraits.sinusoids import CEILING, draw_fits, draw_steps
from ontogeny.views.figure import Figure


def test_a_line_is_the_mean_over_seeds_and_ends_where_one_diverges():
    curves = {
        "maml": np.array([[3.0, 1.0, 0.5], [5.0, 2.0, 0.5]]),
        "meta-sgd": np.array([[3.0, 0.3, np.nan], [3.0, 0.3, 2 * CEILING]]),
    }
    data = curves | {"exact": np.array([3.006, 0.0])}
    fig = draw_steps(Figure("steps", "", data, {"names": list(curves)}, draw_steps))
    maml, dots, meta, _, before, after = fig.data
    np.testing.assert_allclose(np.square(maml.y), [4.0, 1.5, 0.5])
    np.testing.assert_array_equal(dots.x, [0, 0, 1, 1, 2, 2])
    np.testing.assert_allclose(np.square(dots.y), [3, 5, 1, 2, 0.5, 0.5])
    np.testing.assert_allclose(np.square(meta.y), [3.0, 0.3, np.nan])
    np.testing.assert_allclose(np.square(before.y), [3.006, 3.006])
    np.testing.assert_array_equal(after.y, [0, 0])
    assert fig.layout.yaxis.range[0] < 0 < 4 < np.square(fig.layout.yaxis.range[1]) < 5


def test_every_panel_has_the_ideal_the_examples_and_what_is_said():
    ideal = np.arange(8.0).reshape(2, 4)
    given = {"x": np.linspace(-5, 5, 4), "ideal": ideal, "support": np.ones((2, 3, 2))}
    said = {"maml": np.zeros((2, 2, 4)), "random start": np.full((2, 2, 4), 2.0)}
    labels = {"learners": list(said), "steps": [0, 10]}
    fig = draw_fits(Figure("fits", "", given | said, labels, draw_fits))
    assert len(fig.data) == 2 * 2 * (1 + 2 + 1)
    first = fig.data[:4]
    assert [t.name for t in first] == ["ideal learner", "before", "after 10 steps", "examples"]
    np.testing.assert_array_equal(first[0].y, ideal[0])
    np.testing.assert_array_equal(fig.data[-2].y, [2, 2, 2, 2])
    assert sum(bool(trace.showlegend) for trace in fig.data) == 4
