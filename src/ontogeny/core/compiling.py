"""How programs are compiled: beside each other, without keeping a signal waiting, and quickly where
they don't run long.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import jax

_under_way: WeakSet[threading.Thread] = WeakSet()


def side_by_side(*works: Callable[[], Any]) -> list[Any]:
    """Return what each returns, all under way at once, each in a thread of its own. Raises what the
    first that failed raised.

    The compiler hears no signal, which is why it is waited for here: what a signal's handler raises
    (Ctrl-C) is raised at once, and leaves the works to end by themselves.
    """
    done: list[Any] = [None] * len(works)
    failed: list[BaseException] = []
    left = threading.Semaphore(0)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            done[place] = work()
        except BaseException as error:  # raised where it is waited for
            failed.append(error)
        finally:
            left.release()

    for place, work in enumerate(works):
        own = contextvars.copy_context()
        thread = threading.Thread(target=own.run, args=(run, place, work), daemon=True)
        _under_way.add(thread)
        thread.start()
    for _ in works:
        left.acquire()
    if failed:
        raise failed[0]
    return done


@atexit.register
def _leave() -> None:
    """See that the interpreter does not go while the compiler works for it, which ends in an abort:
    wait; or, where Ctrl-C ends the process, die of it as Python does.
    """
    left = [thread for thread in _under_way if thread.is_alive()]
    if left and getattr(sys, "last_type", None) is KeyboardInterrupt:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):  # its reader may have gone
                stream.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    for thread in left:
        thread.join()


def quick_to_compile(quick: bool = True) -> dict[str, Any]:
    """Return the compiler's options for a program that does not run long: on a CPU an agent's round
    is compiled in a third of the time, and runs about as fast. What `XLA_FLAGS` sets is left so;
    none where it isn't to be `quick`.
    """
    if not quick:
        return {}
    options = {"xla_backend_optimization_level": 1, "xla_cpu_use_fusion_emitters": False}
    given = os.environ.get("XLA_FLAGS", "")
    on_cpu = jax.default_backend() == "cpu"
    return {name: value for name, value in options.items() if on_cpu and name not in given}
