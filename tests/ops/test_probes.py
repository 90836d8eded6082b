"""Ridge regression, straight and bent, against what is known."""

from __future__ import annotations

import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.ops.probes import bent_ridge, r_squared, ridge, unexplained


def test_an_affine_target_is_read_exactly():
    rng = np.random.default_rng(0)
    features = rng.normal(3, [1.0, 20.0, 0.01], size=(200, 3))
    targets = features @ rng.normal(size=(3, 2)) + [5.0, -1.0]
    probe = ridge(features[:100], targets[:100])
    np.testing.assert_allclose(r_squared(targets[100:], probe(features[100:])), 1, atol=1e-9)


def test_ridge_is_the_closed_form_for_one_feature():
    # z = ±1 and y = ±2: the slope is 2 n / (n + penalty n)
    features, targets = np.array([[-1.0], [1.0]]), np.array([[-2.0], [2.0]])
    probe = ridge(features, targets, penalty=0.25)
    np.testing.assert_allclose(probe(np.array([[1.0], [0.0]]))[:, 0], [2 / 1.25, 0.0])


def test_noise_explains_nothing_that_was_held_out():
    rng = np.random.default_rng(1)
    features, targets = rng.normal(size=(4000, 5)), rng.normal(size=(4000, 1))
    probe = ridge(features[:2000], targets[:2000])
    assert abs(r_squared(targets[2000:], probe(features[2000:]))[0]) < 0.02


def test_a_feature_that_never_moves_is_left_out():
    features = np.stack([np.linspace(0, 1, 20), np.full(20, 7.0)], axis=1)
    probe = ridge(features, 3 * features[:, :1])
    np.testing.assert_allclose(probe(np.array([[0.5, 99.0]])), [[1.5]], atol=1e-4)


def test_bends_find_what_a_plane_can_not():
    rng = np.random.default_rng(2)
    features = rng.normal(size=(3000, 2))
    targets = np.stack([features[:, 0] * features[:, 1], np.abs(features[:, 0])], axis=1)
    train, test = slice(0, 2000), slice(2000, None)
    flat = ridge(features[train], targets[train])(features[test])
    bent = bent_ridge(features[train], targets[train], seed=0)(features[test])
    assert r_squared(targets[test], flat).max() < 0.05
    assert r_squared(targets[test], bent).min() > 0.99
    assert unexplained(targets[test], bent) < 0.01
    again = bent_ridge(features[train], targets[train], seed=0)(features[test])
    np.testing.assert_array_equal(bent, again)


def test_r_squared_by_hand():
    targets = np.array([[0.0, 0.0], [2.0, 4.0]])
    np.testing.assert_allclose(r_squared(targets, np.array([[0.0, 2.0], [1.0, 2.0]])), [0.5, 0.0])
    assert unexplained(targets, np.array([[0.0, 2.0], [1.0, 2.0]])) == pytest.approx(9 / 10)


def test_what_can_not_be_fitted_is_refused():
    with pytest.raises(DataError, match="1 samples are too few"):
        ridge(np.zeros((1, 1)), np.zeros((1, 1)))
    with pytest.raises(DataError, match="one value only"):
        r_squared(np.ones((4, 1)), np.ones((4, 1)))
    with pytest.raises(DataError, match="varies"):
        unexplained(np.ones((4, 1)), np.ones((4, 1)))
