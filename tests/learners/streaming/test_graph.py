"""Graphs: what they refuse, what their stage maps are, and what they say of age and cost."""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError
from ontogeny.learners.streaming.graph import Graph, graph_from_json
from ontogeny.learners.streaming.latency import (
    cost,
    critical_layers,
    depth_latency,
    information_latency,
    latencies,
    receptive_field,
)
from ontogeny.learners.streaming.layer import Layer
from ontogeny.learners.streaming.networks import NetworkConfig, network
from ontogeny.learners.streaming.partition import linear_partition

A, B = Layer("a"), Layer("b", ("a",))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Graph(()), "no layers"),
        (lambda: Graph((A, Layer("b", ("aa",)))), "did you mean 'a'"),
        (lambda: Graph((Layer("a", ("b",)), Layer("b", ("a",)))), "a cycle, or out of order"),
        (lambda: Graph((A, Layer("b", ("a",), feedback=("c",)))), "no layer is called 'c'"),
        (lambda: Graph((A, A)), "its name is taken"),
        (lambda: Graph((A, B), stages=(1, 0)), "stage 0 and reads 'a' of stage 1"),
        (lambda: Graph((A, B), stages=(0, 2)), "without a gap"),
        (lambda: Graph((A, B), stages=(0,)), "1 stages for 2 layers"),
        (lambda: Graph((Layer("a", rate=2), B, Layer("c", ("b",)))), "rates never fall"),
        (lambda: Layer("a", rate=3), "power of two"),
        (lambda: Layer("a", rate=2, phase=2), "phase is 2 at rate 2"),
        (lambda: Layer("a", kind="max", taps=2), "filters over time"),
        (lambda: Layer("a", ()), "reads nothing"),
        (
            lambda: (
                Layer("a", feedback=("b",), kind="max")
                and Graph((Layer("a", feedback=("b",), kind="max"), B))
            ),
            "feedback into kind 'max'",
        ),
        (lambda: Graph((Layer("a", kind="mean"), B)), "has no places"),
        (
            lambda: Graph((replace(A, feedback=("b",)), B), stages=(0, 1), aligned=True),
            "of another stage back in an aligned",
        ),
        (lambda: Graph((replace(A, block="x"), B, Layer("c", block="x"))), "follow one another"),
        (
            lambda: Graph((replace(A, block="x"), replace(B, block="x")), stages=(0, 1)),
            "in several",
        ),
        (lambda: Graph((A, B)).staged(3), "3 stages of 2 blocks"),
        (lambda: Graph((A, B)).clocked({"bb": 2}), "no layer or block is called 'bb'"),
        (lambda: NetworkConfig(depth=2, halves=(3,)), "halved at block 3 of 2"),
        (lambda: Graph((A,), output="b"), "no layer is called 'b'"),
        (lambda: Graph((A,), deviation=0.0), "deviation is 0.0"),
    ],
)
def test_what_is_no_graph_is_refused(make, said):
    with pytest.raises(ConfigError, match=said):
        make()


def test_the_table_of_the_design():
    dense, plain = NetworkConfig(depth=8), NetworkConfig(depth=8, family="plain")
    told = {
        (c.family, stages): latencies(network(replace(c, stages=stages)))
        for c in (dense, plain)
        for stages in (1, 3, 0)
    }
    ages = {key: (x.information, x.depth, x.stages) for key, x in told.items()}
    assert ages == {
        ("dense", 1): (0, 0, 1),
        ("dense", 3): (1, 2, 3),
        ("dense", 0): (1, 8, 9),
        ("plain", 1): (0, 0, 1),
        ("plain", 3): (2, 2, 3),
        ("plain", 0): (8, 8, 9),
    }
    assert told["dense", 0].field == (1, 2, 3, 4, 5, 6, 7, 8)
    assert told["plain", 0].field == (8,)
    assert told["dense", 1].critical == 10  # the stem, eight layers, the head
    assert told["dense", 0].critical == 2  # the last layer and the head
    assert told["dense", 0].warm_up == 9
    aligned = network(replace(dense, stages=0, aligned=True))
    assert receptive_field(aligned) == {8}
    assert information_latency(aligned) == depth_latency(aligned) == 8
    with pytest.raises(ConfigError, match="all frames"):
        receptive_field(network(replace(plain, feedback=True)))


def test_clocks_cost_less_and_staggered_ones_no_more_at_once_than_must_be():
    chain = [Layer("a"), *(Layer(b, (a,)) for a, b in itertools.pairwise("abcd"))]
    graph = Graph(tuple(chain)).clocked({"b": 2, "c": 2, "d": 2})
    each = {"a": 4.0, "b": 2.0, "c": 2.0, "d": 2.0}
    assert graph.phases == {"a": 0, "b": 0, "c": 1, "d": 0}
    assert cost(graph, each) == (7.0, 8.0, 8.0)
    assert cost(graph.parallel(), each) == (7.0, 8.0, 4.0)
    together = replace(graph, layers=tuple(replace(x, phase=0) for x in graph.layers))
    assert cost(together, each) == (7.0, 10.0, 10.0)
    # c fires one tick after b; d one after c, and holds for one more
    assert receptive_field(graph, 0) == {2}
    assert receptive_field(graph, 1) == {3}
    assert critical_layers(graph) == 4


def test_branches_stand_side_by_side_and_a_graph_comes_back_from_json():
    graph = network(NetworkConfig("inception", depth=2, stages=0, rates=(1, 2)))
    assert graph.n_stages == 3
    assert graph_from_json(json.loads(json.dumps(asdict(graph)))) == graph
    diamond = Graph(
        (A, Layer("left", ("a",)), Layer("right", ("a",)), Layer("b", ("left", "right")))
    )
    assert diamond.parallel().stages == (0, 1, 1, 2)
    assert diamond.n_in["b"] == 16
    assert diamond.staged(4).stages == (0, 1, 2, 3)


def test_a_partition_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(40):
        n = int(rng.integers(1, 8))
        costs = rng.integers(1, 20, n).tolist()
        k = int(rng.integers(1, n + 1))

        def dearest(ends, costs=costs):
            begins = (0, *ends[:-1])
            return max(sum(costs[a:b]) for a, b in zip(begins, ends, strict=True))

        ways = [(*cuts, n) for cuts in itertools.combinations(range(1, n), k - 1)]
        found = linear_partition(costs, k)
        assert found in ways
        assert dearest(found) == min(map(dearest, ways))
