"""Where a video comes from: a file, a camera, standard input."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.files import absolute
from ontogeny.worlds.videos.decoding import pyav

PATIENCE = 10.0  # seconds that a camera may say nothing
USUAL = 25.0  # frames a second where the video doesn't say


class StoppablePipe:
    """Standard input for PyAV: who waits for it can still be stopped."""

    def __init__(self, stopped: Callable[[], bool]):
        self._descriptor, self._stopped = sys.stdin.fileno(), stopped

    def read(self, n: int) -> bytes:
        """Return at most so many bytes; none at the end, and when it was stopped."""
        while not self._stopped():
            if select.select([self._descriptor], [], [], 0.2)[0]:
                return os.read(self._descriptor, n)
        return b""


def opened(
    source: str,
    raw_size: tuple[int, int] | None,
    raw_rate: float | None,
    stopped: Callable[[], bool],
) -> Any:
    """Return PyAV's container. Raises as `VideoSource` does."""
    av = pyav()
    if source != "-" and (raw_size or raw_rate):
        raise ConfigError(
            "a size or a rate is of raw frames on standard input",
            where=source,
            hint="leave it out: a file and a camera say theirs",
        )
    if raw_rate is not None and (raw_size is None or raw_rate <= 0):
        raise ConfigError(
            f"a rate of {raw_rate:g} frames a second",
            where="--rate",
            hint="raw frames need a size and a rate above 0: --size 640x480 --rate 30",
        )
    options: dict[str, Any] = {}
    given: Any = source
    if source == "-":
        if sys.stdin.isatty():
            raise ConfigError(
                "standard input is a terminal", where="-", hint="pipe a video into it"
            )
        given = StoppablePipe(stopped)
        if raw_size:
            options = {
                "format": "rawvideo",
                "options": {
                    "pixel_format": "rgb24",
                    "video_size": f"{raw_size[0]}x{raw_size[1]}",
                    "framerate": str(raw_rate or USUAL),
                },
            }
    elif source.isdecimal():
        if not sys.platform.startswith("linux"):
            raise ConfigError(
                f"cameras are read through Linux's video4linux2, and this is {sys.platform}",
                where=source,
                hint="pipe the camera's frames into: ontogeny stream -",
            )
        given, options = f"/dev/video{source}", {"format": "v4l2", "timeout": PATIENCE}
    else:
        path: Path = absolute(source)
        if not path.exists():
            raise DataError("there is no such file", where=str(path), hint="see how it is spelt")
        given = str(path)
    try:
        return av.open(given, **options)
    except av.error.FFmpegError as error:
        camera = source.isdecimal()
        raise DataError(
            f"{'no camera answers' if camera else 'it is no video that can be read'} "
            f"({error.strerror})",
            where=str(given) if source != "-" else "standard input",
            hint="see: ls /dev/video*; and whether another program has it"
            if camera
            else "it may be empty, broken or another thing; of raw frames say the --size",
        ) from error
