"""A run's note: what a person wants to know of it later, a text file in its folder.

It is no part of what was recorded, so it may be written while the run grows, and changed after.
"""

from __future__ import annotations

from pathlib import Path

from ontogeny.core.config import whole
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import inside, read_regular, remove, replace_file

FILE = "note.txt"
MOST = 4000  # characters


def check_note(text: object, where: str) -> str:
    """Return the note as it is kept, without the space around it. Raises `ConfigError` for what is
    no text, or is a book.
    """
    if not isinstance(text, str):
        raise ConfigError(f"note is {text!r:.60}", where=where, hint="give it as text")
    kept = text.strip().encode("utf-8", "backslashreplace").decode()
    whole(len(kept), "the number of its characters", where, 0, MOST)
    return kept


def write_note(folder: Path, text: str) -> None:
    """Note the text of the run in `folder`, in place of what was noted; "" removes that. Raises
    `StoreError` when it can't be written.
    """
    kept, path = check_note(text, "note"), inside(folder, FILE)
    if not kept:
        remove(path)
        return
    with replace_file(path, "note it") as part:
        part.write_text(f"{kept}\n", encoding="utf-8")


def read_note(folder: Path) -> str:
    """Return what is noted of the run in `folder`; "" for nothing, and for what can't be read."""
    try:
        told = read_regular(folder / FILE)
    except OSError:
        return ""
    return told.decode("utf-8", "replace").strip()[:MOST]
