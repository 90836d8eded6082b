"""Generated graphs have the law that is asked for, and files of real ones are read or refused."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.platform.follow_graphs import (
    MAGIC,
    follow_graph,
    once,
    packaged_graph,
    read_gt,
)


def held(links, nodes, directed=True, order="<", width=1):
    """Return a graph as graph-tool writes it: `links` has the targets of each node."""
    kind = {1: "B", 2: "H"}[width]
    parts = [MAGIC, b"\x01", b"\x01" if order == ">" else b"\x00"]
    parts += [struct.pack(f"{order}Q", 5), b"hello", bytes([directed])]
    parts.append(struct.pack(f"{order}Q", nodes))
    for targets in links:
        parts.append(struct.pack(f"{order}Q{len(targets)}{kind}", len(targets), *targets))
    return b"".join(parts)


def test_degrees_have_a_tail_and_follows_stay_in_communities():
    graph = follow_graph(20_000, 10.0, 2.5, 0.2, np.random.default_rng(5))
    assert len(graph.source) == pytest.approx(180_000, rel=0.05)  # repeats count once
    for ends in (graph.source, graph.target):
        degree = np.bincount(ends, minlength=20_000)
        assert degree.max() > 100
        tail = degree[degree >= 20]  # Hill's estimate of the exponent
        assert 1 + 1 / np.mean(np.log(tail / 19.5)) == pytest.approx(2.7, abs=0.2)  # cut at 141
    apart = np.abs(graph.source - graph.target)
    assert np.median(apart) < 1000  # communities are runs of users, of 280 on average


def test_each_follow_is_once_and_nobody_follows_themselves():
    graph = once(4, np.array([3, 0, 0, 2, 0]), np.array([1, 1, 1, 2, 0]))
    assert graph.source.tolist() == [0, 3]
    assert graph.target.tolist() == [1, 1]


@pytest.mark.parametrize("order", "<>")
def test_a_file_of_graph_tool_is_read(tmp_path, order):
    graph = read_gt(held([[1, 2], [], [0]], 3, order=order), "here")
    assert list(zip(graph.source.tolist(), graph.target.tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (2, 0),
    ]
    wide = read_gt(held([[299], *[[] for _ in range(299)]], 300, False, order, 2), "here")
    assert (wide.source.tolist(), wide.target.tolist()) == ([0, 299], [299, 0])
    (tmp_path / "small.gt.gz").write_bytes(gzip.compress(held([[1], [0]], 2)))
    assert packaged_graph("small", tmp_path).users == 2
    with pytest.raises(ConfigError, match="did you mean 'small'"):
        packaged_graph("smal", tmp_path)


def test_damaged_files_are_refused(tmp_path):
    whole = held([[1, 2], [], [0]], 3)
    for broken in (b"", b"hello", whole[:-1], whole[:20], held([[5], [], []], 3)):
        with pytest.raises(DataError, match="here"):
            read_gt(broken, "here")
    (tmp_path / "small.gt.gz").write_bytes(gzip.compress(whole)[:-9])
    with pytest.raises(DataError, match="small"):
        packaged_graph("small", tmp_path)
    with pytest.raises(MissingExtra, match="graph-tool"):
        packaged_graph(folder=tmp_path / "none")
