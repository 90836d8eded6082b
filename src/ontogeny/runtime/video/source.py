"""Frames of a video: from a file, a camera, or standard input; upright, in time, one size.

What is wrong in the midst of a video is gone over, and counted: unreadable packets, frames of
another size, time stamps that are missing or run back. What can't be gone over ends the frames with
an error.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.runtime.video.clock import VideoClock
from ontogeny.runtime.video.opening import USUAL, opened
from ontogeny.worlds.videos.decoding import Scaler, pyav, upright_size, video_stream


class Frame(NamedTuple):
    """One frame of a video, as a network sees it and as a person does."""

    number: int
    """How many were decoded before it."""
    seconds: float
    """When it is, in the video."""
    view: UInt8[np.ndarray, "height width chan"]
    """What the network sees."""
    picture: UInt8[np.ndarray, "height width 3"] | None
    """The whole of it; None where nobody asked."""
    place: tuple[float, float, float, float]
    """Left, top, width and height of the view in the picture, in its pixels."""
    is_cut: bool
    """What was before doesn't belong to it."""
    taken: float
    """When it was there, in seconds of `time.perf_counter`."""


class VideoSource:
    """A video that is open. `frames()` may be read once; counters and notes grow meanwhile.

    `shape` is the view's: [height, width, 1 or 3]. The view is the middle of the frame in the
    shape's proportions or, squeezed into them, the `whole` of it. Raises `DataError` for what is no
    video, `ConfigError` for a camera that there can't be and raw frames without a size.
    """

    def __init__(
        self,
        source: str,
        shape: tuple[int, int, int],
        *,
        whole: bool = False,
        pictures: bool = True,
        raw_size: tuple[int, int] | None = None,
        raw_rate: float | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ):
        if shape[2] not in (1, 3):
            raise ConfigError(
                f"the model sees frames of {shape[2]} channels",
                where="video",
                hint="videos have 3, or 1 in grey",
            )
        self.name, self.shape, self._whole, self._pictures = source, shape, whole, pictures
        self.is_live = source == "-" or source.isdecimal()
        self.is_camera = source.isdecimal()
        self._container = opened(source, raw_size, raw_rate, stopped)
        self._stream = video_stream(self._container, source)
        self.rate = float(self._stream.average_rate or self._stream.guessed_rate or USUAL)
        self.n_told = int(self._stream.frames)
        """Frames that the file says it has; 0 where it doesn't say."""
        self.size: tuple[int, int] | None = None
        """Width and height of all pictures: those of the first frame, upright."""
        self._restarts = bool(self._container.format.flags & pyav().format.Flags.ts_discont.value)
        self.recovered = Counter[str]()
        self.notes: list[str] = []
        self._scaler = Scaler()
        self._steps: list[float] = []

    def frames(self) -> Iterator[Frame]:
        """Yield the frames. Raises `DataError` where there is none, and where a camera stops."""
        number, own, clock = 0, None, VideoClock(self.rate, self.recovered, self._restarts)
        try:
            for decoded in self._decoded():
                taken = time.perf_counter()
                size = upright_size(decoded)
                if self.size is None:
                    self.size = size
                    self._look(decoded)
                is_cut = number == 0 or size != own
                if number and size != own:
                    self.recovered["changes of size"] += 1
                own = size
                seconds, ran_back = clock.seconds(decoded.time)
                view, seen = self._view(decoded, size)
                picture, place = self._picture(decoded, size, seen)
                yield Frame(number, seconds, view, picture, place, is_cut or ran_back, taken)
                number += 1
        finally:
            self._container.close()
        if not number:
            raise DataError(
                "not one frame of it can be read",
                where=self.name,
                hint="it is empty or broken: try another player, or convert it anew",
            )
        if self.n_told > number:
            self.recovered["missing frames"] += self.n_told - number
        self.notes += clock.notes()

    def _decoded(self) -> Iterator[Any]:
        """Yield what the decoder makes of each packet; what it can't read is counted."""
        av, frames = pyav(), 0
        try:
            for packet in self._container.demux(self._stream):
                if packet.is_corrupt:
                    self.recovered["damaged packets"] += 1
                try:
                    made = packet.decode()
                except av.error.FFmpegError:
                    self.recovered["unreadable packets"] += 1
                    continue
                for frame in made:
                    if frame.is_corrupt:
                        self.recovered["damaged frames"] += 1
                    frames += 1
                    yield frame
        except av.error.FFmpegError as error:
            if self.is_camera or not frames:
                what = "the camera stopped" if self.is_camera else "reading it failed"
                raise DataError(
                    f"{what} after {frames} frames ({error.strerror})",
                    where=self.name,
                    hint="see whether it is plugged in and free, and begin again",
                ) from error
            self.recovered["ends in the midst"] += 1
            self.notes.append(f"reading ended in the midst ({error.strerror})")

    def _look(self, first: Any) -> None:
        has_alpha = self._stream.metadata.get("alpha_mode") == "1"  # which decoders may leave out
        if has_alpha or any(part.is_alpha for part in first.format.components):
            self.notes.append("its alpha channel is left out")
        if first.rotation:
            self.notes.append(f"turned by {first.rotation} degrees, as it asks for")

    def _view(
        self, frame: Any, size: tuple[int, int]
    ) -> tuple[np.ndarray, tuple[float, float, float, float]]:
        """Return what the network sees of a frame, and where that is in it."""
        (height, width), (across, down) = self.shape[:2], size
        wide, high = width, height
        if not self._whole:
            factor = max(width / across, height / down)
            wide, high = max(width, round(across * factor)), max(height, round(down * factor))
        form = "gray" if self.shape[2] == 1 else "rgb24"
        scaled = self._scaler.array(frame, wide, high, form)
        left, top = (wide - width) // 2, (high - height) // 2
        view = scaled[top : top + height, left : left + width].reshape(self.shape)
        x, y = across / wide, down / high
        return np.ascontiguousarray(view), (left * x, top * y, width * x, height * y)

    def _picture(
        self, frame: Any, size: tuple[int, int], seen: tuple[float, float, float, float]
    ) -> tuple[np.ndarray | None, tuple[float, float, float, float]]:
        """Return the whole frame, and where the view is in it. A frame of another size than the
        first lies in the middle of one of that, on black.
        """
        assert self.size is not None
        factor = min(self.size[0] / size[0], self.size[1] / size[1])
        wide, high = (max(1, round(side * factor)) for side in size)
        left, top = (self.size[0] - wide) // 2, (self.size[1] - high) // 2
        x, y, width, height = (side * factor for side in seen)
        place = (left + x, top + y, width, height)
        if not self._pictures:
            return None, place
        picture = self._scaler.array(frame, wide, high, "rgb24")
        if (wide, high) != self.size:
            whole = np.zeros((self.size[1], self.size[0], 3), np.uint8)
            whole[top : top + high, left : left + wide] = picture
            picture = whole
        return np.ascontiguousarray(picture), place
