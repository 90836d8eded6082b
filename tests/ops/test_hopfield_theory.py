"""The theory of Hopfield networks against its own limits, and against counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ontogeny.ops.hopfield_theory import (
    dense_capacity,
    exact_first_step_error,
    first_step_error,
    hebb_capacity,
    hebb_capacity_without_errors,
    storkey_capacity,
)


def test_the_first_step_of_many_spins():
    assert first_step_error(16 / 128) == pytest.approx(0.00234, abs=5e-6)
    assert first_step_error(32 / 128) == pytest.approx(0.02275, abs=5e-6)
    assert first_step_error(0.138) == pytest.approx(0.00355, abs=5e-6)


def test_the_first_step_of_a_few_spins_is_what_counting_all_patterns_gives():
    """4 spins and 3 patterns: all 512 sets of two others, the first being all ones."""
    turned = 0
    for rest in itertools.product((-1, 1), repeat=8):
        spins = np.array([1, 1, 1, 1, *rest]).reshape(3, 4)
        matrix = spins.T @ spins - 3 * np.eye(4)
        turned += np.sum(matrix @ spins[0] < 0)
    assert exact_first_step_error(4, 3) == pytest.approx(turned / (256 * 4), rel=1e-9)
    assert exact_first_step_error(4, 1) == 0
    assert exact_first_step_error(100_000, 13_800) == pytest.approx(
        first_step_error(0.138), rel=3e-3
    )


def test_capacities():
    assert hebb_capacity(128) == pytest.approx(17.664)
    assert hebb_capacity_without_errors(128) == pytest.approx(13.19, abs=0.01)
    assert storkey_capacity(128) == pytest.approx(41.09, abs=0.01)
    assert dense_capacity(128, 2) == pytest.approx(hebb_capacity_without_errors(128))
    assert dense_capacity(128, 4) == pytest.approx(128**3 / (30 * np.log(128)))
