"""Processes that cost no import: forks of one that has imported JAX and the command line, and
computed nothing. Who tests what a process does, and what becomes of one that is killed, needs the
process; to import what it needs takes over a second each.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from budget import KEPT

IMPORTS = """
import jax
import ontogeny.cli.growth
import ontogeny.cli.looking
import ontogeny.recipes.quadratic
import ontogeny.replaying
import ontogeny.runtime.apart.processes
import ontogeny.views.terminal.live
import two_hosts
"""
SERVING = """
import json, os, socket, sys

sys.path[:] = json.loads(sys.argv[2])
control, program = socket.socket(fileno=int(sys.argv[1])), ""
exec(json.loads(sys.argv[3]))
del sys.argv[1:]
while data := (received := socket.recv_fds(control, 1 << 20, 2))[0]:
    asked, outputs = json.loads(data), received[1]
    if "pid" in asked:
        answer = os.waitpid(asked["pid"], os.WNOHANG)
    elif child := os.fork():
        answer = [child, 0]
    else:
        for number, descriptor in enumerate(outputs, 1):
            os.dup2(descriptor, number)
        sys.stdout = open(1, "w", closefd=False)
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)
        os.chdir(asked["cwd"])
        os.environ.update(asked["environment"])
        program = asked["program"]
    for descriptor in outputs:
        os.close(descriptor)
    if program:
        break  # it is a process of its own, and leaves as any does
    control.sendall(json.dumps(answer).encode() + b"\\n")
control.close()
exec(program)
"""


class Fork:
    """A process, as `subprocess.Popen` has them, whose output comes through pipes."""

    def __init__(self, forks: Forks, pid: int, stdout: int, stderr: int):
        self._forks, self.pid = forks, pid
        self.stdout, self.stderr = os.fdopen(stdout, "rb"), os.fdopen(stderr, "rb")
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = self._forks.asked({"pid": self.pid})
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float = 120.0) -> int:
        limit = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < limit, f"{self.pid} runs still"
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def communicate(self, timeout: float = 120.0) -> tuple[bytes, bytes]:
        """Return all that it says on its two outputs, once it has ended."""

        def read(pipe: BinaryIO) -> bytes:
            if pipe.closed:
                return b""
            with pipe:
                return pipe.read()

        with ThreadPoolExecutor(2) as pool:
            said = pool.map(read, (self.stdout, self.stderr))
            self.wait(timeout)
            out, err = said
        return out, err


class Forks:
    """The process that has imported what the others need, and forks them."""

    def __init__(self):
        self._control, there = socket.socketpair()
        self._answers = self._control.makefile("rb")
        path = json.dumps([entry or os.getcwd() for entry in sys.path])
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVING, str(there.fileno()), path, json.dumps(IMPORTS)],
            pass_fds=[there.fileno()],
            env={**os.environ, "JAX_PLATFORMS": "cpu", "OPENBLAS_NUM_THREADS": "1"},
        )
        there.close()
        KEPT.add(self._server.pid)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._control.close()
        self._server.wait(timeout=30)
        KEPT.discard(self._server.pid)

    def asked(self, what: Mapping[str, Any], *given: int) -> list[int]:
        """Return what is answered."""
        socket.send_fds(self._control, [json.dumps(what).encode()], given)
        return json.loads(self._answers.readline())

    def start(self, program: str, cwd: Any = ".", **environment: str) -> Fork:
        """Begin a process that runs the program, there, with these environment variables too."""
        (out, its_out), (err, its_err) = os.pipe(), os.pipe()
        asked = {"program": program, "cwd": os.path.abspath(cwd), "environment": environment}
        pid, _ = self.asked(asked, its_out, its_err)
        os.close(its_out)
        os.close(its_err)
        return Fork(self, pid, out, err)

    def ontogeny(self, *words: str, cwd: Any = ".", **environment: str) -> Fork:
        """Begin a process of the command line."""
        program = f"from ontogeny.cli import main; main({list(words)!r})"
        return self.start(program, cwd, **environment)
