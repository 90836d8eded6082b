"""A run that nobody lives, recorded a round at a time, as slowly as a test wants it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from ontogeny.runtime.storage.store import Heir, Store

POP = 4
SPEC = {"kind": "Log", "low": 1e-4, "high": 1.0}


class MadeUpRun:
    """It holds its folder as a driver does, until it is closed, or its process dies."""

    def __init__(self, folder: Path, planned: int = 40, hyper: str = "rate", metric: str = "loss"):
        self.hyper, self.metric, self.rng = hyper, metric, np.random.default_rng(0)
        self.score, self.rate, self.done = np.zeros(POP), np.full(POP, 0.01), 0
        fields = {"population": POP, "rounds": planned, "steps": 5, "seed": 0}
        self.store = Store.create(
            folder,
            recipe="made-up",
            rounds=planned,
            population=POP,
            fields=fields,
            space={hyper: SPEC},
            units={"updates": 1.0},
            begun=time.time(),
            status="growing",
        )

    def grow(self, rounds: int = 1) -> None:
        """Record further rounds: the worst inherits from the best."""
        for number in range(self.done, self.done + rounds):
            with self.store.transaction():
                if number:
                    best, worst = int(self.score.argmax()), int(self.score.argmin())
                    if best != worst:
                        self.store.add_heirs([Heir(number, worst, best, True, number - 1)])
                        self.score[worst], self.rate[worst] = self.score[best], self.rate[best] * 2
                self.score = self.score + self.rng.normal(0.5, 0.1, POP)
                self.store.add_metric("score", number, self.score)
                self.store.add_metric("seconds", number, [0.5], -1)
                self.store.add_metric(f"hypers.{self.hyper}", number, self.rate)
                self.store.add_metric(self.metric, number, -self.score)
        self.done += rounds

    def resume(self, number: int) -> None:
        """Forget the rounds after `number`, as a driver does that goes on from there."""
        with self.store.transaction():
            self.store.rewind(number)
            self.store.add_event(number + 1, "resumed", f"after round {number}")
        self.done = number + 1

    def end(self, status: str = "finished") -> None:
        """Say how it ended, and let go of the folder."""
        with self.store.transaction():
            self.store.put(status=status)
            self.store.add_event(max(self.done - 1, 0), status, "")
        self.store.close()
