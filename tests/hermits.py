"""An executor whose crew is one, in this process: what a worker does, without starting one."""

from __future__ import annotations

from dataclasses import dataclass, field

from ontogeny.runtime.apart.board_program import BoardProgram
from ontogeny.runtime.apart.cohort import CohortLiving
from ontogeny.runtime.apart.shipping import shipped
from ontogeny.runtime.apart.worker import fulfil, learner_of, living_of
from ontogeny.runtime.executor import Note


class Hermit:
    """A crew of one, in this process: it lives a round when it is asked for results, the last
    ordered first, and forgets each state; or those of a cohort, side by side.
    """

    def __init__(self):
        self.notes, self.workers, self.orders, self.closed = [], [self], [], False

    def hire(self, setup):
        self.setup, several = setup, setup.cohort > 1
        self.living = CohortLiving(learner_of(setup), setup) if several else living_of(setup)

    def ready(self):
        return self.living.temporary

    def send(self, orders):
        self.orders.append(orders)

    def results(self, epoch):
        orders = self.orders.pop()
        assert {order.epoch for order in orders} == {epoch}
        self.notes += [Note("sighed", f"over {o.target}", o.slot) for o in orders]
        if self.setup.cohort == 1:
            return [fulfil(self.setup, self.living, {}, order) for order in orders]
        self.living.forget()
        came = self.living.live(orders, [None] * len(orders))
        for order, (_, state) in zip(orders, came, strict=True):
            state.write(self.setup.folder / order.target)
        return [done for done, _ in came]

    def forget(self, names):
        assert not names & {order.source for orders in self.orders for order in orders}

    def close(self):
        self.closed = True


@dataclass
class Hermitage:
    """An executor over that crew."""

    synchronous: bool
    die: bool = False
    cohort: int = 1
    devices: int = 1
    crews: list[Hermit] = field(default_factory=list)

    def prepare(self, job, folder=None):
        self.crews.append(Hermit())
        how = {"synchronous": self.synchronous, "die": self.die, "cohort": self.cohort}
        return BoardProgram(job, shipped(job), self.crews[-1], folder=folder, **how)
