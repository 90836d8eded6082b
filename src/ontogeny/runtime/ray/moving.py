"""What a move costs in a Ray cluster: a state that one worker leaves in the object store, and
another takes from it. Two actors try it, on two machines where there are two.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

from ontogeny.core.errors import OntogenyError
from ontogeny.core.ray_cluster import Cluster, ray_module

REPEATS = 5


class Mover:
    """An actor that leaves bytes in the object store, or takes them from it."""

    def __init__(self) -> None:
        self._ray = ray_module("ray")
        self._bytes = np.zeros(0, np.uint8)

    def where(self) -> str:
        """Return the id of its machine."""
        return self._ray.get_runtime_context().get_node_id()

    def leave(self, size: int) -> np.ndarray:
        """Return so many bytes."""
        if self._bytes.size != size:
            self._bytes = np.ones(size, np.uint8)
        return self._bytes

    def given(self, left: np.ndarray) -> int:
        """Return the size of what is given, which is here to be read."""
        return left.size

    def take(self, left: list[Any]) -> int:
        """Return the size of what a reference leads to, once it is here to be written to."""
        return self._ray.get(left[0]).copy().size


def measured_moves(
    cluster: Cluster, sizes: list[int], *, cpus: float, gpus: float, wait_seconds: float
) -> tuple[list[float], bool]:
    """Return the seconds that a move takes of a state of each of these sizes, in bytes (the median
    of some), and whether it was from one machine to another. Raises `OntogenyError` when no two
    workers of so many CPUs and GPUs begin within `wait_seconds`.
    """
    ray = cluster.ray
    kind = ray.remote(Mover).options(num_cpus=cpus, num_gpus=gpus, scheduling_strategy="SPREAD")
    one, other = kind.remote(), kind.remote()
    try:
        there = ray.get([one.where.remote(), other.where.remote()], timeout=wait_seconds)
        found: list[float] = []
        for size in sizes:
            seconds: list[float] = []
            for _ in range(1 + REPEATS):  # the first makes the bytes
                begun = time.perf_counter()
                left = one.leave.remote(size)
                ray.get(other.take.remote([left]), timeout=wait_seconds)
                seconds.append(time.perf_counter() - begun)
                del left
            found.append(statistics.median(seconds[1:]))
    except ray.exceptions.GetTimeoutError as error:
        raise OntogenyError(
            f"no two workers of {cpus:g} CPUs and {gpus:g} GPUs have moved a state within "
            f"{wait_seconds:g} s",
            where="a measured move",
            hint="see ray status: others may hold what there is",
        ) from error
    finally:
        for actor in (one, other):
            ray.kill(actor)
    return found, len(set(there)) == 2
