"""What a growth looks like in a notebook: the terminal's panel, as one output of its cell that is
written over, and no line beside it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from html import escape
from io import StringIO
from typing import Any

from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.views.terminal.live import Live
from ontogeny.views.terminal.safety import Terminal

SECONDS = 0.5  # between two updates: each is a message to the browser
WIDTH = 88  # characters


def in_notebook() -> bool:
    """Return whether a Jupyter kernel runs this, whichever program shows what it says."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


class InNotebook(Observer):
    """The panel in the output of the cell that grows, at most one update in `SECONDS`."""

    def __init__(
        self,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
        show: Callable[..., Any] | None = None,
    ):
        """`title` names what is grown; `show` is IPython's `display` when not given."""
        self._console = Terminal(
            file=StringIO(), width=WIDTH, force_jupyter=False, color_system=None
        )
        self._live = Live(self._console, title, clock)
        self._clock, self._show = clock, show
        self._handle: Any = None
        self._shown = float("-inf")

    def compiling(self, setting: Setting) -> None:
        self._live.watch(setting)
        self._update(at_once=True)

    def compiled(self, seconds: float) -> None:
        self._live.compiled(seconds)

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        self._live.lived(round_, moved, dead)
        self._update()

    def stopping(self) -> None:
        self._live.stopping()

    def ended(self, status: str) -> None:
        self._live.ended(status)
        self._update(at_once=True)

    def _update(self, at_once: bool = False) -> None:
        now = self._clock()
        if not at_once and now - self._shown < SECONDS:
            return
        self._shown = now
        with self._console.capture() as captured:
            self._console.print(self._live.panel())
        text = "\n".join(line.rstrip() for line in captured.get().splitlines())
        told = {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>"}
        if self._handle is not None:
            self._handle.update(told, raw=True)
        else:
            self._handle = (self._show or _display())(told, raw=True, display_id=True)


def _display() -> Callable[..., Any]:
    return sys.modules["IPython"].display.display
