"""What is drawn of populations is what was given."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.pbt.figures import draw_losses, draw_schedule, draw_toy
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure


def drawn(draw, data, labels):
    return draw(Figure("figure", "", data, labels, draw))


def test_the_toy_has_a_panel_an_arm():
    paths = np.random.default_rng(0).random((4, 5, 2, 2))
    names = ["PBT", "explore <only>", "exploit only", "grid"]
    fig = drawn(draw_toy, {"paths": paths}, {"paths": names})
    assert sum(trace.type == "contour" for trace in fig.data) == 4
    lines = [trace for trace in fig.data if trace.type == "scatter" and trace.name]
    assert len(lines) == 8
    np.testing.assert_array_equal(np.stack([lines[5].x, lines[5].y], axis=1), paths[2, :, 1])
    assert fig.layout.annotations[1].text == "explore &lt;only&gt;"


def test_a_schedule_is_the_geometric_mean_beside_the_best_fixed_rate():
    rates = np.array([[0.01, 0.1], [0.04, 0.1]])
    fig = drawn(draw_schedule, {"schedule": rates}, {"best": [0.05]})
    band, mean, constant = fig.data
    np.testing.assert_allclose(band.y, [0.0325, 0.1, 0.1, 0.0175])  # the quartiles, there and back
    np.testing.assert_allclose(mean.y, [0.02, 0.1])
    assert tuple(constant.y) == (0.05, 0.05)


def test_losses_have_their_intervals_and_the_last_arm_stands_out():
    loss = np.random.default_rng(0).random((2, 2, 8)) + 0.1  # [population, arm, seed]
    labels = {"populations": [4, 8], "arms": ["random search", "PBT"], "title": ["Loss"]}
    fig = drawn(draw_losses, {"loss": loss}, labels)
    random, pbt = fig.data
    mean, low, high = bootstrap_interval(loss[1, 0])
    assert (random.x[1], random.y[1]) == ("8", mean)
    np.testing.assert_allclose(random.error_y.array[1], high - mean)
    np.testing.assert_allclose(random.error_y.arrayminus[1], mean - low)
    assert pbt.line.width > random.line.width
    assert fig.layout.title.text == "Loss"
