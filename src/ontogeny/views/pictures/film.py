"""A film of frames: as a GIF, which every browser, README and chat shows without a player, or as an
MP4, which is smaller, and has all colours.
"""

from __future__ import annotations

import importlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.core.files import absolute, replace_file

if TYPE_CHECKING:
    from PIL import Image

FASTEST = 50.0  # frames a second: browsers slow down what is faster
STRIP, INK = (24, 24, 24), (240, 240, 240)  # the caption's ground and letters
SAMPLED = 24  # frames from which the palette is taken


def write_film(
    frames: UInt8[np.ndarray, "time height width 3"],
    path: Path,
    *,
    scale: int = 1,
    frames_per_second: float = 15.0,
    caption: str = "",
    scores: Sequence[float] | None = None,
) -> Path:
    """Write the frames as a GIF that loops, or as an MP4 where the path ends so, and return where
    it is.

    Each pixel becomes a square of `scale` by `scale`. With a caption or scores (one a frame), a
    strip below says them. The file appears whole, or not at all. Raises `DataError` for frames of
    another shape or type, `ConfigError` for a scale or speed that can't be, `MissingExtra` without
    Pillow, or ffmpeg for an MP4, `StoreError` when it can't be written.
    """
    _check(frames, scale, frames_per_second, scores)
    encoder = ffmpeg() if is_mp4(path) else None
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra(
            "films need Pillow, which is not installed",
            where="film",
            hint="pip install 'ontogeny[worlds]'",
        ) from error

    size = (frames.shape[2] * scale, frames.shape[1] * scale)
    pictures = [Image.fromarray(frame).resize(size, Image.Resampling.NEAREST) for frame in frames]
    if caption or scores is not None:
        said = [
            _words(caption, None if scores is None else scores[i]) for i in range(len(pictures))
        ]
        pictures = _captioned(pictures, said)
    path = absolute(path)
    hint = "free some space or choose another file"
    with replace_file(path, "write the film", hint=hint) as part:
        path.parent.mkdir(parents=True, exist_ok=True)
        if encoder is not None:
            _write_mp4(pictures, part, frames_per_second, encoder)
        else:
            _write_gif(pictures, part, frames_per_second)
    return path


def is_mp4(path: Path) -> bool:
    """Return whether the path asks for an MP4."""
    return path.suffix.lower() == ".mp4"


def ffmpeg() -> str:
    """Return the path of imageio-ffmpeg's encoder. Raises `MissingExtra` without it."""
    try:
        return importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:  # the package, or the program that it brings
        raise MissingExtra(
            f"MP4 needs imageio-ffmpeg ({error})",
            where="film",
            hint="pip install 'ontogeny[films]', or name the film .gif",
        ) from error


def _check(
    frames: Any, scale: int, frames_per_second: float, scores: Sequence[float] | None
) -> None:
    shape, dtype = np.shape(frames), getattr(frames, "dtype", None)
    if len(shape) != 4 or shape[-1] != 3 or 0 in shape or dtype != np.uint8:
        raise DataError(
            f"frames are {dtype}{list(shape)}",
            where="film",
            hint="give uint8 [time, height, width, 3] with at least one frame",
        )
    if scale < 1 or not 0 < frames_per_second <= FASTEST:
        raise ConfigError(
            f"a scale of {scale} at {frames_per_second} frames a second",
            where="film",
            hint=f"use a scale of 1 or more and at most {FASTEST:g} frames a second",
        )
    if scores is not None and len(scores) != shape[0]:
        raise DataError(
            f"{len(scores)} scores for {shape[0]} frames", where="film", hint="give one a frame"
        )


def _write_gif(pictures: list[Image.Image], part: Path, frames_per_second: float) -> None:
    from PIL import Image

    palette = _palette(pictures)
    indexed = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    indexed[0].save(
        part,
        format="GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=round(1000 / frames_per_second),
        loop=0,
    )


def _write_mp4(
    pictures: list[Image.Image], part: Path, frames_per_second: float, encoder: str
) -> None:
    """Raises `OSError` when ffmpeg can't."""
    width, height = pictures[0].size
    seen = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {frames_per_second} -i -"
    # What players take is colours at half the size, which a row or a column more makes even.
    made = "-vf pad=ceil(iw/2)*2:ceil(ih/2)*2 -c:v libx264 -crf 18 -pix_fmt yuv420p"
    command = [encoder, "-v", "error", "-y", *seen.split(), *made.split(), "-f", "mp4", str(part)]
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said) as process:
            assert process.stdin is not None
            for picture in pictures:
                process.stdin.write(picture.tobytes())
        if process.returncode:
            said.seek(0)
            raise OSError(f"ffmpeg: {said.read().decode(errors='replace').strip():.300}")


def _words(caption: str, score: float | None) -> tuple[str, str]:
    return caption, "" if score is None else f"{score:g}"


def _captioned(pictures: list[Image.Image], said: list[tuple[str, str]]) -> list[Image.Image]:
    """Return the pictures with a strip below: the caption at its left, the score at its right.

    Letters shrink until the longest words fit; where the smallest don't, the score stands alone.
    """
    from PIL import Image, ImageDraw, ImageFont

    width, height = pictures[0].size
    longest = max(("   ".join(w for w in words if w) for words in said), key=len)
    points, font = 9, ImageFont.load_default(9)
    for points in range(max(10, min(22, width // 16)), 8, -1):
        font = ImageFont.load_default(points)
        if font.getlength(longest) + points <= width:
            break
    else:
        said = [("" if right else left, right) for left, right in said]
    strip, pad = round(points * 1.9), points // 2
    framed = []
    for picture, (left, right) in zip(pictures, said, strict=True):
        whole = Image.new("RGB", (width, height + strip), STRIP)
        whole.paste(picture, (0, 0))
        draw = ImageDraw.Draw(whole)
        middle = height + strip / 2
        draw.text((pad, middle), left, fill=INK, font=font, anchor="lm")
        draw.text((width - pad, middle), right, fill=INK, font=font, anchor="rm")
        framed.append(whole)
    return framed


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """Return an image whose palette fits the whole film, so that colours don't flicker. Few colours
    are kept as they are; of many, those of small marks are kept too.
    """
    from PIL import Image

    chosen = [
        pictures[i]
        for i in np.linspace(0, len(pictures) - 1, min(SAMPLED, len(pictures))).astype(int)
    ]
    width, height = chosen[0].size
    sheet = Image.new("RGB", (width, height * len(chosen)))
    for i, picture in enumerate(chosen):
        sheet.paste(picture, (0, i * height))
    few, many = Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE
    method = few if sheet.getcolors(256) else many
    return sheet.quantize(256, method=method, dither=Image.Dither.NONE)
