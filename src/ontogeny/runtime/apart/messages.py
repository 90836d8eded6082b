"""What the driver and its workers say to each other. Weights are never among it: they are files."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.core.errors import OntogenyError


class Setup(NamedTuple):
    """The driver to a new worker: what it will live."""

    learner: bytes  # a pickled function that returns the learner
    host: bool  # whether that is a host learner
    seed: int
    steps: int  # of a round
    hypers: Any  # one member's, for their shapes
    folder: Path  # of the state files
    settings: dict[str, Any]  # of JAX, as the driver has them
    die: bool = False  # by an exception that a host learner raises
    bytes: int = 0  # of a member's state; 0: not known before it has lived
    cohort: int = 1  # how many slots that follow each other live side by side


class Order(NamedTuple):
    """The driver to a worker: live a round of a slot."""

    epoch: int  # the growth it belongs to: a worker forgets its states when this changes
    slot: int
    number: int
    lived: int  # the slot's steps before this round
    hypers: Any
    source: str  # the file to begin from; "" to begin anew
    target: str  # the file to write


class Ready(NamedTuple):
    """A worker: it has compiled what it needs."""

    temporary: int  # bytes held while a round runs, as far as the compiler knows


class Done(NamedTuple):
    """A worker: a round was lived, and its state is in the file."""

    epoch: int
    slot: int
    number: int
    score: float
    metrics: dict[str, float]
    hypers: Any  # what the member bequeaths; None: the hypers it lived with
    seconds: float
    raised: str = ""  # the traceback of what the member died by
    unread: tuple[str, ...] | None = None  # hypers that no function has read here; None: not known
    notes: tuple[tuple[str, str], ...] = ()  # what befell the member: kinds of events, and what


class Raised(NamedTuple):
    """A worker: something raised an exception, of which a retry would be of no use."""

    where: str
    error: Any  # an OntogenyError as it is; of any other, None
    said: str  # its type and message
    traceback: str

    @classmethod
    def by(cls, error: BaseException, where: str) -> Raised:
        """Return what is to be said of an exception."""
        own = error if isinstance(error, OntogenyError) else None
        said = "".join(traceback.format_exception_only(error)).strip()
        return cls(where, own, said, "".join(traceback.format_exception(error)))

    def as_error(self) -> OntogenyError:
        """Return what the growth ends with."""
        if self.error is not None:
            return self.error
        return OntogenyError(
            f"{self.said}\n\n{self.traceback.rstrip()}",
            where=self.where,
            hint="what was recorded before is intact: mend the learner, and grow on",
        )
