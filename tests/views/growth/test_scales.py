from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ontogeny.views.growth.scales import decades, hyper_scale, score_scale, unit_positions


def test_scores_within_two_decades_are_drawn_as_they_are():
    score = np.array([[1.0, 20.0], [np.nan, -3.0]])
    scale = score_scale(score)
    assert scale.axis() == {}
    np.testing.assert_array_equal(scale.place(score), score)


def test_losses_over_decades_are_drawn_on_a_log_scale_where_better_is_higher():
    score = np.array([[-100.0, -1.0], [-0.01, np.nan]])
    scale = score_scale(score)
    np.testing.assert_allclose(scale.place(score), [[-2, 0], [2, np.nan]])
    axis = scale.axis()
    marked = dict(zip(axis["ticktext"], axis["tickvals"], strict=True))
    assert marked == pytest.approx(
        {"\u2212100": -2, "\u221210": -1, "\u22121": 0, "\u22120.1": 1, "\u22120.01": 2}
    )


def test_gains_over_decades_are_drawn_on_a_log_scale():
    np.testing.assert_allclose(
        score_scale(np.array([[1.0, 1000.0]])).place(np.array([10.0])), [1.0]
    )


def test_hypers_follow_the_space():
    log = hyper_scale({"kind": "Log"}, np.array([[1e-4, 1e-2]]))
    np.testing.assert_allclose(log.place(np.array([1e-3])), [-3])
    logit = hyper_scale({"kind": "Logit"}, np.array([[0.5, 0.99]]))
    np.testing.assert_allclose(logit.place(np.array([0.5, 0.9])), [0, np.log10(9)], atol=1e-12)
    choice = hyper_scale({"kind": "Choice", "options": [1, 2, 8]}, np.array([[1.0, 8.0]]))
    np.testing.assert_allclose(choice.place(np.array([1, 2, 8])), [0, 1, 2])
    assert choice.axis()["ticktext"] == ["1", "2", "8"]
    words = hyper_scale({"kind": "Choice", "options": ["adam", "<sgd>"]}, np.array([[0.0, 1.0]]))
    assert words.axis() == {
        "tickmode": "array",
        "tickvals": [0.0, 1.0],
        "ticktext": ["adam", "&lt;sgd&gt;"],
    }
    plain = hyper_scale({}, np.array([[-1.0, 8.0]]))
    assert plain.ticks is None


def test_unit_positions_are_the_spaces_own():
    from ontogeny.core.space import Linear, Log, Logit

    values = np.array([[0.55, 0.9]])
    for dimension in (Log(0.5, 0.99), Linear(0.5, 0.99), Logit(0.5, 0.99)):
        spec = {"kind": type(dimension).__name__, "low": 0.5, "high": 0.99}
        np.testing.assert_allclose(
            unit_positions(spec, values), dimension.unit(jnp.array(values)), rtol=1e-5
        )
    np.testing.assert_allclose(unit_positions({}, np.array([[2.0, 3.0, 4.0]])), [[0, 0.5, 1]])
    np.testing.assert_array_equal(unit_positions({}, np.array([[2.0, 2.0]])), [[0, 0]])


@pytest.mark.parametrize(
    ("low", "high"), [(1e-9, 1e6), (1e-3, 1.0), (0.01, 0.4), (0.02, 0.021), (3.0, 3.0)]
)
def test_ticks_are_few_and_lie_about_the_range(low, high):
    ticks = decades(low, high)
    assert 1 <= len(ticks) <= 9
    assert ticks == sorted(ticks)
    assert any(low / 2 <= tick <= high * 2 for tick in ticks)
