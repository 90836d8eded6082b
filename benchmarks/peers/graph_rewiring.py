"""Rewire a network by a library: python graph_rewiring.py LIBRARY FOLLOWS.npy VALUES.npy.

Ten swaps a follow, as libraries have it. Says the seconds, without those of building the graph, and
the correlation over follows of the values of both ends.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version

import numpy as np

SWAPS = 10

library, follows, values = sys.argv[1], np.load(sys.argv[2]), np.load(sys.argv[3])
n, m = len(values), len(follows)


def by_igraph():
    import igraph  # pyright: ignore[reportMissingImports]

    graph = igraph.Graph(n=n, edges=follows.tolist(), directed=True)
    return lambda: graph.rewire(n=SWAPS * m), graph.get_edgelist


def by_networkit():
    import networkit  # pyright: ignore[reportMissingImports]

    graph = networkit.GraphFromCoo((follows[:, 0], follows[:, 1]), n=n, directed=True)
    swapping = networkit.randomization.EdgeSwitching(graph, SWAPS)
    return swapping.run, lambda: list(swapping.getGraph().iterEdges())


def by_networkx():
    import networkx  # pyright: ignore[reportMissingModuleSource]

    graph = networkx.DiGraph(follows.tolist())
    return (
        lambda: networkx.directed_edge_swap(graph, nswap=SWAPS * m, max_tries=1000 * m),
        lambda: list(graph.edges()),
    )


run, links_of = {"igraph": by_igraph, "networkit": by_networkit, "networkx": by_networkx}[library]()
begun = time.perf_counter()
run()
seconds = time.perf_counter() - begun
links = np.array(links_of())
found = float(np.corrcoef(values[links[:, 0]], values[links[:, 1]])[0, 1])
print(json.dumps({"seconds": seconds, "found": found, "version": version(library)}))
