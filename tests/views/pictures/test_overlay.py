"""What is read of a network's outputs, and drawn where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.views.pictures.overlay import Label, Point, drawn, read, told

DARK = np.zeros((90, 160, 3), np.uint8)
PLACE = (35.0, 0.0, 90.0, 90.0)


def test_points_lie_in_the_picture():
    maps = np.full((9, 9, 2), -9.0)
    maps[2, 3, 0] = 9.0
    maps[8, 8, 1] = -1.0
    head, hand = read(maps, ("head", "hand"), PLACE)
    assert head == ("head", pytest.approx(70, abs=0.5), pytest.approx(25, abs=0.5), head[3])
    assert head.confidence > 0.99
    assert hand.confidence == pytest.approx(0.269, abs=1e-3)
    assert told([head])[0]["name"] == "head"
    picture = drawn(DARK, PLACE, [head, hand, Point("2", 5, 5, 0.01)])
    assert picture[25, 70].tolist() == [230, 159, 0]
    assert picture[85, 120].max() < 60  # the hand is a ring: it is not sure
    assert picture[82:88, 117:123].max() > 200
    assert picture[45, 35].max() > 50  # the frame around what the network sees
    assert picture[:12, :12].max() == 0
    assert DARK.max() == 0


def test_labels_are_listed_with_the_likeliest_first():
    labels = read(np.log(np.array([0.1, 0.6, 0.3])), (), PLACE)
    assert [one.name for one in labels] == ["1", "2", "0"]
    assert labels[0].confidence == pytest.approx(0.6)
    picture = drawn(DARK, (0, 0, 160, 90), labels)
    assert picture[60:, :20].max() > 200
    assert picture[:40].max() == 0
    assert len(told([Label(str(i), 0.1) for i in range(9)])) == 5


def test_numbers_are_no_classes():
    numbers = read(np.array([-2.0, 0.5]), ("a", "b"), PLACE, is_logits=False)
    assert told(numbers) == [{"name": "a", "value": -2.0}, {"name": "b", "value": 0.5}]
    assert drawn(DARK, (0, 0, 160, 90), numbers)[60:, :20].max() > 200


def test_nothing_finite_says_nothing():
    assert read(np.full((2, 2, 1), np.nan), (), PLACE) == []
    assert drawn(DARK, (0, 0, 160, 90), []).max() == 0
