"""The nursery: one small process that has imported what workers need, and forks them.

Importing JAX takes over a second, forking a process that has imported it a few milliseconds: so a
worker that was killed is soon replaced. It computes nothing itself, has one thread, and can
therefore be forked safely. The driver asks over a socket: nine bytes, `F` with the worker's end of
a connection, or `S` and a process id, whose exit status is wanted. Each answer is eight bytes.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import struct
import sys
import threading

REQUEST, ANSWER = struct.Struct("<cq"), struct.Struct("<q")


def main(descriptor: int, modules: list[str]) -> None:
    """Import the modules, then serve the driver until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to answer
    for name in modules:
        with contextlib.suppress(Exception):  # the worker will say what it misses
            importlib.import_module(name)
    if modules and _threads() > 1:  # something began to compute: what has threads can't be forked
        os.execv(sys.executable, [*sys.orig_argv[:-1], "[]"])
    control = socket.socket(fileno=descriptor)
    with contextlib.suppress(ConnectionError):  # the driver was killed with an answer unread
        while _served(control):
            pass


def _served(control: socket.socket) -> bool:
    """Do what the driver asks next; return False when it is gone."""
    data, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 1)
    if not data:
        return False
    word, number = REQUEST.unpack(data)
    if word == b"F":
        number = _fork(control, descriptors[0])
    else:
        with contextlib.suppress(ChildProcessError):
            number = os.waitpid(number, 0)[1]
    control.sendall(ANSWER.pack(number))
    return True


def _fork(control: socket.socket, descriptor: int) -> int:
    child = os.fork()
    if child:
        os.close(descriptor)
        return child
    try:
        from multiprocessing.connection import Connection

        from ontogeny.runtime.apart.worker import work

        control.close()
        work(Connection(descriptor))
    finally:
        os._exit(1)


def _threads() -> int:
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:  # not Linux: count those that Python knows of
        return threading.active_count()
