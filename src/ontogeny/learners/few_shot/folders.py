"""A person's folders of pictures that are classes to learn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ontogeny.core.errors import DataError
from ontogeny.learners.pictures_given import named, reasons
from ontogeny.worlds.photos.images import hidden, list_pictures


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
                f"class {name!r} has no pictures{reasons(found, there)}",
                where=str(folder / name),
                hint="put a picture there, or take the folder away",
            )
    return of_class, stray | found.left_out


def folder_notes(query: Path, asked: Iterable[Path], classes: Iterable[str]) -> list[str]:
    """Return which folders of the query are no class, so that their pictures count for nothing."""
    places = {file.parent.name for file in asked if file.parent not in (query, query.parent)}
    odd = sorted(places - set(classes))
    return [f"not counted, for their folder is no class: {named(odd)}"] * bool(odd)
