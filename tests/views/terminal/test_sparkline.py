from __future__ import annotations

import math

from ontogeny.views.terminal.sparkline import span, sparkline


def test_lowest_and_highest_take_the_ends():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"


def test_long_series_are_means_of_stretches():
    assert sparkline([0, 2, 4, 6, 8, 10], 3, (1, 9)) == "▁▅█"


def test_short_flat_and_empty_series():
    assert sparkline([3.0, 3.0], 10) == "▅▅"
    assert sparkline([], 10) == sparkline([1.0], 0) == ""


def test_what_is_not_finite_is_blank_and_what_is_outside_is_cut():
    assert sparkline([-math.inf, 0, math.nan, 1], 4) == " ▁ █"
    assert sparkline([-5, 50], 2, (0, 1)) == "▁█"
    assert sparkline([math.nan, math.nan], 2) == "  "


def test_span_of_many_series():
    assert span([1, math.inf], [-2.0, math.nan]) == (-2.0, 1.0)
    assert span([math.nan]) == span() == (0.0, 0.0)
