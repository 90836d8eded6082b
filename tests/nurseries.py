"""Nurseries that are kept from one growth in processes to the next: what a nursery has imported
serves all that need no more, and to import it again costs most of what a small growth does.
The few that served last are kept as long as the tests run.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from typing import NamedTuple

from budget import KEPT
from ontogeny.runtime.apart.workforce import Workforce

MOST = 3
# What other tests of this process have imported, and a learner in JAX mostly does not need: its
# workers would import it by themselves.
FOREIGN = {"gymnax", "sklearn", "torch", "torch._dynamo"}


class Needs(NamedTuple):
    """What a nursery is begun with."""

    modules: frozenset[str]
    surroundings: tuple[tuple[str, str], ...]

    def serves(self, other: Needs) -> bool:
        """Return whether it has all that the other needs, and JAX or PyTorch only if that does."""
        more = self.modules - other.modules
        return (
            self.surroundings == other.surroundings
            and other.modules <= self.modules
            and not more & {"jax", "torch"}
        )


def gone(nursery: subprocess.Popen[bytes]) -> bool:
    """Return whether it has ended, and so been waited for."""
    if nursery.poll() is not None:
        KEPT.discard(nursery.pid)
    return nursery.returncode is not None


class Nurseries:
    """Those that nobody has at the moment, by what they were begun with. The modules of this
    project are not told apart: all have the most of them, and the others take no time.
    """

    def __init__(self) -> None:
        self.free: dict[Needs, tuple[subprocess.Popen[bytes], socket.socket]] = {}

    @staticmethod
    def needs(crew: Workforce) -> Needs:
        modules = frozenset(name for name in crew._modules if not name.startswith("ontogeny"))
        known = {n: v for n, v in crew._surroundings.items() if not n.startswith("PYTEST")}
        return Needs(modules, tuple(sorted(known.items())))

    def take(self, crew: Workforce) -> bool:
        wanted = self.needs(crew)
        fitting = [one for one in self.free if one.serves(wanted)]
        if not fitting:
            return False
        given = min(fitting, key=lambda one: len(one.modules))
        nursery, control = self.free.pop(given)
        if gone(nursery):
            return False
        crew._nursery, crew._control = nursery, control
        crew._modules = sorted({*crew._modules, *given.modules})  # what it has, when it comes back
        return True

    def give(self, crew: Workforce) -> bool:
        needs = self.needs(crew)
        if crew._nursery is None or needs in self.free or gone(crew._nursery):
            return False
        self.free[needs], crew._nursery = (crew._nursery, crew._control), None
        KEPT.add(self.free[needs][0].pid)
        self.close(MOST)
        return True

    def close(self, most: int = 0) -> None:
        """End all but so many, those first that have been there longest."""
        while len(self.free) > most:
            nursery, control = self.free.pop(next(iter(self.free)))
            control.close()
            nursery.kill()
            nursery.wait()
            assert gone(nursery)


@contextmanager
def taking(kept: Nurseries):
    """Have crews take the nurseries that are there, and leave theirs when they go home."""
    begin, end = Workforce._begin_nursery, Workforce._end_nursery

    def over(crew: Workforce) -> None:
        end(crew)
        if crew._nursery is not None:
            gone(crew._nursery)

    def begun(crew: Workforce) -> None:
        if crew._nursery is not None:  # it has died
            over(crew)
            begin(crew)
            return
        if "jax" in crew._modules:
            crew._modules = [name for name in crew._modules if name not in FOREIGN]
        if not kept.take(crew):
            begin(crew)

    def ended(crew: Workforce) -> None:
        if not kept.give(crew):
            over(crew)

    Workforce._begin_nursery, Workforce._end_nursery = begun, ended
    try:
        yield
    finally:
        Workforce._begin_nursery, Workforce._end_nursery = begin, end
