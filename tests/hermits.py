"""An executor whose crew is one, in this process: what a worker does, without starting one."""

from __future__ import annotations

from dataclasses import dataclass, field

from ontogeny.runtime.board_program import BoardProgram
from ontogeny.runtime.executor import Note
from ontogeny.runtime.shipping import shipped
from ontogeny.runtime.worker import fulfil, living_of


class Hermit:
    """A crew of one, in this process: it lives a round when it is asked for results, the last
    ordered first, and forgets each state.
    """

    def __init__(self):
        self.notes, self.workers, self.orders, self.closed = [], [self], [], False

    def hire(self, setup):
        self.setup, self.living = setup, living_of(setup)

    def ready(self):
        return self.living.temporary

    def send(self, order):
        self.orders.append(order)

    def results(self, epoch):
        order = self.orders.pop()
        assert order.epoch == epoch
        self.notes.append(Note("sighed", f"over {order.target}", order.slot))
        return [fulfil(self.setup, self.living, {}, order)]

    def forget(self, names):
        assert not names & {order.source for order in self.orders}

    def close(self):
        self.closed = True


@dataclass
class Hermitage:
    """An executor over that crew."""

    synchronous: bool
    die: bool = False
    devices: int = 1
    crews: list[Hermit] = field(default_factory=list)

    def prepare(self, job, folder=None):
        self.crews.append(Hermit())
        how = {"synchronous": self.synchronous, "die": self.die}
        return BoardProgram(job, shipped(job), self.crews[-1], folder=folder, **how)
