"""Real typefaces: a class is a character, its items are the faces that have it.

Characters are split by script, so that the alphabets of the test are unseen: Latin, Greek and
Cyrillic are learned from, Hebrew is chosen by, Arabic, Devanagari and Thai are tested on. Only
letters count (no digits, no combining marks), each drawn alone; the joining forms of Arabic that
Unicode names are characters too.

A picture is 28 x 28, ink 255 on ground 0: the glyph at 20 pixels an em, middle on middle, smaller
only where it would not fit. So an o and an O differ in size, as they do in writing. Two faces that
draw a character the same are one item; a character that is mostly drawn as an earlier one of the
same face (a Greek or a Cyrillic A as the Latin) is no class of its own; a box for a missing
glyph is no item.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from ontogeny.core.cache import Made, remembered
from ontogeny.core.errors import ConfigError, DataError, MissingExtra
from ontogeny.worlds.classes.few_shot import Splits, split_by
from ontogeny.worlds.classes.typefaces import (
    PACKAGES,
    Face,
    folder_fonts,
    packaged_fonts,
    read_faces,
)

SCRIPTS: dict[str, tuple[str, ...]] = {
    "train": ("latin", "greek", "cyrillic"),
    "validation": ("hebrew",),
    "test": ("arabic", "devanagari", "thai"),
}
SIZE, EM, MARGIN = 28, 20, 1
FORMAT = 1  # of what is remembered: raise it when a rule below changes


class Glyphs(NamedTuple):
    """The pictures of every character, those of a character behind one another."""

    pictures: UInt8[np.ndarray, "item 28 28"]
    names: tuple[str, ...]
    scripts: tuple[str, ...]
    sizes: tuple[int, ...]
    faces: int
    """How many faces were drawn."""
    families: int
    """Of how many families they are."""

    def groups(self) -> dict[str, UInt8[np.ndarray, "item 28 28"]]:
        """Return the pictures of every character by its Unicode name."""
        ends = np.cumsum(self.sizes)
        return dict(zip(self.names, np.split(self.pictures, ends[:-1]), strict=True))


def glyphs(
    *,
    least: int = 16,
    most: int = 32,
    families: int = 3,
    scripts: Mapping[str, Sequence[str]] = SCRIPTS,
    packages: Mapping[str, str] = PACKAGES,
    folders: Sequence[Path | str] = (),
) -> Splits:
    """Return the characters that at least `least` faces of `families` families draw differently, at
    most `most` faces each, families in turn.

    Drawing takes seconds, once: the pictures are kept in the cache folder under the packages'
    versions. `folders` adds typefaces of one's own; `packages` may be empty then. Raises
    `MissingExtra` when a package is not installed, `DataError` for a script without characters, and
    `ConfigError` for a script in two parts.

    >>> packages = dict.fromkeys(["fontpkg-kanit", "fontpkg-almarai", "fontpkg-heebo"], "ttf$")
    >>> scripts = {"train": ["thai"], "validation": ["arabic"], "test": ["hebrew"]}
    >>> splits = og.glyphs(least=2, most=2, families=1, scripts=scripts, packages=packages)
    >>> splits.train.items.shape[1:], splits.names["test"][0]
    ((28, 28), 'HEBREW LETTER ALEF')
    """
    return splits_of(draw_glyphs(least, most, families, scripts, packages, folders), scripts)


def splits_of(drawn: Glyphs, scripts: Mapping[str, Sequence[str]]) -> Splits:
    """Return the characters of the scripts of "train", "validation" and "test"."""
    parts: dict[str, list[str]] = {}
    for part in ("train", "validation", "test"):
        named = zip(drawn.names, drawn.scripts, strict=True)
        parts[part] = [name for name, script in named if script in scripts[part]]
        if not parts[part]:
            raise DataError(
                f"no character of {', '.join(scripts[part])} is drawn by enough faces",
                where="glyphs",
                hint="ask for fewer (least, families), or give folders with more typefaces",
            )
    return split_by("glyphs", drawn.groups(), **parts)


def draw_glyphs(
    least: int = 16,
    most: int = 32,
    families: int = 3,
    scripts: Mapping[str, Sequence[str]] = SCRIPTS,
    packages: Mapping[str, str] = PACKAGES,
    folders: Sequence[Path | str] = (),
) -> Glyphs:
    """Return the pictures behind `glyphs`, from the cache folder where they are. Raises as it
    does.
    """
    wanted = [script for part in scripts.values() for script in part]
    if len(set(wanted)) < len(wanted) or not 1 <= least <= most or families < 1:
        raise ConfigError(
            f"scripts {wanted}, least {least}, most {most}, families {families}",
            where="glyphs",
            hint="a script belongs to one part; 1 <= least <= most; at least 1 family",
        )
    paths, versions = packaged_fonts(packages)
    own = [path for folder in folders for path in folder_fonts(folder)]
    stamp = {
        "format": FORMAT,
        "settings": [least, most, families, *sorted(wanted)],
        "packages": versions,
        "patterns": dict(packages),
        "files": [[str(p), p.stat().st_size, p.stat().st_mtime_ns] for p in own],
        "drawn by": _renderer(),
    }
    made = remembered(
        "glyphs", stamp, lambda: _draw(read_faces([*paths, *own]), wanted, least, most, families)
    )
    said = made.about
    return Glyphs(
        made.arrays["pictures"],
        tuple(said["names"]),
        tuple(said["scripts"]),
        tuple(said["sizes"]),
        said["faces"],
        said["families"],
    )


def script_of(code: int) -> str | None:
    """Return the script of a letter in lower case, None for what is no letter of any.

    The first word of a letter's Unicode name is its script ("GREEK SMALL LETTER ALPHA").
    """
    if unicodedata.category(chr(code)) not in ("Lu", "Ll", "Lo"):
        return None
    return unicodedata.name(chr(code), "").partition(" ")[0].lower() or None


def _draw(faces: list[Face], scripts: list[str], least: int, most: int, families: int) -> Made:
    codes = sorted({code for face in faces for code in face.characters})
    script = {code: found for code in codes if (found := script_of(code)) in scripts}
    drawings: dict[int, dict[bytes, int]] = {code: {} for code in script}  # picture to its face
    copies = dict.fromkeys(script, 0)
    for number, face in enumerate(faces):
        seen: set[bytes] = set()
        for code, picture in _pictures(face, sorted(script.keys() & face.characters)):
            if picture in seen:
                copies[code] += 1
            else:
                seen.add(picture)
                drawings[code].setdefault(picture, number)
    kept: dict[int, list[bytes]] = {}
    for code, drawn in drawings.items():
        own = {faces[number].family for number in drawn.values()}
        if len(drawn) >= least and len(own) >= families and copies[code] <= len(drawn):
            kept[code] = _in_turn(drawn, faces)[:most]
    raw = b"".join(picture for pictures in kept.values() for picture in pictures)
    pictures = np.frombuffer(raw, np.uint8).reshape(-1, SIZE, SIZE)
    about = {
        "names": [unicodedata.name(chr(code)) for code in kept],
        "scripts": [script[code] for code in kept],
        "sizes": [len(pictures) for pictures in kept.values()],
        "faces": len(faces),
        "families": len({face.family for face in faces}),
    }
    return Made({"pictures": pictures}, about)


def _in_turn(drawn: Mapping[bytes, int], faces: Sequence[Face]) -> list[bytes]:
    """Return the pictures so that every family comes before any comes again."""
    rank: dict[str, int] = {}
    places: list[tuple[int, int, bytes]] = []
    for picture, number in sorted(drawn.items(), key=lambda item: item[1]):
        family = faces[number].family
        rank[family] = rank.get(family, -1) + 1
        places.append((rank[family], number, picture))
    return [picture for *_, picture in sorted(places)]


def _pictures(face: Face, codes: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return (character, picture) of the characters that the face draws."""
    image_font = _pillow()

    def at(size: int) -> Any:
        font = image_font.truetype(face.path, size, layout_engine=image_font.Layout.BASIC)
        if face.axes is not None:
            font.set_variation_by_axes(list(face.axes))
        return font

    fonts = {EM: at(EM)}
    box = _ink(fonts[EM], "\U0010ffff")  # nobody's character: the face draws what it lacks
    drawn: list[tuple[int, bytes]] = []
    for code in codes:
        ink = _ink(fonts[EM], chr(code))
        room = SIZE - 2 * MARGIN
        size = EM
        while max(ink.shape) > room:
            size = min(size - 1, size * room // max(ink.shape))
            ink = _ink(fonts.setdefault(size, at(size)), chr(code))
        if ink.size == 0 or not ink.any() or np.array_equal(ink, box):
            continue
        drawn.append((code, _centred(ink).tobytes()))
    return drawn


def _ink(font: Any, character: str) -> UInt8[np.ndarray, "height width"]:
    mask = font.getmask(character, mode="L")
    box = mask.getbbox()  # of what is not blank
    if box is None:
        return np.zeros((0, 0), np.uint8)
    left, top, right, bottom = box
    return np.array(mask.crop(box), np.uint8).reshape(bottom - top, right - left)


def _centred(ink: UInt8[np.ndarray, "height width"]) -> UInt8[np.ndarray, "28 28"]:
    picture = np.zeros((SIZE, SIZE), np.uint8)
    top, left = ((SIZE - n) // 2 for n in ink.shape)
    picture[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return picture


def _pillow() -> Any:
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise MissingExtra(
            "Pillow draws the glyphs, and is not installed",
            where="glyphs",
            hint="pip install 'ontogeny[glyphs]'",
        ) from error
    return ImageFont


def _renderer() -> str:
    _pillow()
    from PIL import __version__, features

    return f"Pillow {__version__}, FreeType {features.version('freetype2')}"
