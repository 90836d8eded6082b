"""Photographs decoded by several processes beside the network, in the order that they were asked
for, and only so many ahead.

A process that dies of a photograph, or takes too long over it, is replaced; the photograph is tried
once more, and then told as unreadable. JAX is not imported in them.
"""

from __future__ import annotations

import hashlib
import os
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from socket import socketpair
from typing import NamedTuple

import numpy as np

from ontogeny.core.errors import DataError
from ontogeny.core.files import open_regular
from ontogeny.runtime.photos.source import fsspec_module, is_remote
from ontogeny.worlds.photos.squares import look_at_photo

LARGEST_FILE = 512_000_000  # bytes
AHEAD = 16  # photographs that are decoded ahead, for every process
PATIENCE = 120.0  # seconds that one may take
DIGEST = 16  # bytes
CODE = (
    "import sys; sys.path[:] = sys.argv[2:]; "
    "from ontogeny.runtime.photos.decoding import serve; serve(int(sys.argv[1]))"
)


class Decoded(NamedTuple):
    """A photograph as the backbone takes it, or why there is none."""

    pixels: np.ndarray | None
    """Bytes [224, 224, 3]."""
    digest: bytes | None
    """Of the file's content."""
    problem: str = ""
    notes: str = ""
    """What was made of it that the file does not say."""


def decode(location: str) -> Decoded:
    """Return the photograph that lies there; nothing is raised for one that can't be read."""
    digest = None
    try:
        content = _content(location)
        digest = hashlib.blake2b(content, digest_size=DIGEST).digest()
        pixels, notes = look_at_photo(content, suffix=Path(location).suffix)
        return Decoded(pixels, digest, "", "; ".join(notes))
    except DataError as error:
        return Decoded(None, digest, error.what)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        said = "there is no such file" if missing else f"it can't be read ({_said(error)})"
        return Decoded(None, digest, said)


def _said(error: OSError) -> str:
    return error.strerror or str(error)


def _content(location: str) -> bytes:
    """Return the bytes that lie there. Raises `DataError` for too many, `OSError`."""
    if is_remote(location):
        try:
            with fsspec_module().open(location, "rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise OSError(error.errno, f"{_said(error)}") from error
        except Exception as error:  # of any store
            raise OSError(None, f"{error!r:.200}") from error
    else:
        with open_regular(Path(location), links=True) as file:
            content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise DataError(f"it is a file of over {LARGEST_FILE:,} bytes", where=location)
    return content


class Decoders:
    """Processes that decode: `with Decoders(2) as decoders: decoders.decoded(locations)`. With 0
    this process decodes, one after another.
    """

    def __init__(self, workers: int):
        self._threads = ThreadPoolExecutor(workers) if workers else None
        self._ahead = AHEAD * workers
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all = [_Worker() for _ in range(workers)]
        for worker in self._all:
            self._free.put(worker)

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *_: object) -> None:
        if self._threads is not None:
            for worker in self._all:
                worker.kill()
            self._threads.shutdown(cancel_futures=True)
            for worker in self._all:  # which a thread may have begun anew
                worker.end()

    def decoded(self, locations: Iterable[str]) -> Iterator[Decoded]:
        """Yield each photograph, in this order; some are decoded ahead."""
        if self._threads is None:
            yield from map(decode, locations)
            return
        waiting: deque[Future[Decoded]] = deque()
        for location in locations:
            waiting.append(self._threads.submit(self._one, location))
            if len(waiting) > self._ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, location: str) -> Decoded:
        worker = self._free.get()
        try:
            said: Decoded | None = worker.ask(location)
            if said is None:
                said = worker.ask(location)
        finally:
            self._free.put(worker)
        return said or Decoded(None, None, "the process that decoded it died of it, twice")


class _Worker:
    """One process, and the connection to it."""

    def __init__(self) -> None:
        self._ended = False
        self._begin()

    def _begin(self) -> None:
        here, there = socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-c", CODE, str(there.fileno()), *sys.path],
            pass_fds=[there.fileno()],
            start_new_session=True,  # a terminal's signals are the driver's to answer
        )
        there.close()
        self._connection = Connection(here.detach())

    def ask(self, location: str) -> Decoded | None:
        """Return the photograph; None where the process died, or was too slow: it is replaced."""
        try:
            self._connection.send(location)
            if self._connection.poll(PATIENCE):
                return self._connection.recv()
        except (OSError, EOFError):
            pass
        if not self._ended:
            self.end()
            self._begin()
        return None

    def kill(self) -> None:
        """End the process for good: whoever waits for it is told so."""
        self._ended = True
        self._process.kill()

    def end(self) -> None:
        """End the process, and let go of what it took."""
        self._process.kill()
        self._process.wait()
        self._connection.close()


def serve(descriptor: int) -> None:
    """Decode what the process at the other end asks for, until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    with suppress(EOFError, ConnectionError):
        while True:
            connection.send(decode(connection.recv()))
    os._exit(0)
