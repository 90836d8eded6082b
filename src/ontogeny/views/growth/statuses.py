"""Where a run stands: in a word, in which colour and why; and how one goes on with it."""

from __future__ import annotations

from ontogeny.core.text import quoted
from ontogeny.views import page

SAID = {"stopped": "interrupted"}  # a process that is gone was interrupted, whatever did it
KINDS: dict[str, page.Kind] = {
    "finished": "good",
    "growing": "live",
    "failed": "bad",
    "unreadable": "bad",
}
WHY = {
    "stopped": "its process is gone, and did not say why",
    "interrupted": "somebody had it stop",
    "unreadable": "it can't be read",
}


def status_word(status: str) -> str:
    """Return the word for a status."""
    return SAID.get(status, status)


def status_mark(status: str) -> page.Html:
    """Return a run's status as a word in its colour."""
    return page.mark(status_word(status), KINDS.get(status, "doubtful"), WHY.get(status, ""))


def how_on(name: str, learner: bool) -> str:
    """Return how one goes on with a run that is not finished: by a command, or, of a bare
    `learner`, by the call that grew it.
    """
    if learner:
        return f"call og.grow again as it was called, with name={name!r}"
    return f"ontogeny resume {quoted(name)}"
