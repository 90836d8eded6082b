"""k-means, and the cheapest cut of a line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.ops.clusters import cheapest_cuts, k_means
from ontogeny.ops.principal_components import principal_components


def test_clusters_that_lie_apart_are_found():
    rng = np.random.default_rng(0)
    centres = 100 * rng.normal(size=(6, 3))
    truth = rng.integers(6, size=500)
    points = centres[truth] + rng.normal(size=(500, 3))
    found = k_means(points, 6, seed=3)
    owner = found.assign(points)
    assert len(set(zip(owner.tolist(), truth.tolist(), strict=True))) == 6  # one to one
    means = np.stack([points[owner == k].mean(axis=0) for k in range(6)])
    np.testing.assert_allclose(found.centres, means, atol=1e-9)


def test_it_is_the_same_again_and_depends_on_the_seed():
    points = np.random.default_rng(1).normal(size=(300, 4))
    first, again, other = (k_means(points, 12, seed).centres for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_more_clusters_than_points_is_a_cluster_a_point():
    points = np.repeat(np.array([[0.0, 1e6], [1.0, 1e6], [0.0, 1e6 + 1]]), 50, axis=0)
    found = k_means(points, 10, seed=0)
    assert found.centres.shape == (3, 2)
    np.testing.assert_allclose(found.centres[found.assign(points)], points, atol=1e-6)


def test_one_cluster_is_the_mean():
    points = np.random.default_rng(2).normal(size=(50, 2))
    np.testing.assert_allclose(k_means(points, 1, 0).centres, points.mean(axis=0)[None])


def test_each_turn_lowers_the_distance():
    points = np.random.default_rng(3).normal(size=(400, 2))

    def distance(turns: int) -> float:
        found = k_means(points, 20, 0, turns)
        return float(np.sum((points - found.centres[found.assign(points)]) ** 2))

    distances = [distance(turns) for turns in (1, 2, 4, 8, 16)]
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < distances[0]


def test_what_can_not_be_clustered_is_refused():
    with pytest.raises(ConfigError, match="0 clusters"):
        k_means(np.zeros((3, 1)), 0, 0)
    with pytest.raises(DataError, match="no points"):
        k_means(np.zeros((0, 1)), 1, 0)


def test_the_cheapest_cut_is_the_best_of_all_partitions():
    p = np.array([0.9, 0.2, 0.25, 0.5, 0.05])
    w = np.array([1.0, 2.0, 0.5, 3.0, 1.5])

    def cost(labels: tuple[int, ...]) -> float:
        total = 0.0
        for part in set(labels):
            inside = np.array(labels) == part
            q = np.sum(w[inside] * p[inside]) / np.sum(w[inside])
            x, v = p[inside], w[inside]
            total += np.sum(v * (x * np.log(x / q) + (1 - x) * np.log((1 - x) / (1 - q))))
        return total

    costs = cheapest_cuts(p, w)
    for parts in range(1, 6):
        every = itertools.product(range(parts), repeat=5)
        assert costs[parts - 1] == pytest.approx(min(map(cost, every)), abs=1e-12)
    with pytest.raises(DataError, match="inside"):
        cheapest_cuts(np.array([0.0, 0.5]), np.ones(2))


def test_principal_components_of_a_flat_cloud():
    rng = np.random.default_rng(4)
    plane = rng.normal(size=(2000, 2)) * [3.0, 1.0]
    axes = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, -1.0]])
    found = principal_components(plane @ axes + 7.0)
    np.testing.assert_allclose(found.share, [0.9, 0.1], atol=0.02)
    np.testing.assert_allclose(found.share.sum(), 1)
    np.testing.assert_allclose(found.axes, [[0.6, 0.0], [0.8, 0.0], [0.0, 1.0]], atol=0.05)
    np.testing.assert_allclose(found.project(plane @ axes + 7.0).mean(axis=0), 0, atol=1e-9)
    with pytest.raises(ConfigError, match="4 components of 3"):
        principal_components(plane @ axes, 4)
