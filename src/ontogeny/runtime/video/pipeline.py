"""A network's stages on threads, each of which drives a compiled function of its own.

All workers tick at once, on what the others said a tick ago: which is what makes a pipeline of a
network that is deep. Answers come in the order of the frames, and are those of the network's tick.
A compiled function lets go of Python's lock while it runs, so that threads are enough.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, NoReturn

import numpy as np

from ontogeny.core.errors import ConfigError, DataError, OntogenyError
from ontogeny.learners.streaming.graph import Graph
from ontogeny.learners.streaming.layer import INPUT
from ontogeny.learners.streaming.stages import shares, stages_of
from ontogeny.learners.streaming.tick import Params, map_shapes
from ontogeny.runtime.video.stage_worker import StageWorker

REMEMBERED = 4096  # ticks whose seconds are kept


class Done(NamedTuple):
    """What a worker says of a tick."""

    worker: int
    said: Any
    wrong: BaseException | None = None


class Pipeline:
    """Workers that are ready for frames of one shape and type. Use it in a `with` statement.

    `ends` says where each worker's stages end (`stages_of`); `workers` deals the stages out by what
    their layers have to do. `devices` are where the workers compute, in turn; the default one for
    all. Up to `capacity` frames are under way: who puts more waits.

    Raises `ConfigError` for more workers than stages, `DataError` for frames that the network can't
    see.
    """

    def __init__(
        self,
        graph: Graph,
        params: Params,
        frame_shape: tuple[int, ...],
        workers: int = 2,
        *,
        ends: Sequence[int] | None = None,
        dtype: Any = np.uint8,
        capacity: int = 4,
        devices: Sequence[Any] | None = None,
    ):
        if capacity < 1:
            raise ConfigError(f"capacity is {capacity}", where="Pipeline", hint="use 1 or more")
        map_shapes(graph, frame_shape)
        self.graph, self.frame_shape, self.dtype = graph, tuple(frame_shape), np.dtype(dtype)
        self.shares = shares(graph, stages_of(graph, workers) if ends is None else ends)
        places = list(devices) if devices else [None]
        self._workers = [
            StageWorker(graph, share, params, self.frame_shape, self.dtype, places[w % len(places)])
            for w, share in enumerate(self.shares)
        ]
        self.seconds = [deque[float](maxlen=REMEMBERED) for _ in self.shares]
        """Of each worker's last ticks."""
        self.capacity = capacity
        self._threads: list[threading.Thread] = []
        self.reset()

    def reset(self) -> None:
        """Forget all frames, as after a cut: what is under way is dropped, and the next frame is a
        stream's first.
        """
        self.close()
        self._failed: Done | None = None
        n = len(self.shares)
        self._free = threading.Semaphore(self.capacity)
        self._tokens = [SimpleQueue[Any]() for _ in range(n)]
        self._links = {(a, b): SimpleQueue[Any]() for a in range(n) for b in self._readers(a)}
        self._done: SimpleQueue[Done] = SimpleQueue()
        self._waiting = [deque[Any]() for _ in range(n)]
        self._open = True

    def _start(self) -> None:
        """Start the workers, at the first frame: who never gives one leaves no threads behind."""
        self._threads = [
            threading.Thread(target=self._work, args=(w,), name=f"stage-{w}", daemon=True)
            for w in range(len(self.shares))
        ]
        for thread in self._threads:
            thread.start()

    def _readers(self, worker: int) -> list[int]:
        sends = set(self.shares[worker].sends)
        return [b for b, other in enumerate(self.shares) if sends & set(other.foreign)]

    def _work(self, worker: int) -> None:
        """Tick for ever: on a token, with what others said a tick ago; until told to stop."""
        own = self._workers[worker]
        state, arrived = own.begin()
        sources = [a for a, b in self._links if b == worker]
        for tick in itertools.count():
            token = self._tokens[worker].get()
            if token is None:
                return
            try:
                if tick:
                    for source in sources:
                        sent = self._links[source, worker].get()
                        if sent is None:
                            return
                        arrived |= {n: x for n, x in sent.items() if n in arrived}
                start = time.perf_counter()
                state, sent, said = own.tick(state, arrived, token[0])
                self.seconds[worker].append(time.perf_counter() - start)
            except BaseException as error:
                self._failed = Done(worker, None, error)
                self._done.put(self._failed)  # for who waits for an answer,
                self._free.release()  # and for who waits to put a frame
                return
            for reader in self._readers(worker):
                self._links[worker, reader].put(sent)
            self._done.put(Done(worker, said))

    def put(self, frame: Any, timeout: float | None = None) -> bool:
        """Give the next frame [height, width, chan], and return True; or False where none of those
        under way were taken out for `timeout` seconds (None: wait for ever): then the frame was
        not taken in, and the caller drops it or tries again.

        Raises `DataError` for a frame of another shape or type, and what went wrong in a stage.
        """
        given = np.array(frame)  # a copy: decoders write the next frame into the same place
        if given.shape != self.frame_shape or given.dtype != self.dtype:
            raise DataError(
                f"a frame is {given.dtype}{list(given.shape)}",
                where="Pipeline",
                hint=f"give {self.dtype}{list(self.frame_shape)}, or make a pipeline for it",
            )
        self._check()
        if not self._free.acquire(timeout=timeout):
            return False
        self._check()
        if not self._threads:
            self._start()
        for share, tokens in zip(self.shares, self._tokens, strict=True):
            tokens.put((given if INPUT in share.layers else None,))
        return True

    def get(self, timeout: float | None = None) -> Any:
        """Return what the network says at the next tick, when all workers are done with it. Raises
        `TimeoutError` after so many seconds (None: wait for ever), and what went wrong in a stage.
        """
        self._check()
        until = None if timeout is None else time.monotonic() + timeout
        while not all(self._waiting):
            left = None if until is None else max(until - time.monotonic(), 0.0)
            try:
                done = self._done.get(timeout=left)
            except Empty:
                raise TimeoutError(f"no answer for {timeout} seconds") from None
            if done.wrong is not None:
                self._fail(done)
            self._waiting[done.worker].append(done.said)
        said = [waiting.popleft() for waiting in self._waiting]
        self._free.release()
        return next(x for x in said if x is not None)

    def map(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Yield what the network says at every frame, with as many under way as may be. Who stops
        early loses the answers of those.
        """
        ahead, stream = 0, self._done
        try:
            for frame in frames:
                if ahead == self.capacity:
                    ahead -= 1
                    yield self.get()
                self.put(frame)
                ahead += 1
            while ahead:
                ahead -= 1
                yield self.get()
        finally:
            while ahead and self._open and self._done is stream and not self._failed:
                ahead -= 1
                self.get()

    def _check(self) -> None:
        if self._failed is not None:
            self._fail(self._failed)
        if not self._open:
            raise ConfigError("it is closed", where="Pipeline", hint="reset() opens it again")

    def _fail(self, done: Done) -> NoReturn:
        names = [name for name in self.shares[done.worker].layers if name != INPUT]
        shown = ", ".join(names if len(names) < 5 else [*names[:3], "…", names[-1]])
        self.close()
        raise OntogenyError(
            f"worker {done.worker} ({shown}) failed: {done.wrong!r:.300}",
            where="Pipeline",
            hint="what it was given or its device is at fault; reset() begins anew",
        ) from done.wrong

    def close(self) -> None:
        """Stop the workers after the tick that they are in, and wait for them."""
        if self._threads:
            for queue in (*self._tokens, *self._links.values()):
                queue.put(None)
            for thread in self._threads:
                thread.join()
        self._threads, self._open = [], False

    def __enter__(self) -> Pipeline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
