"""Omniglot from a folder: 1,623 hand-written characters of 50 alphabets, 20 writers each.

The folder holds `images_background` (30 alphabets, to learn from) and `images_evaluation` (20, to
test on) as published: ALPHABET/CHARACTER/NNNN_MM.png. The data are not shipped and not fetched.

Source: Lake, Salakhutdinov, Tenenbaum 2015 (Science 350:1332).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.classes.few_shot import Splits, split_by
from ontogeny.worlds.photos.images import ink_square, picture_files, read_picture


def omniglot(folder: Path | str, *, size: int = 28, validation_alphabets: int = 5) -> Splits:
    """Return the characters, ink 255 on ground 0, the parts apart by alphabet. Of the background's
    alphabets the last by name are for validation.

    Four times as many classes, each also turned: `few_shot.turned(splits.train)`. Raises
    `DataError` for a folder that is missing or empty and for a file that can't be read,
    `ConfigError` when no alphabet is left to learn from.

    >>> splits = og.omniglot("data/omniglot")  # doctest: +SKIP
    >>> splits.train.items.shape[1:], len(splits.names["test"])  # doctest: +SKIP
    ((28, 28), 659)
    """
    root = Path(folder)
    background = _alphabets(root / "images_background")
    evaluation = _alphabets(root / "images_evaluation")
    if not 0 < validation_alphabets < len(background):
        raise ConfigError(
            f"{validation_alphabets} of {len(background)} alphabets are for validation",
            where="omniglot",
            hint=f"use 1 to {len(background) - 1}",
        )
    parts = {
        "train": background[:-validation_alphabets],
        "validation": background[-validation_alphabets:],
        "test": evaluation,
    }
    groups: dict[str, UInt8[np.ndarray, "item height width"]] = {}
    named: dict[str, list[str]] = {}
    for part, alphabets in parts.items():
        found = {name: p for alphabet in alphabets for name, p in _read(alphabet, size).items()}
        named[part] = list(found)
        groups |= found
    return split_by("omniglot", groups, **named)


def _alphabets(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not found:
        raise DataError(
            "there are no alphabets",
            where=str(folder),
            hint="give the folder that holds images_background and images_evaluation, unpacked",
        )
    return found


def _read(alphabet: Path, size: int) -> dict[str, UInt8[np.ndarray, "item height width"]]:
    characters: dict[str, UInt8[np.ndarray, "item height width"]] = {}
    for character in sorted(path for path in alphabet.iterdir() if path.is_dir()):
        files = picture_files(character)
        if not files:
            raise DataError("there are no pictures of this character", where=str(character))
        name = f"{alphabet.name}/{character.name}"
        characters[name] = np.stack([ink_square(read_picture(file), size) for file in files])
    return characters
