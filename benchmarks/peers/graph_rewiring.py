"""Rewire a network by a library: python graph_rewiring.py LIBRARY FOLLOWS.npy VALUES.npy TIMES.

Each time ten swaps a follow are tried, as libraries have it. Says the seconds of each, without
building the graph, and the correlation over follows of the values of both ends after each.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np

SWAPS = 10

library, follows, values = sys.argv[1], np.load(sys.argv[2]), np.load(sys.argv[3])
times = int(sys.argv[4])
n, m = len(values), len(follows)


def by_igraph():
    import igraph  # pyright: ignore[reportMissingImports]

    graph = igraph.Graph(n=n, edges=follows.tolist(), directed=True)
    while True:
        yield lambda: graph.rewire(n=SWAPS * m)
        yield lambda: np.array(graph.get_edgelist())


def by_networkit():
    import networkit  # pyright: ignore[reportMissingImports]

    graph = networkit.GraphFromCoo((follows[:, 0], follows[:, 1]), n=n, directed=True)
    while True:
        swapping = networkit.randomization.EdgeSwitching(graph, SWAPS)
        yield swapping.run
        graph = swapping.getGraph()
        yield lambda graph=graph: np.array(list(graph.iterEdges()))


def by_networkx():
    import networkx  # pyright: ignore[reportMissingModuleSource]

    graph = networkx.DiGraph(follows.tolist())
    while True:
        yield lambda: networkx.directed_edge_swap(graph, nswap=SWAPS * m, max_tries=1000 * m)
        yield lambda: np.array(graph.edges())


steps = {"igraph": by_igraph, "networkit": by_networkit, "networkx": by_networkx}[library]()
seconds, found = [], []
for _ in range(times):
    run = next(steps)
    begun = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - begun)
    links = next(steps)()
    found.append(float(np.corrcoef(values[links[:, 0]], values[links[:, 1]])[0, 1]))
print(json.dumps({"seconds": seconds, "found": found, "version": version(library)}))
