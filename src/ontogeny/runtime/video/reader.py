"""Frames ahead of who takes them: a thread decodes while others compute.

With a budget it is a camera: frames come whether one is taken or not, and those that have waited
for longer than the budget are dropped for newer ones.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from ontogeny.runtime.video.source import Frame

AHEAD = 4  # frames that are decoded and wait
LOOKED = 0.1  # seconds between two looks at whether to stop


class VideoReader:
    """Decoded frames in their order. `is_paced`: a file's frames, given out as a camera would, one
    every `budget` seconds.
    """

    def __init__(
        self,
        frames: Iterator[Frame],
        budget: float | None = None,
        *,
        is_paced: bool = False,
        stopped: Callable[[], bool] = lambda: False,
    ):
        self._frames, self.budget, self._is_paced, self._stopped = frames, budget, is_paced, stopped
        self.dropped = 0
        self.decode_seconds: list[float] = []
        """Of each frame."""
        self._waiting = deque[Frame]()
        self._cut = False  # a frame that was dropped began anew
        self._changed = threading.Condition()
        self.failed: BaseException | None = None
        """What reading raised, after the frames before it."""
        self._ended = self._left = False
        self._thread = threading.Thread(target=self._read, name="video-reader", daemon=True)

    def __iter__(self) -> Iterator[Frame]:
        """Yield frames until there are no more, reading failed or it is stopped."""
        self._thread.start()
        try:
            while (frame := self._take()) is not None:
                yield frame
        finally:
            with self._changed:
                self._left = True
                self._changed.notify_all()
            self._thread.join(timeout=2 * LOOKED)  # a camera that says nothing isn't waited for

    def _take(self) -> Frame | None:
        with self._changed:
            while not self._stopped():
                self._prune()
                if self._waiting:
                    frame = self._waiting.popleft()
                    self._changed.notify_all()
                    is_cut, self._cut = frame.is_cut or self._cut, False
                    return frame._replace(is_cut=is_cut)
                if self._ended:
                    return None
                self._changed.wait(LOOKED)
        return None

    def _prune(self) -> None:
        """Drop what is too old, but for the newest."""
        if self.budget is None:
            return
        now = time.perf_counter()
        while len(self._waiting) > 1 and now - self._waiting[0].taken > self.budget:
            self._cut |= self._waiting.popleft().is_cut
            self.dropped += 1

    def _read(self) -> None:
        try:
            self._go()
        except BaseException as error:
            self.failed = error
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _go(self) -> None:
        begun, start = None, time.perf_counter()
        for number, frame in enumerate(self._frames):
            now = time.perf_counter()
            self.decode_seconds.append(now - start)
            begun = now if begun is None else begun
            if self._is_paced and self.budget is not None:
                while (left := begun + number * self.budget - time.perf_counter()) > 0:
                    if self._over():
                        return
                    time.sleep(min(left, LOOKED))
                frame = frame._replace(taken=time.perf_counter())
            with self._changed:
                while self.budget is None and len(self._waiting) >= AHEAD and not self._over():
                    self._changed.wait(LOOKED)
                if self._over():
                    return
                self._waiting.append(frame)
                self._prune()
                self._changed.notify_all()
            start = time.perf_counter()

    def _over(self) -> bool:
        return self._left or self._stopped()
