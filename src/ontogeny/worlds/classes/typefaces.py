"""Typefaces on this machine: those that packages ship, and those in a folder of one's own.

A face is one style of a family: a file, or, in a variable font, a place on its axis of weight.
Of each family the faces nearest to light, regular and bold are taken, upright and italic: nine
weights of one design would be nearly the same picture nine times.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ontogeny.core.errors import DataError, MissingExtra

WEIGHTS = (300, 400, 700)
FILES = re.compile(r"\.(ttf|otf)$", re.IGNORECASE)
FAMILIES = """
almarai amiri arimo assistant baloo-2 cairo cardo caveat chakra-petch comfortaa cormorant
eb-garamond exo-2 frank-ruhl-libre heebo hind ibm-plex-sans-arabic kalam kanit literata lobster
mukta noto-kufi-arabic noto-serif oswald pacifico play playfair-display poppins press-start-2p
prompt rajdhani roboto-slab rubik russo-one sarabun source-code-pro tajawal teko varela-round
vollkorn
"""
# Matplotlib ships more, whose symbols sit in the places of Latin letters.
PACKAGES: dict[str, str] = {
    "matplotlib": r"/(DejaVu(Sans|SansMono|Serif)(-\w+)?|STIXGeneral\w*)\.ttf$",
    "manimgx-fonts": r"/NotoSans[A-Z\[-].*\.ttf$",
    **{f"fontpkg-{name}": r"\.ttf$" for name in FAMILIES.split()},
}


class Face(NamedTuple):
    """One style of a family, and the characters that it has."""

    path: Path
    family: str
    weight: int
    italic: bool
    axes: tuple[float, ...] | None
    """Where on a variable font's axes the face lies; None for a font that does not vary."""
    characters: frozenset[int]


def packaged_fonts(packages: Mapping[str, str] = PACKAGES) -> tuple[list[Path], dict[str, str]]:
    """Return the font files of the installed packages, and the packages' versions.

    `packages` gives for each the expression that its files match. Raises `MissingExtra` naming the
    packages that are not there, `DataError` for one without such files.
    """
    files: list[Path] = []
    versions: dict[str, str] = {}
    missing: list[str] = []
    for package, pattern in packages.items():
        try:
            there = importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
            continue
        versions[package] = there.version
        found = [file for file in there.files or [] if re.search(pattern, str(file))]
        if not found:
            raise DataError(
                f"no file of {package} {there.version} is a typeface like {pattern}",
                where="typefaces",
                hint="install it with pip, or leave it out of `packages`",
            )
        files += sorted(Path(str(there.locate_file(file))) for file in found)
    if missing:
        raise MissingExtra(
            f"{len(missing)} of {len(packages)} packages with typefaces are not installed "
            f"({', '.join(missing[:3])}{', …' if len(missing) > 3 else ''})",
            where="typefaces",
            hint="pip install 'ontogeny[glyphs]'",
        )
    return files, versions


def folder_fonts(folder: Path | str) -> list[Path]:
    """Return the font files under a folder. Raises `DataError` when there are none."""
    found = sorted(path for path in Path(folder).rglob("*") if FILES.search(path.name))
    if not found:
        raise DataError(
            "there is no .ttf or .otf file", where=str(folder), hint="give a folder with typefaces"
        )
    return found


def read_faces(paths: Iterable[Path]) -> list[Face]:
    """Return the faces of the files, sorted by family. A file that is no font is a `DataError`."""
    try:
        from fontTools.ttLib import TTFont, TTLibError
    except ImportError as error:
        raise MissingExtra(
            "fontTools reads what a font has, and is not installed",
            where="typefaces",
            hint="pip install 'ontogeny[glyphs]'",
        ) from error
    faces: list[Face] = []
    for path in paths:
        try:
            with path.open("rb") as file, TTFont(file, lazy=True) as font:
                faces += _faces(path, font)
        except (TTLibError, OSError, KeyError, AssertionError) as error:
            raise DataError(
                f"this is no font ({error})", where=str(path), hint="leave the file out"
            ) from error
    return _chosen(faces)


def _faces(path: Path, font: Any) -> list[Face]:
    table: dict[int, str] = font.getBestCmap() or {}
    characters = frozenset(code for code, glyph in table.items() if glyph != ".notdef")
    family = str(font["name"].getBestFamilyName() or path.stem)
    italic = bool(font["head"].macStyle & 2) or "italic" in path.stem.lower()
    if "fvar" not in font:
        weight = int(font["OS/2"].usWeightClass) if "OS/2" in font else 400
        return [Face(path, family, weight, italic, None, characters)]
    axes = font["fvar"].axes
    weights = next(((a.minValue, a.maxValue) for a in axes if a.axisTag == "wght"), (400, 400))
    places = sorted({int(min(max(weight, weights[0]), weights[1])) for weight in WEIGHTS})
    return [
        Face(
            path,
            family,
            weight,
            italic,
            tuple(float(weight if a.axisTag == "wght" else a.defaultValue) for a in axes),
            characters,
        )
        for weight in places
    ]


def _chosen(faces: list[Face]) -> list[Face]:
    """Return of each family, upright and italic apart, the faces nearest to the wanted weights."""
    families: dict[tuple[str, bool], list[Face]] = {}
    for face in faces:
        families.setdefault((face.family, face.italic), []).append(face)
    chosen: list[Face] = []
    for _, family in sorted(families.items()):
        near = {
            min(range(len(family)), key=lambda i, w=wanted: (abs(family[i].weight - w), i))
            for wanted in WEIGHTS
        }
        chosen += [family[i] for i in sorted(near)]
    return chosen
