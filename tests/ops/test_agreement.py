from __future__ import annotations

from itertools import permutations

import krippendorff
import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.agreement import LEVELS, alpha_interval, alpha_of, krippendorff_alpha

_ = np.nan
# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers
OBSERVERS = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)
PUBLISHED = {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}


def by_definition(ratings: np.ndarray, level: str) -> float:
    """Return alpha by going through all pairs, as it is defined."""
    units = [u[~np.isnan(u)] for u in ratings.T]
    units = [u for u in units if len(u) > 1]
    flat = np.concatenate(units)
    counts = {value: int((flat == value).sum()) for value in np.unique(flat)}

    def squared(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        low, high = sorted((a, b))
        between = sum(n for value, n in counts.items() if low <= value <= high)
        return (between - (counts[a] + counts[b]) / 2) ** 2

    n = len(flat)
    observed = sum(squared(a, b) / (len(u) - 1) for u in units for a, b in permutations(u, 2)) / n
    expected = sum(squared(a, b) for a, b in permutations(flat, 2)) / (n * (n - 1))
    return 1 - observed / expected


@pytest.mark.parametrize("level", LEVELS)
def test_alpha_is_the_published_one_the_definitions_and_the_packages(level):
    found = krippendorff_alpha(OBSERVERS, level)
    theirs = krippendorff.alpha(reliability_data=OBSERVERS, level_of_measurement=level)
    assert round(found, 3) == PUBLISHED[level]
    assert found == pytest.approx(theirs, abs=1e-12)
    assert found == pytest.approx(by_definition(OBSERVERS, level), abs=1e-12)

    rng = np.random.default_rng(0)
    chance = rng.integers(1, 6, (6, 40)).astype(float)
    chance[rng.random(chance.shape) < 0.3] = np.nan
    theirs = krippendorff.alpha(reliability_data=chance, level_of_measurement=level)
    assert krippendorff_alpha(chance, level) == pytest.approx(theirs, abs=1e-12)


def test_an_interval_holds_alpha_and_narrows_with_units():
    rng = np.random.default_rng(2)
    quality = rng.normal(size=160)
    ratings = np.rint(3 + quality + rng.normal(size=(4, 160)))
    few, many = (alpha_interval(ratings[:, :n], resamples=200) for n in (40, 160))
    assert few.low < few.value < few.high
    assert many.value == krippendorff_alpha(ratings)
    assert 1.4 < (few.high - few.low) / (many.high - many.low) < 3


def test_listed_ratings_are_those_of_a_table():
    rater, unit = np.nonzero(~np.isnan(OBSERVERS))
    found = alpha_of(unit, OBSERVERS[rater, unit], "interval")
    assert found == krippendorff_alpha(OBSERVERS, "interval")


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        ([[1, 2, _], [_, _, 3]], "no unit has two ratings"),
        ([[2, 2], [2, 2]], "all ratings are the same"),
        ([[1, np.inf], [1, 2]], "infinite"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_ratings_without_agreement_are_refused(ratings, said, level):
    with pytest.raises(DataError, match=said):
        krippendorff_alpha(np.array(ratings, float), level)


def test_settings_that_can_not_be_are_refused():
    with pytest.raises(ConfigError, match="confidence"):
        alpha_interval(OBSERVERS, confidence=0.0)
