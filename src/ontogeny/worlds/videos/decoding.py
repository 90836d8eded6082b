"""Video by PyAV: a container's video stream, and decoded frames as arrays, upright and of any size.

PyAV makes a new scaler, with threads of its own, for each frame that turns itself into an array:
one that is used again takes a fifth of the time.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import DataError, MissingExtra


def pyav() -> Any:
    """Return PyAV. Raises `MissingExtra` without it."""
    try:
        av: Any = importlib.import_module("av")
        importlib.import_module("av.video.reformatter")
    except ImportError as error:
        raise MissingExtra(
            f"videos need PyAV ({error})", where="videos", hint="pip install 'ontogeny[video]'"
        ) from error
    # what the decoders print is said by our errors; `set_level` would have their threads wait for
    # Python's lock, which who closes them holds: for ever
    av.logging.set_libav_level(av.logging.PANIC)
    return av


def video_stream(container: Any, where: str) -> Any:
    """Return an open container's first video stream. Raises `DataError` where it has none, or PyAV
    has no decoder for it.
    """
    videos = container.streams.video
    if not videos:
        kinds = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise DataError(f"it has no video, but {kinds}", where=where, hint="give one that has")
    if videos[0].codec_context is None:
        raise DataError(
            "this build of PyAV has no decoder for its codec",
            where=where,
            hint="convert it to H.264 first: ffmpeg -i FILE -c:v libx264 FILE.mp4",
        )
    # threads that decode frames ahead delay a camera's, and wait for Python's lock, while who
    # closes waits for them
    videos[0].thread_type = "SLICE"
    return videos[0]


class Scaler:
    """Decoded frames as arrays."""

    def __init__(self) -> None:
        video = pyav().video.reformatter
        self._scaler, self._area = video.VideoReformatter(), video.Interpolation.AREA

    def array(
        self, frame: Any, width: int, height: int, form: str = "rgb24"
    ) -> UInt8[np.ndarray, "height width ..."]:
        """Return a frame, upright, of this size: colours, or with "gray" none."""
        turns = _turns(frame)
        if turns % 2:
            width, height = height, width
        made = self._scaler.reformat(frame, width, height, form, interpolation=self._area)
        return np.ascontiguousarray(np.rot90(made.to_ndarray(), turns))


def upright_size(frame: Any) -> tuple[int, int]:
    """Return width and height of a frame once it is turned as its camera was held."""
    width, height = frame.width, frame.height
    return (height, width) if _turns(frame) % 2 else (width, height)


def _turns(frame: Any) -> int:
    """Return by how many quarters a frame is to be turned, against the clock."""
    return round(frame.rotation / 90) % 4
