"""Ctrl-C, twice: the first time asks to stop after the round, the second stops now. Being told to
end, or that the terminal is gone, asks as the first. While there is no round to be finished, the
first stops now.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType

ASKING = ("SIGINT", "SIGTERM", "SIGHUP")


_nothing_to_finish = ContextVar("nothing_to_finish", default=False)


class Stopped(BaseException):
    """A signal came while there was nothing to be finished."""


@contextmanager
def at_once() -> Generator[None]:
    """Have a signal raise `Stopped` in the block: what is under way there is of no worth yet."""
    token = _nothing_to_finish.set(True)
    try:
        yield
    finally:
        _nothing_to_finish.reset(token)


@contextmanager
def asked_to_stop(
    tell: Callable[[], None], signals: list[int] | None = None
) -> Generator[Callable[[], bool]]:
    """Yield a function that says whether such a signal has come, which is put into `signals`, after
    calling `tell`. One that this process ignores asks nothing.

    A second SIGINT raises `KeyboardInterrupt`; the first of any, inside of `at_once()`, `Stopped`.
    """
    came = [] if signals is None else signals
    if threading.current_thread() is not threading.main_thread():
        yield lambda: bool(came)  # signals reach the main thread alone
        return

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if came and number == signal.SIGINT:
            raise KeyboardInterrupt
        came.append(number)
        if _nothing_to_finish.get():
            raise Stopped
        tell()

    known = [getattr(signal, name) for name in ASKING if hasattr(signal, name)]
    heard = [number for number in known if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
