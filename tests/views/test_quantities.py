from __future__ import annotations

import math

import pytest

from ontogeny.views.quantities import count, duration, number, score_text, size


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (1, "1"),
        (0.00733, "0.00733"),
        (-0.5, "-0.5"),
        (12.345, "12.3"),
        (123.4, "123"),
        (1234567, "1,234,567"),
        (1e-6, "1e-6"),
        (9.9999e-5, "1e-4"),
        (-1.234e-9, "-1.23e-9"),
        (0.99999, "1"),
        (math.nan, "-"),
        (math.inf, "-"),
        (None, "-"),
    ],
)
def test_numbers(value, written):
    assert number(value) == written


def test_a_dead_score_is_told_from_none_at_all():
    assert score_text(-math.inf) == "dead"
    assert score_text(math.nan) == score_text(None) == "-"
    assert score_text(-1.23456) == "-1.235"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0.0 s"),
        (0.0421, "42 ms"),
        (0.9999, "1.0 s"),
        (9.949, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7800, "2 h 10 min"),
        (273_600, "3 d 04 h"),
        (math.inf, "-"),
    ],
)
def test_durations(seconds, written):
    assert duration(seconds) == written


def test_counts_and_sizes():
    assert [count(1, "member"), count(2, "member"), count(0, "move")] == [
        "1 member",
        "2 members",
        "0 moves",
    ]
    assert count(1200, "child", "children") == "1,200 children"
    assert [size(512), size(3_200_000), size(999_600), size(None)] == [
        "512 B",
        "3.2 MB",
        "1 MB",
        "-",
    ]
