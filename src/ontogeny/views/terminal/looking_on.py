"""Who shows a growth to whoever began it: in a terminal, in a pipe, or in a notebook."""

from __future__ import annotations

import threading

from rich.console import Console

from ontogeny.runtime.observer import Observer
from ontogeny.views.terminal.live import Live, Plain
from ontogeny.views.terminal.notebook import InNotebook, in_notebook
from ontogeny.views.terminal.safety import Terminal


def observer_for(console: Console | None = None, title: str = "") -> Observer:
    """Return `InNotebook` in a notebook, `Live` for a terminal that can redraw, and `Plain` for
    anything else: also for a growth in a thread, which may not be the only one.
    """
    if console is None and in_notebook():
        return InNotebook(title)
    console = console or Terminal()
    alone = threading.current_thread() is threading.main_thread()
    moving = console.is_terminal and not console.is_dumb_terminal
    return Live(console, title) if moving and alone else Plain(console, title)
