"""Ctrl-C, twice: the first time asks to stop after the round, the second stops now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType


@contextmanager
def asked_to_stop(tell: Sequence[Callable[[], None]]) -> Generator[Callable[[], bool]]:
    """Yield a function that says whether SIGINT or SIGTERM has come, after telling the listeners.

    A second SIGINT raises `KeyboardInterrupt`.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # signals reach the main thread alone
        return

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        if asked.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.set()
        for listener in tell:
            listener()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
