"""What learning adds, as a report draws it."""

from __future__ import annotations

import numpy as np

from ontogeny.views.growth.plasticity import plasticity_figure
from ontogeny.views.growth.record import Record


def record(innate=None):
    score = np.array([[1.0, 3.0], [2.0, -np.inf], [-np.inf, -np.inf]])
    parent = np.tile(np.arange(2), (3, 1))
    return Record({}, score, parent, {}, np.ones(3), innate=innate)


def test_the_means_before_and_after_learning_are_of_those_who_live():
    figure = plasticity_figure(record(np.array([[0.0, 1.0], [0.5, 100.0], [7.0, 7.0]])))
    assert figure is not None
    before, after = figure.data
    np.testing.assert_allclose(before.y, [0.5, 0.5, np.nan])
    np.testing.assert_allclose(after.y, [2.0, 2.0, np.nan])


def test_a_run_without_births_has_no_such_figure():
    assert plasticity_figure(record()) is None
