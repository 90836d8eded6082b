"""A person's folders of pictures: which are classes to learn, which pictures are asked about, and
what is left out and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ontogeny.core.errors import DataError
from ontogeny.worlds.images import HIDDEN, Listing, hidden, list_pictures

NAMED = 5  # files that a sentence names


def support_files(folder: Path) -> tuple[dict[str, list[Path]], dict[Path, str]]:
    """Return the pictures of each class, and what else there is and why it is left out."""
    found = list_pictures(folder)
    of_class: dict[str, list[Path]] = {}
    if folder.is_dir():
        places = (one for one in folder.iterdir() if one.is_dir() and not hidden(one))
        of_class = {place.name: [] for place in sorted(places)}
    stray = {file: "in no class's folder" for file in found.taken if file.parent == folder}
    for file in found.taken:
        if file not in stray:
            of_class[file.parent.name].append(file)
    if len(of_class) < 2:
        raise DataError(
            f"there {'is 1 folder' if of_class else 'are no folders'} with pictures to learn from",
            where=str(folder),
            hint="give a folder with a folder of pictures for each class, two or more",
        )
    for name, files in of_class.items():
        if not files:
            there = [place for place in found.left_out if folder / name in place.parents]
            raise DataError(
                f"class {name!r} has no pictures{_reasons(found, there)}",
                where=str(folder / name),
                hint="put a picture there, or take the folder away",
            )
    return of_class, stray | found.left_out


def query_files(place: Path) -> Listing:
    """Return the pictures to ask about: those in the folder, then those in its folders."""
    found = list_pictures(place)
    if not found.taken:
        raise DataError(
            f"there are no pictures to ask about{_reasons(found, found.left_out)}",
            where=str(place),
            hint="PNG, JPEG, WebP, BMP, GIF and TIFF files are read",
        )
    return found


def _reasons(found: Listing, places: Iterable[Path]) -> str:
    """Return what is there instead of pictures, if anything."""
    said = [f"{place.name} is left out, {found.left_out[place]}" for place in places]
    return f" ({'; '.join(said[:NAMED])})" if said else ""


def folder_notes(query: Path, asked: Iterable[Path], classes: Iterable[str]) -> list[str]:
    """Return which folders of the query are no class, so that their pictures count for nothing."""
    places = {file.parent.name for file in asked if file.parent not in (query, query.parent)}
    odd = sorted(places - set(classes))
    return [f"not counted, for their folder is no class: {named(odd)}"] * bool(odd)


def left_out_notes(where: str, left_out: dict[Path, str]) -> list[str]:
    """Return what was left out, and why; what is hidden is only listed."""
    by_reason: dict[str, list[str]] = {}
    for file, why in left_out.items():
        by_reason.setdefault(why, []).append(file.name)
    by_reason.pop(HIDDEN, None)
    return [f"left out of the {where}, {why}: {named(names)}" for why, names in by_reason.items()]


def named(names: list[str]) -> str:
    """Return the names, the first few of many."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
