# pyright: reportMissingImports=false
"""Ontogeny's processes, or its workers of a Ray cluster, on the PyTorch member, timed. Runs under
an interpreter that has both.

    python processes_torch.py UPDATES ROUNDS [--population N] [--workers N] [--ray]

Prints one JSON object: when each round of each member ended, in seconds from the start.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from typing import Any

BEGUN = time.time()

from torch_member import LEARNER  # noqa: E402

import ontogeny as og  # noqa: E402
from ontogeny.runtime.observer import Observer  # noqa: E402


class Ends(Observer):
    """Collects when rounds ended."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, float]] = []

    def lived(self, round_: Any, moved: int, dead: int) -> None:
        """Keep those of a report."""
        for slot in round_.ready.nonzero()[0]:
            self.found.append((int(slot), round_.number + 1, time.time() - BEGUN))


def main() -> None:
    """Grow a population, and print when its members' rounds ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("updates", type=int)
    parser.add_argument("rounds", type=int)
    parser.add_argument("--population", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ray", action="store_true")
    chosen = parser.parse_args()
    where = og.RayWorkers if chosen.ray else og.Processes
    ends = Ends()
    learner: Any = LEARNER
    space = og.Space({"learning_rate": og.Log(1e-5, 1e-2), "decay": og.Log(5e-4, 1e-1)})
    with tempfile.TemporaryDirectory() as folder:
        run = og.grow(
            learner,
            space=space,
            population=chosen.population,
            rounds=chosen.rounds,
            steps=chosen.updates,
            executor=where(workers=chosen.workers),
            folder=f"{folder}/run",
            progress=False,
            observers=[ends],
        )
        best = float(run.metrics()["score"][-1].max())
    print(json.dumps({"ends": ends.found, "seconds": time.time() - BEGUN, "best": best}))


if __name__ == "__main__":
    main()
