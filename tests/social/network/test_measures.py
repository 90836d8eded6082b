"""Quality, inequality, assortativity, illusions and classes, against theory and by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from ontogeny.core.errors import DataError
from ontogeny.social.network.ageing import by_age
from ontogeny.social.network.assortativity import assortativity, rewire
from ontogeny.social.network.classes import rand_index, user_classes
from ontogeny.social.network.graph import Graph
from ontogeny.social.network.illusions import friendship_paradox, highest, majority_illusion
from ontogeny.social.network.inequality import gini, lorenz
from ontogeny.social.network.quadrants import quadrants
from ontogeny.social.network.quality import quality_of


def star_and_ring(ring, stars):
    """Return a ring of users, each of whom follows the next and all of some stars."""
    source = [*range(ring), *(user for user in range(ring) for _ in range(stars))]
    target = [(user + 1) % ring for user in range(ring)]
    target += [ring + star for _ in range(ring) for star in range(stars)]
    return Graph.of(ring + stars, np.array(source), np.array(target))


def test_quality_is_shrunk_by_the_ratio_of_variances_that_was_planted():
    rng = np.random.default_rng(5)
    n = 3000
    true = 0.5 + 0.1 * rng.normal(size=n)
    user = np.repeat(np.arange(n), rng.integers(0, 12, n))
    score = true[user] + 0.2 * rng.normal(size=len(user))
    score[::50] = np.nan
    found = quality_of(user, score, n)
    assert found.within == pytest.approx(0.04, rel=0.05)
    assert found.between == pytest.approx(0.01, rel=0.1)
    assert found.ratio == pytest.approx(4, rel=0.15)
    some = found.photos > 0
    np.testing.assert_array_equal(np.isnan(found.shrunk), ~some)
    errors = [np.mean((way[some] - true[some]) ** 2) for way in (found.shrunk, found.mean)]
    assert errors[0] < 0.7 * errors[1]
    assert errors[0] == pytest.approx(np.mean(0.01 * 4 / (found.photos[some] + 4)), rel=0.1)
    chance = quality_of(user, rng.normal(size=len(user)), n)
    assert np.nanstd(chance.shrunk) < 0.1 * np.nanstd(chance.mean)
    one = quality_of(np.array([1]), np.array([0.7]), 3)  # one photo: nothing is known of variances
    assert one.shrunk[1] == one.mean[1] == 0.7
    with pytest.raises(DataError, match="no photo"):
        quality_of(np.array([0]), np.array([np.nan]), 1)


def test_gini_of_known_laws():
    n = 20_000
    grid = (np.arange(n) + 0.5) / n
    assert gini(np.ones(5)) == pytest.approx(0)
    assert gini(np.array([0.0, 0, 0, 1])) == 0.75
    assert gini(grid) == pytest.approx(1 / 3, abs=1e-4)  # uniform
    assert gini(-np.log(1 - grid)) == pytest.approx(0.5, abs=1e-3)  # exponential
    assert gini((1 - grid) ** (-1 / 3)) == pytest.approx(1 / 5, abs=1e-3)  # Pareto: 1 / (2 a - 1)
    sigma = 0.8  # log-normal: 2 Phi(sigma / sqrt 2) - 1
    expected = 2 * stats.norm.cdf(sigma / 2**0.5) - 1
    assert gini(np.exp(sigma * stats.norm.ppf(grid))) == pytest.approx(expected, abs=2e-3)
    x, times = np.array([3.0, 1.0, 2.0]), np.array([2.0, 1.0, 3.0])
    assert gini(x, times) == pytest.approx(gini(np.repeat(x, [2, 1, 3])))
    assert np.isnan(gini(np.zeros(3)))
    with pytest.raises(DataError, match="below 0"):
        gini(np.array([1.0, -1.0]))


def test_lorenz_holds_what_gini_says():
    x = np.random.default_rng(5).pareto(2, 5000)
    curve = lorenz(x, points=5001)
    area = float(np.sum((curve[1:, 1] + curve[:-1, 1]) / 2 * np.diff(curve[:, 0])))
    assert 1 - 2 * area == pytest.approx(gini(x), abs=1e-6)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [1, 1]
    alike = lorenz(x, by=np.ones(5000))  # of no order: everybody has the same
    np.testing.assert_allclose(alike[:, 0], alike[:, 1], atol=1e-12)
    with pytest.raises(DataError, match="nothing is held"):
        lorenz(np.zeros(3))


def graph_of_popular_ones(n=400, m=4000, seed=5):
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.5, n) + 0.05
    return Graph.of(n, rng.integers(n, size=m), rng.choice(n, m, p=weight / weight.sum()))


def test_rewiring_keeps_degrees_and_makes_no_repeats():
    graph = graph_of_popular_ones()
    rng = np.random.default_rng(0)
    moved = 0.0
    for _ in range(5):
        target = rewire(graph.n, graph.source, graph.target, rng)
        again = Graph.of(graph.n, graph.source, target)
        assert again.loops == again.repeats == 0
        np.testing.assert_array_equal(again.in_degree, graph.in_degree)
        np.testing.assert_array_equal(again.out_degree, graph.out_degree)
        moved += np.mean(target != graph.target) / 5
    assert moved > 0.8
    star = Graph.of(5, np.zeros(4, int), np.arange(1, 5))
    target = rewire(5, star.source, star.target, rng)
    assert sorted(target.tolist()) == [1, 2, 3, 4]
    full = Graph.of(3, *np.nonzero(1 - np.eye(3)))  # there is no other
    assert set(zip(full.source, rewire(3, full.source, full.target, rng), strict=True)) == set(
        zip(full.source, full.target, strict=True)
    )


def test_assortativity_is_newmans_and_rewired_networks_are_those_of_swaps():
    graph = graph_of_popular_ones(n=150, m=900)
    rng = np.random.default_rng(1)
    values = np.log1p(graph.in_degree) + rng.normal(size=graph.n)
    found = assortativity(graph, {"x": values}, rewirings=200)["x"]
    ends = values[graph.source], values[graph.target]
    assert found.value == pytest.approx(np.corrcoef(*ends)[0, 1])
    swapped = nx.DiGraph(list(zip(graph.source.tolist(), graph.target.tolist(), strict=True)))
    chain = []
    for seed in range(40):
        nx.directed_edge_swap(swapped, nswap=graph.m // 3, max_tries=10**6, seed=seed)
        links = np.array(swapped.edges())
        chain.append(np.corrcoef(values[links[:, 0]], values[links[:, 1]])[0, 1])
    assert np.mean(chain[5:]) == pytest.approx(
        found.rewired.mean(), abs=4 * found.rewired.std() / 8
    )
    assert np.std(chain[5:]) == pytest.approx(found.rewired.std(), rel=0.35)
    alike = assortativity(
        graph, {"x": values, "y": np.where(np.arange(150) < 3, np.nan, values)}, rewirings=20
    )["x"]
    assert alike.follows < graph.m
    with pytest.raises(DataError, match="vary"):
        assortativity(graph, {"x": np.ones(150)})


def test_likeness_that_is_planted_is_found_and_none_where_there_is_none():
    rng = np.random.default_rng(5)
    side = np.arange(400) % 2
    ends = rng.integers(400, size=(2, 6000))
    ends = ends[:, (side[ends[0]] == side[ends[1]]) | (rng.random(6000) < 0.5)]
    graph = Graph.of(400, ends[0], ends[1])
    found = assortativity(graph, {"side": side * 1.0})["side"]
    assert found.value == pytest.approx(1 / 3, abs=0.05)
    assert found.z > 10
    assert found.p == 1 / 101
    assert abs(assortativity(graph, {"x": rng.normal(size=400)}, 50)["x"].z) < 4
    assert np.isnan(assortativity(graph, {"x": side * 1.0}, 1)["x"].z)


def test_the_friendship_paradox_has_its_identity():
    graph = graph_of_popular_ones()
    k = graph.in_degree.astype(float)
    found = friendship_paradox(graph, k)
    assert found.met == pytest.approx(np.mean(k**2) / np.mean(k))  # E[k²] / E[k]
    assert found.own == pytest.approx(graph.m / graph.n)
    assert found.share > 0.8
    ring = star_and_ring(6, 0)
    assert friendship_paradox(ring, np.ones(6)).share == 0


def test_the_majority_illusion_comes_from_its_nodes():
    graph = star_and_ring(10, 2)
    values = np.append(np.linspace(0.1, 0.5, 10), [0.9, 1.0])
    found = majority_illusion(graph, values, top=1 / 6)
    np.testing.assert_array_equal(np.flatnonzero(found.best), [10, 11])
    assert found.share == 1  # two of three whom each follows
    assert sorted(found.nodes.tolist()) == [10, 11]
    assert found.follows.tolist() == found.followers.tolist() == [10, 10]
    expected = stats.binom.sf(1, 3, 1 / 6)
    assert found.by_chance == pytest.approx(expected)
    nobody = majority_illusion(graph, np.where(values > 0.8, np.nan, values), top=0.1)
    assert nobody.share < 0.2


def test_of_equals_at_the_edge_none_is_among_the_highest():
    assert highest(np.array([1.0, 1, 1, 2]), 0.5).tolist() == [False, False, False, True]
    assert highest(np.array([np.nan, 1, 2, 3, 4]), 0.5).tolist() == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert not highest(np.full(3, np.nan), 0.5).any()


def test_quadrants_count_everybody_once():
    rng = np.random.default_rng(5)
    quality, popularity = rng.random(1000), rng.random(1000)
    popularity[:50] = np.nan
    found = quadrants(quality, popularity)
    assert found.counts.sum() == found.known.sum() == 950
    assert found.counts[1].sum() == 95
    assert found.share == found.counts[1, 0] / 95
    assert found.alike == pytest.approx(0.5, abs=0.01)
    talents = found.talents(quality, 5)
    assert np.all(np.diff(quality[talents]) < 0)
    assert np.all(popularity[talents] <= np.nanmedian(popularity))
    seen = quadrants(quality, quality)
    assert seen.share == 0


def test_classes_that_are_there_are_found_and_are_stable():
    rng = np.random.default_rng(5)
    centres = np.array([[0, 0], [6, 0], [0, 6], [6, 6], [3, 12]])
    planted = np.repeat(np.arange(5), [200, 150, 120, 90, 60])
    points = centres[planted] + 0.5 * rng.normal(size=(620, 2))
    points[7] = np.nan
    found = user_classes({"a": points[:, 0], "b": points[:, 1]})
    assert found.sizes.tolist() == [199, 150, 120, 90, 60]
    assert found.stable
    assert found.label[7] == -1
    known = found.label >= 0
    assert rand_index(planted[known], found.label[known]) == 1
    np.testing.assert_allclose(found.centres, centres, atol=0.3)
    assert abs(rand_index(rng.integers(4, size=2000), rng.integers(3, size=2000))) < 0.01
    with pytest.raises(DataError, match="a does not vary"):
        user_classes({"a": np.ones(50), "b": rng.normal(size=50)})
    with pytest.raises(DataError, match="3 users"):
        user_classes({"a": rng.normal(size=3)})


def test_a_trend_by_age():
    rng = np.random.default_rng(5)
    age = rng.random(2000) * 300
    found = by_age(age, 0.01 * age + rng.normal(size=2000))
    assert found.users.tolist() == [200] * 10
    np.testing.assert_allclose(found.mean, 0.01 * found.age, atol=4 * found.error.max())
    assert found.error == pytest.approx(np.full(10, 200**-0.5), rel=0.2)
    assert found.trend > 0.4
    with pytest.raises(DataError, match="differ"):
        by_age(np.ones(5), np.arange(5.0))
