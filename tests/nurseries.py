"""Nurseries that are kept from one growth in processes to the next: what a nursery has imported
serves all that need no more, and to import it again costs most of what a small growth does.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from typing import NamedTuple

from ontogeny.runtime.workforce import Workforce

OWN = ("PYTEST", "ONTOGENY_RUNS")  # what variables begin with that workers do not look at
# What other tests of this process have imported, and a learner in JAX mostly does not need: its
# workers would import it by themselves.
FOREIGN = {"gymnax", "sklearn", "torch", "torch._dynamo"}


class Nursery(NamedTuple):
    """One, and what it was begun with."""

    modules: frozenset[str]
    surroundings: tuple[tuple[str, str], ...]
    process: subprocess.Popen[bytes]
    control: socket.socket


def begun_with(crew: Workforce) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Return the modules and the environment of a crew's nursery."""
    modules, known = frozenset(crew._modules), crew._surroundings.items()
    own = modules - FOREIGN if "jax" in modules else modules
    return own, tuple(sorted(pair for pair in known if not pair[0].startswith(OWN)))


class Nurseries:
    """Those that nobody has at the moment."""

    def __init__(self) -> None:
        self.free: list[Nursery] = []

    def take(self, crew: Workforce) -> bool:
        modules, surroundings = begun_with(crew)
        for one in self.free:
            fits = modules <= one.modules and surroundings == one.surroundings
            if fits and one.process.poll() is None:
                self.free.remove(one)
                crew._nursery, crew._control, crew._modules = *one[2:], sorted(one.modules)
                return True
        return False

    def give(self, crew: Workforce) -> bool:
        process, (modules, surroundings) = crew._nursery, begun_with(crew)
        like = [one for one in self.free if one.surroundings == surroundings]
        if process is None or process.poll() is not None:
            return False
        if any(modules <= one.modules for one in like):
            return False
        for one in like:
            if one.modules < modules:
                self.end(one)
        self.free.append(Nursery(modules, surroundings, process, crew._control))
        crew._nursery = None
        return True

    def end(self, one: Nursery) -> None:
        self.free.remove(one)
        one.control.close()
        one.process.kill()
        one.process.wait()

    def close(self) -> None:
        for one in list(self.free):
            self.end(one)


KEPT = Nurseries()


@contextmanager
def kept_nurseries():
    """Have crews take the nurseries that are there, and leave theirs when they go home."""
    begin, end = Workforce._begin_nursery, Workforce._end_nursery

    def begun(crew: Workforce) -> None:
        if crew._nursery is not None:  # it has died
            end(crew)
            begin(crew)
        elif not KEPT.take(crew):
            crew._modules = sorted(begun_with(crew)[0])
            begin(crew)

    def ended(crew: Workforce) -> None:
        if not KEPT.give(crew):
            end(crew)

    Workforce._begin_nursery, Workforce._end_nursery = begun, ended
    try:
        yield
    finally:
        Workforce._begin_nursery, Workforce._end_nursery = begin, end
