"""Ctrl-C, twice: the first time asks to stop after the round, the second stops now. Being told to
end, or that the terminal is gone, asks as the first.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

ASKING = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def asked_to_stop(
    tell: Callable[[], None], signals: list[int] | None = None
) -> Generator[Callable[[], bool]]:
    """Yield a function that says whether such a signal has come, which is put into `signals`, after
    calling `tell`. One that this process ignores asks nothing.

    A second SIGINT raises `KeyboardInterrupt`.
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
        tell()

    known = [getattr(signal, name) for name in ASKING if hasattr(signal, name)]
    heard = [number for number in known if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in heard}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
