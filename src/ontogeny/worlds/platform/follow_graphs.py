"""Who follows whom: generated at any size, or a real network that a package ships.

Generated: how many a user follows, and how popular one is, are drawn from Pareto's law; users live
in communities of unequal sizes, and follow inside of their own, but for a share, by popularity.
Real: the networks beside graph-tool (its `collection`), read without it; `pgp-strong-2009`, a web
of trust of 39,796 people with 301,498 directed links, is the nearest to follows.
Sources: Chung and Lu 2002 (given expected degrees); graph-tool's gt format, version 1.
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Int32

from ontogeny.core.errors import DataError, MissingExtra, unknown

COLLECTION = Path("/usr/lib/python3/dist-packages/graph_tool/collection")  # where Debian puts it
MAGIC = b"\xe2\x9b\xbe gt"
SLOTS = 8  # a user, on average, of the table that followees are drawn from


class Follows(NamedTuple):
    """Who follows whom, each once, nobody themselves, ordered by source and target."""

    users: int
    source: Int32[np.ndarray, " follow"]
    target: Int32[np.ndarray, " follow"]


def follow_graph(
    users: int,
    followees: float,
    exponent: float,
    mixing: float,
    rng: np.random.Generator,
) -> Follows:
    """Return a generated graph of about `followees` follows a user.

    Degrees have tails with P(k) ~ k^-exponent; `mixing` is the share of follows that look beyond
    their community.
    """
    communities = max(12, round(users**0.5 / 2))
    share = np.exp(0.7 * rng.normal(size=communities))
    ends = np.rint(np.cumsum(share) / share.sum() * users).astype(np.int64)
    community = np.searchsorted(ends, np.arange(users), side="right")
    wish, fame = (_pareto(users, exponent, rng) for _ in range(2))
    degree = rng.poisson(followees * wish)
    source = np.repeat(np.arange(users, dtype=np.int32), degree)
    # a user has slots by fame: to draw one is a look into memory, where a search takes seconds
    whole = np.append(0, np.rint(np.cumsum(fame) / fame.sum() * SLOTS * users).astype(np.int64))
    slots = np.repeat(np.arange(users, dtype=np.int32), np.diff(whole))
    local = rng.random(len(source)) >= mixing
    first = whole[np.append(0, ends[:-1])][community][source]
    last = whole[ends][community][source]
    low, high = np.where(local, first, 0), np.where(local, last, len(slots))
    drawn = low + (rng.random(len(source)) * (high - low)).astype(np.int64)
    return once(users, source, slots[drawn])


def once(users: int, source: Int[np.ndarray, " row"], target: Int[np.ndarray, " row"]) -> Follows:
    """Return follows without repeats and without users who follow themselves."""
    apart = source != target
    key = np.unique(source[apart].astype(np.int64) * users + target[apart])
    by = key // users
    return Follows(users, by.astype(np.int32), (key - by * users).astype(np.int32))


def packaged_graph(name: str = "pgp-strong-2009", folder: Path | None = None) -> Follows:
    """Return a real network that graph-tool's package ships; an undirected link is two follows.

    It is looked for in `folder`, in the installed graph_tool, and where Debian puts it. Raises
    `MissingExtra` where there is none, `ConfigError` for a name that it does not have, `DataError`
    for a file that is damaged.
    """
    spec = find_spec("graph_tool")
    roots = [] if spec is None else spec.submodule_search_locations or []
    places = [folder] if folder else [*(Path(root, "collection") for root in roots), COLLECTION]
    found = next((place for place in places if any(place.glob("*.gt.gz"))), None)
    if found is None:
        raise MissingExtra(
            "real networks are those that graph-tool ships, which is not here",
            where="packaged_graph",
            hint="apt-get install python3-graph-tool, or give the folder of its .gt.gz files",
        )
    known = sorted(path.name.removesuffix(".gt.gz") for path in found.glob("*.gt.gz"))
    if name not in known:
        raise unknown("packaged network", name, known, where=str(found))
    path = found / f"{name}.gt.gz"
    try:
        return read_gt(gzip.decompress(path.read_bytes()), str(path))
    except (OSError, EOFError) as error:
        raise DataError(f"it can't be read ({error})", where=str(path)) from error


def read_gt(held: bytes, where: str) -> Follows:
    """Return the graph of a file of graph-tool's format; properties of nodes and links are left.

    Magic, version, whether big-endian, a comment, whether directed, the number of nodes; then for
    each node its number of out-links and their targets. Raises `DataError` for anything else.
    """
    try:
        if held[: len(MAGIC)] != MAGIC or held[len(MAGIC)] != 1:
            raise ValueError("it is not graph-tool's format, version 1")
        order = ">" if held[len(MAGIC) + 1] else "<"
        at = len(MAGIC) + 2
        at += 8 + int.from_bytes(held[at : at + 8], "big" if order == ">" else "little")
        directed = bool(held[at])
        nodes = int(np.frombuffer(held, f"{order}u8", 1, at + 1)[0])
        at += 9
        width = next(w for w in (1, 2, 4, 8) if nodes <= 1 << 8 * w)
        kind = np.dtype(f"{order}u{width}")
        degree = np.zeros(nodes, np.int64)
        parts: list[np.ndarray] = []
        for node in range(nodes):
            degree[node] = np.frombuffer(held, f"{order}u8", 1, at)[0]
            parts.append(np.frombuffer(held, kind, degree[node], at + 8))
            at += 8 + width * int(degree[node])
        target = np.concatenate(parts).astype(np.int64)
        if len(target) and target.max() >= nodes:
            raise ValueError(f"a link leads to node {target.max()} of {nodes}")
    except (ValueError, IndexError, StopIteration, OverflowError) as error:
        raise DataError(f"it is damaged, or another format ({error})", where=where) from error
    source = np.repeat(np.arange(nodes), degree)
    if not directed:
        source, target = np.concatenate([source, target]), np.concatenate([target, source])
    return once(nodes, source, target)


def _pareto(n: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """Return n weights of mean 1 with a tail of density w^-exponent, cut at the root of n: beyond
    it two users would be due more than one link.
    """
    weight = np.minimum((1 - rng.random(n)) ** (-1 / (exponent - 1)), n**0.5)
    return weight / weight.mean()
