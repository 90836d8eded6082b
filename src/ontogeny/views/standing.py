"""Where a run stands, in a word, and how one goes on with it."""

from __future__ import annotations

from ontogeny.core.text import quoted

SAID = {"stopped": "interrupted"}  # a process that is gone was interrupted, whatever did it


def status_word(status: str) -> str:
    """Return the word for a status."""
    return SAID.get(status, status)


def how_on(name: str, learner: bool) -> str:
    """Return how one goes on with a run that is not finished: by a command, or, of a bare
    `learner`, by the call that grew it.
    """
    if learner:
        return f"call og.grow again as it was called, with name={name!r}"
    return f"ontogeny resume {quoted(name)}"
