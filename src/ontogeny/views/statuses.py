"""What a run's status is called, in which colour, and why it is so."""

from __future__ import annotations

from ontogeny.views import page
from ontogeny.views.standing import status_word

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


def status_mark(status: str) -> page.Html:
    """Return a run's status as a word in its colour."""
    return page.mark(status_word(status), KINDS.get(status, "doubtful"), WHY.get(status, ""))
