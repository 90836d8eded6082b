"""Nurseries that are kept from one growth in processes to the next: what a nursery has imported
serves all that need the same, and to import it again costs most of what a small growth does.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager

from ontogeny.runtime.workforce import Workforce


class Nurseries:
    """Those that nobody has at the moment, by what they were begun with."""

    def __init__(self) -> None:
        self.free: dict[object, tuple[subprocess.Popen[bytes], socket.socket]] = {}

    @staticmethod
    def needs(crew: Workforce) -> object:
        known = {n: v for n, v in crew._surroundings.items() if not n.startswith("PYTEST")}
        return tuple(crew._modules), tuple(sorted(known.items()))

    def take(self, crew: Workforce) -> bool:
        nursery, control = self.free.pop(self.needs(crew), (None, None))
        if nursery is None or control is None or nursery.poll() is not None:
            return False
        crew._nursery, crew._control = nursery, control
        return True

    def give(self, crew: Workforce) -> bool:
        needs = self.needs(crew)
        if crew._nursery is None or needs in self.free or crew._nursery.poll() is not None:
            return False
        self.free[needs], crew._nursery = (crew._nursery, crew._control), None
        return True

    def close(self) -> None:
        for nursery, control in self.free.values():
            control.close()
            nursery.kill()
            nursery.wait()
        self.free.clear()


@contextmanager
def kept_nurseries():
    """Have crews take the nurseries that are there, and leave theirs when they go home."""
    kept, begin, end = Nurseries(), Workforce._begin_nursery, Workforce._end_nursery

    def begun(crew: Workforce) -> None:
        if crew._nursery is not None:  # it has died
            end(crew)
            begin(crew)
        elif not kept.take(crew):
            begin(crew)

    def ended(crew: Workforce) -> None:
        if not kept.give(crew):
            end(crew)

    Workforce._begin_nursery, Workforce._end_nursery = begun, ended
    try:
        yield
    finally:
        Workforce._begin_nursery, Workforce._end_nursery = begin, end
        kept.close()
