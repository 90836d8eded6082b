from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.learners.beauty.ratings import Ratings

NAN = np.nan
GIVEN = Ratings(
    ("a.jpg", "b.jpg", "c.jpg", "d.jpg"),
    np.array([1.5, 3.0, NAN, 2.0]),
    np.array([2.0, 1.0, 0.0, 4.0]),
    np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [NAN] * 3, [0.25, 0.5, 0.25]]),
    np.array([1.0, 2.0, 3.0]),
    np.array([[1, 0], [1, 2], [2, 0]]),
    np.array([1.0, 0.5, 1.0]),
    ("birds", "birds", "cats", ""),
)


def test_a_part_keeps_what_is_said_of_its_photos_alone():
    some = GIVEN.at([2, 1])
    assert some.photos == ("c.jpg", "b.jpg")
    assert some.topics == ("cats", "birds")
    assert some.pairs.tolist() == [[1, 0]]
    assert some.pair_weights.tolist() == [0.5]
    assert some.means.tolist()[1] == 3.0
    assert len(GIVEN.at([])) == 0


def test_photos_that_are_missing_are_told():
    there = GIVEN.among(["d.jpg", "b.jpg", "a.jpg", "other.jpg"])
    assert there.photos == ("a.jpg", "b.jpg", "d.jpg")
    assert there.notes == (
        "1 photos are rated, and not there: c.jpg; 2 pairs are left out with them",
    )
    with pytest.raises(DataError, match=r"none of the 4 photos .*a\.jpg"):
        GIVEN.among(["photos/a.jpg"])


def test_what_can_be_learned_from_is_said_and_the_rest_refused():
    assert GIVEN.kinds == ("means", "shares", "pairs")
    assert GIVEN.of("means").photos == ("a.jpg", "b.jpg", "d.jpg")
    assert GIVEN.of("pairs").photos == ("a.jpg", "b.jpg", "c.jpg")
    pairs_alone = GIVEN.at([2, 1])
    with pytest.raises(DataError, match="rated the same"):
        pairs_alone.of("means")
    with pytest.raises(DataError, match="no pairs"):
        GIVEN.at([0, 3]).of("pairs")
    both_ways = replace(GIVEN, pairs=np.array([[0, 1], [1, 0]]), pair_weights=np.ones(2))
    with pytest.raises(DataError, match="as often as it is worse"):
        both_ways.of("pairs")
    one_grade = replace(GIVEN, shares=np.tile([0.0, 1.0, 0.0], (4, 1)))
    with pytest.raises(DataError, match="nothing to learn"):
        one_grade.of("shares")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"photos": ("a", "b", "a", "d")}, "twice"),
        ({"topics": ("birds",)}, "1 topics of 4"),
        ({"means": np.array([np.inf, 3, NAN, 2])}, "not finite"),
        ({"weights": np.array([2.0, 1.0, 1.0, 4.0])}, "weight without mean"),
        ({"shares": np.ones((4, 3))}, "add up to 1"),
        ({"shares": np.ones((4, 3)) * -1}, "below 0"),
        ({"grades": np.array([3.0, 2.0, 1.0])}, "ascending"),
        ({"pairs": np.array([[0, 4], [1, 2], [2, 0]])}, "none of the 4"),
        ({"pairs": np.array([[1, 1], [1, 2], [2, 0]])}, "better than itself"),
        ({"pair_weights": np.array([1, -1, 1.0])}, "weights of pairs"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, said):
    with pytest.raises(DataError, match=said):
        replace(GIVEN, **change)
