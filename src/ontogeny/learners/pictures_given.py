"""A person's pictures, in a folder or alone: which are taken, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ontogeny.core.errors import DataError
from ontogeny.worlds.photos.images import HIDDEN, Listing, list_pictures

NAMED = 5  # files that a sentence names


def pictures_given(place: Path, to: str) -> Listing:
    """Return the pictures in the folder, then those in its folders, or the one that is given.
    Raises `DataError` where there are none `to` do that with.
    """
    found = list_pictures(place)
    if not found.taken:
        raise DataError(
            f"there are no pictures to {to}{reasons(found, found.left_out)}",
            where=str(place),
            hint="PNG, JPEG, WebP, BMP, GIF and TIFF files are read",
        )
    return found


def reasons(found: Listing, places: Iterable[Path]) -> str:
    """Return what is there instead of pictures, if anything."""
    said = [f"{place.name} is left out, {found.left_out[place]}" for place in places]
    return f" ({'; '.join(said[:NAMED])})" if said else ""


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
