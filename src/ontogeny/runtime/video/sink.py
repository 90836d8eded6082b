"""What is written while a video is watched: an MP4 or lines of JSON, good whenever it stops.

An MP4 is written in pieces of a second that stand for themselves: after a kill or on a full disk
all pieces but the last can be played, and closing makes it an ordinary MP4. PyAV and
imageio-ffmpeg write equally fast; PyAV takes time stamps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import MissingExtra, StoreError
from ontogeny.core.files import absolute
from ontogeny.worlds.videos.decoding import pyav

UNITS = 90_000  # of a second: time stamps of an MP4
PIECE = 1.0  # seconds
ENCODERS = ("libx264", "mpeg4")  # the first that PyAV was built with
# Frames that are told from later ones would shift the times of all, in pieces.
QUALITY = {"libx264": {"preset": "veryfast", "crf": "20", "bf": "0"}, "mpeg4": {"q": "4"}}


class JsonLines:
    """A file of JSON objects, one a line; each is with the system before the next is begun. Raises
    `StoreError` where it can't be written.
    """

    def __init__(self, path: Path):
        self._file = _Sturdy(path)
        self.written = 0

    def write(self, told: Mapping[str, Any]) -> None:
        """Add a line. Raises `StoreError`."""
        self._file.write(json.dumps(told, allow_nan=False).encode() + b"\n")
        self._file.check(self.written)
        self.written += 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Mp4:
    """An MP4 of pictures of one size, `rate` of them a second or so: each has its time.

    Raises `StoreError` where it can't be written, and `MissingExtra` without an encoder.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: float):
        av = pyav()
        self._av, self._scaler = av, av.video.reformatter.VideoReformatter()
        name = next((each for each in ENCODERS if each in av.codecs_available), None)
        if name is None:
            raise MissingExtra(
                "this build of PyAV has no encoder for MP4",
                where=str(path),
                hint="pip install --force-reinstall av; or name the output .jsonl",
            )
        self._file = _Sturdy(path)
        self.written, self._last = 0, -1
        self._odd = (size[1] % 2, size[0] % 2)  # a row or a column more makes it even
        self._container = self._opened()
        stream: Any = self._container.add_stream(name, rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height = size[0] + size[0] % 2, size[1] + size[1] % 2
        stream.pix_fmt, stream.options = "yuv420p", QUALITY[name]
        stream.codec_context.time_base = Fraction(1, UNITS)
        stream.codec_context.gop_size = max(1, round(rate * PIECE))
        stream.codec_context.thread_type = "AUTO"
        self._stream = stream

    def _opened(self) -> Any:
        flags = "hybrid_fragmented+frag_keyframe"
        options = {"movflags": flags, "flush_packets": "1"}
        return self._av.open(self._file, "w", format="mp4", options=options)

    def write(self, picture: UInt8[np.ndarray, "height width 3"], seconds: float) -> None:
        """Add a picture that is shown from then on. Raises `StoreError`."""
        if any(self._odd):
            picture = np.pad(picture, ((0, self._odd[0]), (0, self._odd[1]), (0, 0)), "edge")
        whole = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame = self._scaler.reformat(whole, format="yuv420p")
        self._last = max(self._last + 1, round(seconds * UNITS))
        frame.pts, frame.time_base = self._last, Fraction(1, UNITS)
        self._container.mux(self._stream.encode(frame))
        self._file.check(self.written)
        self.written += 1

    def close(self) -> None:
        """Write what is under way. Raises `StoreError`; the pieces before it are good then."""
        try:
            if self.written:
                self._container.mux(self._stream.encode(None))
            self._container.close()
            self._file.check(self.written)
        except StoreError:
            self._file.cut(_whole_boxes(self._file.path))
            raise
        finally:
            self._file.close()


def _whole_boxes(path: Path) -> int:
    """Return where the last piece of an MP4 ends that was written whole: its head and its data."""
    end = place = 0
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        while place + 8 <= size:
            file.seek(place)
            head = file.read(8)
            place += max(int.from_bytes(head[:4], "big"), 8)
            if head[4:] != b"moof" and place <= size:
                end = place
    return end


class _Sturdy:
    """A file that PyAV writes to. After a write that failed it takes no more, so that closing
    doesn't spoil what was written before.
    """

    def __init__(self, path: Path):
        self.path = absolute(path)
        self._failed: OSError | None = None
        try:
            self._file = self.path.open("wb", buffering=0)
        except OSError as error:
            raise StoreError(
                f"can't write there ({error.strerror})",
                where=str(self.path),
                hint="choose another place for --out, in a folder that is there",
            ) from error

    def write(self, data: bytes) -> int:
        """Write all, or keep what went wrong for `check`."""
        left = memoryview(data)
        try:
            while left and self._failed is None:
                left = left[self._file.write(left) or 0 :]
        except OSError as error:
            self._failed = error
        return len(data)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, as files do."""
        return self._file.seek(place, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def check(self, written: int) -> None:
        """Raise `StoreError` where a write failed."""
        if self._failed is not None:
            raise StoreError(
                f"can't write on ({self._failed.strerror}) after {written} frames",
                where=str(self.path),
                hint="free some space or choose another place; what was written before is good",
            ) from self._failed

    def cut(self, place: int) -> None:
        """Take away what comes after a place, if that can be done."""
        with suppress(OSError):
            self._file.truncate(place)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
