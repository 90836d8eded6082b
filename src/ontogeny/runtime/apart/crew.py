"""Who lives the rounds of members apart. `board_program` decides; a crew lives, wherever it is: in
processes of this machine (`workforce`), or where another executor has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ontogeny.runtime.apart.messages import Done, Order, Setup
from ontogeny.runtime.executor import Note


class Crew(Protocol):
    """Workers that live rounds, and write states into one folder that all of them see.

    One that is lost is replaced, and lives what it was told to again: a round comes to the same
    bits whoever lives it.
    """

    notes: list[Note]
    """What befell the workers, for the record; whoever reads it empties it."""

    @property
    def workers(self) -> Sequence[Any]:
        """Those that there are: one or more."""
        ...

    def hire(self, setup: Setup) -> None:
        """Tell the workers what they will live. They may compile meanwhile."""
        ...

    def ready(self) -> int:
        """Wait until every worker has compiled what it needs; return the bytes that a round of each
        holds, summed. Raises what a worker raised.
        """
        ...

    def send(self, orders: Sequence[Order]) -> None:
        """Have rounds lived, which are of one cohort: all its slots', or some (`Setup.cohort`).
        Those of one slot are lived one after another, in their order.
        """
        ...

    def results(self, epoch: int) -> list[Done]:
        """Wait until rounds of this epoch are done, and return them; those of others are dropped.
        Raises what a member raised.
        """
        ...

    def forget(self, names: set[str]) -> None:
        """Nobody will begin from the states of these files any more: they are being removed."""
        ...

    def close(self) -> None:
        """End the workers, and whatever they are in. May be called before `hire`."""
        ...
