"""Graphs, sums over links, cores and communities, beside networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from ontogeny.core.errors import DataError
from ontogeny.social.network.communities import communities, modularity
from ontogeny.social.network.cores import core_numbers, core_profile
from ontogeny.social.network.graph import Graph, neighbour_means, per_user
from ontogeny.social.network.resampling import bootstrapped


def random_graph(n=120, m=700, seed=5):
    rng = np.random.default_rng(seed)
    weight = rng.pareto(1.5, n) + 0.1
    ends = rng.choice(n, (2, m), p=weight / weight.sum())
    return Graph.of(n, ends[0], ends[1])


def as_networkx(graph, directed=True):
    other = nx.DiGraph() if directed else nx.Graph()
    other.add_nodes_from(range(graph.n))
    other.add_edges_from(zip(graph.source.tolist(), graph.target.tolist(), strict=True))
    return other


def test_repeats_and_follows_of_oneself_are_left_out_and_counted():
    graph = Graph.of(4, np.array([2, 0, 0, 1, 2, 0, 3]), np.array([1, 3, 3, 1, 0, 3, 2]))
    assert (graph.loops, graph.repeats, graph.m) == (1, 2, 4)
    assert list(zip(graph.source, graph.target, strict=True)) == [(0, 3), (2, 0), (2, 1), (3, 2)]
    assert graph.out_index.tolist() == [0, 1, 1, 3, 4]
    assert graph.in_degree.tolist() == [1, 1, 1, 1]
    graph = random_graph()
    assert graph.loops > 0 < graph.repeats
    assert graph.reciprocity == pytest.approx(nx.overall_reciprocity(as_networkx(graph)))


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ([0, 4], [1, 1], "users from 0 to 4, of 4"),
        ([0, -1], [1, 1], "from -1"),
        ([0.0, 1.0], [1, 2], "number users from 0"),
        ([0], [1, 2], "1 sources and 2 targets"),
    ],
)
def test_what_is_no_graph_is_refused(source, target, said):
    with pytest.raises(DataError, match=said):
        Graph.of(4, np.array(source), np.array(target))
    with pytest.raises(DataError, match="users"):
        Graph.of(2**31, np.zeros(1, int), np.ones(1, int))


def test_means_over_neighbours_are_those_of_a_loop():
    graph = random_graph()
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=graph.n), rng.random(graph.n)
    values[rng.random(graph.n) < 0.3] = np.nan
    weights[:3] = np.nan
    for of, own, other in (
        ("followees", graph.source, graph.target),
        ("followers", graph.target, graph.source),
    ):
        for weight in (None, weights):
            found = neighbour_means(graph, values, weight, of=of)
            for user in range(graph.n):
                near = other[own == user]
                near = near[~np.isnan(values[near])]
                w = np.ones(len(near)) if weight is None else np.nan_to_num(weight[near])
                expected = np.average(values[near], weights=w) if w.sum() > 0 else np.nan
                np.testing.assert_allclose(found[user], expected, rtol=1e-12)


def test_core_numbers_are_those_of_networkx():
    for seed in (5, 6):
        graph = random_graph(seed=seed, m=300 * (seed - 4))
        expected = nx.core_number(as_networkx(graph, directed=False))
        core = core_numbers(graph)
        assert core.tolist() == [expected[user] for user in range(graph.n)]
        profile = core_profile(core, {"core": core * 1.0})
        assert profile.users.sum() == graph.n
        assert np.all(profile.means["core"] >= profile.low)
        assert np.all(profile.means["core"] <= profile.high)
    assert core_numbers(Graph.of(3, np.zeros(0, int), np.zeros(0, int))).tolist() == [0, 0, 0]


def test_communities_that_are_there_are_found():
    rng = np.random.default_rng(5)
    n, planted = 600, np.arange(600) // 100
    ends = rng.integers(n, size=(2, 30_000))
    ends = ends[:, (planted[ends[0]] == planted[ends[1]]) | (rng.random(30_000) < 0.05)]
    graph = Graph.of(n + 2, ends[0], ends[1])  # and two whom nobody follows
    found = communities(graph, 1)
    np.testing.assert_array_equal(found, communities(graph, 1))
    assert np.bincount(found).tolist() == [100] * 6 + [1, 1]
    for community in range(6):
        assert len(np.unique(planted[found[:n] == community])) == 1
    parts = [set(np.flatnonzero(found == c).tolist()) for c in range(8)]
    expected = nx.community.modularity(as_networkx(graph, directed=False), parts)
    assert modularity(graph, found) == pytest.approx(expected)
    nobody = Graph.of(3, np.zeros(0, int), np.zeros(0, int))
    assert communities(nobody).tolist() == [0, 1, 2]
    assert np.isnan(modularity(nobody, communities(nobody)))
    clubs = nx.karate_club_graph()
    club = Graph.of(34, *np.array(clubs.edges()).T)
    louvain = max(
        nx.community.modularity(clubs, nx.community.louvain_communities(clubs, None, seed=s), None)
        for s in range(3)
    )
    assert max(modularity(club, communities(club, s)) for s in range(3)) > louvain - 0.03


def test_intervals_are_of_users_or_of_whole_clusters():
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(50), 20)
    values = rng.normal(size=50)[cluster] + 0.5 * rng.normal(size=1000)
    mean = {"mean": lambda w: float(w @ values / w.sum())}
    alone, whole = bootstrapped(mean, 1000)["mean"], bootstrapped(mean, 1000, cluster)["mean"]
    assert alone.value == whole.value == pytest.approx(values.mean())
    widths = [(one.high - one.low) / 3.92 for one in (alone, whole)]
    assert widths[0] == pytest.approx(values.std() / 1000**0.5, rel=0.2)
    means = values.reshape(50, 20).mean(axis=1)
    assert widths[1] == pytest.approx(means.std() / 50**0.5, rel=0.2)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.ones(3), r"shape \[3\]"),
        (np.array(["a", "b"]), "a number for each of 2"),
        (np.array([1.0, np.inf]), "infinite for 1"),
        (np.full(2, np.nan), "unknown for all 2"),
    ],
)
def test_values_of_users_are_numbers(values, said):
    graph = Graph.of(2, np.zeros(1, int), np.ones(1, int))
    with pytest.raises(DataError, match=said):
        per_user(graph, "quality", values)
