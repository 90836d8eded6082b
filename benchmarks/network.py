"""A network described: how time grows with follows, and rewiring beside compiled libraries.

Networks are generated, ten follows a user, with heavy tails. Timed are ordering follows into a
graph, the means over followees, core numbers, communities, and one rewiring that keeps all degrees.
The issue is a hundred of them at a million follows, which are done in full. Libraries rewire by ten
swaps a follow, igraph and NetworKit the same network and networkx a smaller one; the coefficients
that come of it must be alike, and are compared.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peer import ask, peer_python
from benchmarks.result import Figure, Result, Target, by_turns, load, pairwise
from ontogeny.core.errors import MissingExtra
from ontogeny.social.network.assortativity import assortativity, rewire
from ontogeny.social.network.communities import communities
from ontogeny.social.network.cores import core_numbers
from ontogeny.social.network.graph import Graph, neighbour_means
from ontogeny.worlds.platform.follow_graphs import follow_graph

SIZES = (10**5, 10**6, 10**7)
MEANS = 2 * 10**7  # follows, for the means alone
QUICK = (10**3, 10**4)
REWIRED, REWIRINGS = 10**6, 100
PEERS = {"igraph": 10**6, "networkit": 10**6, "networkx": 10**4}  # follows of each
REPEATS = 3
PARTS = ("ordering", "means of followees", "core numbers", "communities", "rewiring")
EXPONENT = Target(high=1.3)


def measure(quick: bool) -> Result:
    """Return seconds by follows with their exponents, and ratios to the peers."""
    sizes = QUICK if quick else SIZES
    figures: list[Figure] = []
    seconds = {size: timed(size, 1 if size > 10**6 else REPEATS) for size in sizes}
    for part in PARTS:
        figures += [Figure(f"{part}, {size:,} follows", "s", seconds[size][part]) for size in sizes]
        ends = [float(np.median(seconds[size][part])) for size in (sizes[0], sizes[-1])]
        slope = np.log(ends[1] / ends[0]) / np.log(sizes[-1] / sizes[0])
        figures.append(Figure(f"{part}, exponent", "power of follows", [float(slope)], EXPONENT))
    many = 2 * sizes[-1] if quick else MEANS
    ordering, means = timed_means(many)
    figures.append(Figure(f"ordering, {many:,} follows", "s", [ordering]))
    target = Target(high=3)
    figures.append(Figure(f"means of followees, {many:,} follows", "s", means, target))
    size, times = (sizes[0], 5) if quick else (REWIRED, REWIRINGS)
    graph, values = drawn(size)
    begun = time.perf_counter()
    found = assortativity(graph, {"value": values}, times)["value"]
    took = time.perf_counter() - begun
    name = f"{times} rewirings, {size:,} follows"
    figures.append(Figure(name, "s", [took], Target(high=60)))
    setting: dict[str, Any] = {"follows of a user": 10, "load": load(), "z": found.z}
    for peer in PEERS:
        try:
            figures += beside(peer, 1 if quick else REPEATS, setting)
        except MissingExtra as error:
            setting[peer] = f"not here ({error.what})"
    return Result(setting, figures)


def drawn(size: int) -> tuple[Graph, np.ndarray]:
    """Return a graph of about so many follows, and a value of each user, higher of the popular."""
    rng = np.random.default_rng(0)
    one = follow_graph(max(50, size // 9), 10.0, 2.5, 0.2, rng)
    graph = Graph.of(one.users, one.source[:size], one.target[:size])
    return graph, np.log1p(graph.in_degree) + rng.normal(size=graph.n)


def timed(size: int, repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each part."""
    graph, values = drawn(size)
    order = np.random.default_rng(1).permutation(graph.m)
    source, target = graph.source[order], graph.target[order]
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for seed in range(repeats):
        clock = [time.perf_counter()]

        def passed(clock: list[float] = clock) -> None:
            clock.append(time.perf_counter())

        graph = Graph.of(graph.n, source, target)
        _ = graph.followees
        passed()
        neighbour_means(graph, values)
        passed()
        core_numbers(graph)
        passed()
        communities(graph, seed)
        passed()
        rewire(graph.n, graph.source, graph.target, np.random.default_rng(seed))
        passed()
        for part, took in zip(PARTS, np.diff(clock), strict=True):
            found[part].append(float(took))
    return found


def timed_means(size: int) -> tuple[float, list[float]]:
    """Return the seconds of ordering follows drawn at random, and those of the means."""
    rng = np.random.default_rng(0)
    n = size // 10
    source, target = rng.integers(n, size=size), (n * rng.random(size) ** 2).astype(np.int64)
    values = rng.random(n)
    begun = time.perf_counter()
    graph = Graph.of(n, source, target)
    _ = graph.followees
    ordering = time.perf_counter() - begun
    means: list[float] = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        neighbour_means(graph, values)
        means.append(time.perf_counter() - begun)
    return ordering, means


def beside(peer: str, repeats: int, setting: dict[str, Any]) -> list[Figure]:
    """Return the ratio of a library's seconds a rewiring to ours, and how far apart coefficients
    are. Raises `MissingExtra` where it is not installed.
    """
    size = PEERS[peer]
    python = peer_python(peer)
    graph, values = drawn(size)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("follows.npy", "values.npy")]
        np.save(files[0], np.column_stack([graph.source, graph.target]))
        np.save(files[1], values)
        found: list[float] = []

        def theirs() -> float:
            said = ask(python, "graph_rewiring.py", peer, *files)
            found.append(said["found"])
            setting[peer] = said["version"]
            return float(said["seconds"])

        def ours() -> float:
            begun = time.perf_counter()
            rewire(graph.n, graph.source, graph.target, np.random.default_rng(len(found)))
            return time.perf_counter() - begun

        seconds = by_turns({"peer": theirs, "ours": ours}, repeats)
    coefficients = assortativity(graph, {"value": values}, 20)["value"].rewired
    apart = (np.mean(found) - coefficients.mean()) / coefficients.std(ddof=1)
    name = f"one rewiring of {graph.m:,} follows"
    ratios = pairwise(seconds["peer"], seconds["ours"])
    return [
        Figure(f"{name}, {peer}", "s", seconds["peer"]),
        Figure(f"{name}, ours", "s", seconds["ours"]),
        Figure(f"{name}, {peer}'s seconds / ours", "ratio", ratios),
        Figure(
            f"{name}: {peer}'s mean coefficient from ours",
            "deviations of one",
            [float(abs(apart))],
            Target(high=2),
        ),
    ]
