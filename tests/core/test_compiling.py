"""Who waits for the compiler hears a signal at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextvars import ContextVar

import pytest

from ontogeny.core.compiling import side_by_side

LONG = 60.0  # seconds, of which none is waited for


def test_all_are_under_way_at_once_and_come_in_their_order():
    met = threading.Barrier(2, timeout=30)
    asked = ContextVar("asked", default="")
    asked.set("here")
    assert side_by_side(lambda: met.wait() * 0, lambda: (met.wait(), asked.get())[1]) == [0, "here"]
    assert side_by_side() == []
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda: 1 / 0, lambda: 1)


def test_what_a_signals_handler_raises_is_raised_at_once():
    end = threading.Event()

    class Alarm(Exception):
        pass

    def ring(number, frame):
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    begun = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Alarm):
            side_by_side(lambda: end.wait(LONG))
    finally:
        end.set()
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - begun < LONG / 4


@pytest.mark.parametrize("caught", [False, True], ids=["uncaught", "caught"])
def test_a_process_whose_compiler_works_leaves_as_python_does(caught):
    code = f"""
import signal, time
from ontogeny.core.compiling import side_by_side
signal.signal(signal.SIGINT, signal.default_int_handler)
def work():
    print("begun", flush=True)
    time.sleep({1.0 if caught else LONG})
    print("done", flush=True)
try:
    side_by_side(work)
except {"KeyboardInterrupt" if caught else "ZeroDivisionError"}:
    pass
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LONG / 2)
    if caught:
        assert (process.returncode, out, err) == (0, b"done\n", b"")
    else:
        assert process.returncode == -signal.SIGINT
        assert b"KeyboardInterrupt" in err
