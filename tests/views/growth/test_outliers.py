"""Axes that a bad founder does not stretch."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.views.growth.outliers import offer_all, shown
from ontogeny.views.theme import empty


def scores(rounds=20, pop=16):
    """Return curves that rise from -20 to about 0, each with noise of its own."""
    rng = np.random.default_rng(0)
    return -20 * np.exp(-np.arange(rounds)[:, None] / 4) + rng.normal(size=(rounds, pop))


def test_a_bad_founder_is_out_and_all_others_are_in():
    values = scores()
    values[0, 3] = -1e6
    of = shown(values, values[:, 0])
    assert of.most is not None
    others = np.delete(values.ravel(), 3)
    assert of.most == (others.min(), others.max())
    assert (of.all[0], of.out) == (-1e6, 1)
    low, high = of.axis()["range"]
    assert of.all[0] < low < others.min() < others.max() < high


def test_nothing_is_cut_where_nothing_stretches():
    values = scores()
    of = shown(values, values[:, 0])
    assert (of.most, of.out, of.colours()) == (None, 0, {})
    assert "range" not in of.axis()
    assert not offer_all(empty("", "", ""), of).layout.updatemenus
    assert shown(np.full((2, 2), np.nan)).most is None
    tied = np.full((4, 4), 500.0)
    tied[0, 0] = 20
    assert shown(tied).most is None  # ties have no height to measure by


def test_the_winners_line_is_seen_whole_however_far_it_came():
    values = np.zeros((10, 8)) + np.linspace(0, 1, 8)
    values[:, 0] = np.linspace(-100, 1, 10)
    of = shown(values, values[:, 0])
    assert of.most is None or of.most[0] == -100
    assert shown(values).most is not None
    values[:, 0] = [-1e4, *np.linspace(-1, 1, 9)]  # who won may have begun badly all the same
    assert shown(values, values[:, 0]).most == (-1, 1)


def test_ticks_of_decades_are_about_what_is_shown():
    losses = -np.linspace(1, 8, 80).reshape(10, 8)
    losses[0, 0] = -1e7
    of = shown(losses, losses[:, 3])
    assert of.most == pytest.approx((-np.log10(8), -np.log10(losses.ravel()[1:].max() * -1)))
    assert (
        len([tick for tick in of.scale.axis()["tickvals"] if tick > of.most[0]]) == 3
    )  # 1, 2 and 5
    (menu,) = offer_all(empty("", "", ""), of).layout.updatemenus
    (button,) = menu.buttons
    assert button.label == "show 1 outlier"
    every, most = button.args[0], button.args2[0]
    assert every["yaxis.range"][0] < -7 < -1 < most["yaxis.range"][0]
    assert every["yaxis.ticktext"] != most["yaxis.ticktext"]
