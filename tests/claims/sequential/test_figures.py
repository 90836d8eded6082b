"""What is drawn of predictors and agents is what was given."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.sequential.figures import NEAREST, draw_excess_by_update
from ontogeny.views.figure import Figure


def test_a_line_is_the_geometric_mean_over_seeds_and_a_perfect_score_still_shows():
    data = {"coin": np.array([[0.1, 0.001], [0.0, 0.0]]), "coin updates": np.array([10, 20])}
    labels = {"sources": ["coin"], "units": ["nats a sequence"]}
    line, dots = draw_excess_by_update(Figure("l", "", data, labels, draw_excess_by_update)).data
    np.testing.assert_allclose(line.y, [0.01, NEAREST])
    assert line.name == "coin (nats a sequence)"
    np.testing.assert_array_equal(dots.x, [10, 10, 20, 20])
