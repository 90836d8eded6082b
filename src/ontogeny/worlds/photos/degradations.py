"""What makes a photograph worse: pure functions of a key, each at three strengths.

A photograph is uint8 [height, width, 3], and so is what is made of it; the key says what is random.
`KINDS` are those that scorers learn from; `OTHERS` are kept for asking what they make of what they
have never seen. Strengths are for squares of some 224 pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from ontogeny.core.errors import ConfigError, MissingExtra, unknown

Photo: TypeAlias = UInt8[np.ndarray, "height width 3"]
Values: TypeAlias = Float[np.ndarray, "height width 3"]

STRENGTHS = 3
LUMA = np.array([0.299, 0.587, 0.114])


def degrade(kind: str, strength: int, photo: Photo, key: int = 0) -> Photo:
    """Return the photograph made worse, 1 mildly to 3 strongly; 0 leaves it as it is. The same key
    is the same noise. Raises `ConfigError` for a kind or a strength that there is not, and
    `MissingExtra` for JPEG without Pillow.
    """
    if kind not in ALL:
        raise unknown("kind of degradation", kind, ALL, "degrade")
    if not 0 <= strength <= STRENGTHS:
        raise ConfigError(
            f"a strength of {strength}", where="degrade", hint=f"use 0 to {STRENGTHS}"
        )
    if strength == 0:
        return photo
    return ALL[kind](photo, strength - 1, np.random.default_rng(key))


def blurred(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it out of focus: a Gaussian of 1, 2 or 4 pixels."""
    del rng
    sigma = (1.0, 2.0, 4.0)[step]
    return _bytes(ndimage.gaussian_filter(photo.astype(np.float32), (sigma, sigma, 0)))


def noisy(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with the noise of a sensor: Gaussian, of 10, 20 or 40 of 255."""
    return _bytes(photo + (10.0, 20.0, 40.0)[step] * rng.standard_normal(photo.shape))


def darkened(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with 0.6, 0.4 or 0.25 of its light."""
    del rng
    return _bytes(photo * (0.6, 0.4, 0.25)[step])


def flattened(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with 0.6, 0.4 or 0.2 of its contrast about its mean."""
    del rng
    mean = photo.mean()
    return _bytes(mean + (0.6, 0.4, 0.2)[step] * (photo - mean))


def compressed(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return what a JPEG of quality 30, 15 or 7 keeps of it. Raises `MissingExtra`."""
    del rng
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtra(
            "Pillow writes JPEG, and is not installed", where="degrade", hint="pip install pillow"
        ) from error
    file = BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=(30, 15, 7)[step])
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


def moved(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it as a camera that moved saw it: smeared along 5, 9 or 17 pixels, some way."""
    length, angle = (5, 9, 17)[step], rng.uniform(0, np.pi)
    kernel, middle = np.zeros((length, length, 1), np.float32), (length - 1) / 2
    for along in np.linspace(-middle, middle, 4 * length):
        row, column = np.rint(middle + along * np.array([np.sin(angle), np.cos(angle)])).astype(int)
        kernel[row, column] = 1
    return _bytes(ndimage.convolve(photo.astype(np.float32), kernel / kernel.sum()))


def coarsened(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it in blocks of 2, 4 or 8 pixels, each the mean of what it covers."""
    del rng
    block = (2, 4, 8)[step]
    height, width = (-(-n // block) * block for n in photo.shape[:2])
    room = ((0, height - photo.shape[0]), (0, width - photo.shape[1]), (0, 0))
    whole = np.pad(photo.astype(np.float32), room, mode="edge")
    means = whole.reshape(height // block, block, width // block, block, 3).mean(axis=(1, 3))
    large = np.repeat(np.repeat(means, block, 0), block, 1)
    return _bytes(large[: photo.shape[0], : photo.shape[1]])


def overexposed(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with 1.5, 2.2 or 3.5 times its light: what is bright is lost in white."""
    del rng
    return _bytes(photo * (1.5, 2.2, 3.5)[step])


def specked(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with 1, 4 or 12 of a hundred pixels black or white."""
    toss = rng.random(photo.shape[:2])
    share = (0.01, 0.04, 0.12)[step]
    specks = np.where(toss < share / 2, 0, 255)[..., None]
    return np.where(toss[..., None] < share, specks, photo).astype(np.uint8)


def faded(photo: Photo, step: int, rng: np.random.Generator) -> Photo:
    """Return it with 0.6, 0.3 or none of its colour."""
    del rng
    grey = (photo @ LUMA)[..., None]
    return _bytes(grey + (0.6, 0.3, 0.0)[step] * (photo - grey))


Degradation: TypeAlias = Callable[[Photo, int, np.random.Generator], Photo]

KINDS: dict[str, Degradation] = {
    "blur": blurred,
    "noise": noisy,
    "darkening": darkened,
    "contrast loss": flattened,
    "JPEG": compressed,
}
OTHERS: dict[str, Degradation] = {
    "motion blur": moved,
    "pixelation": coarsened,
    "overexposure": overexposed,
    "salt and pepper": specked,
    "fading": faded,
}
ALL = KINDS | OTHERS


def _bytes(values: Values) -> Photo:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
