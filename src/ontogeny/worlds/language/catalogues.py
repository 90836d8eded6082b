"""Real parallel text: the messages of installed packages, and how their translators put them.

A package that speaks several languages ships its messages as catalogues: each message in English,
and beside it the translation. They are read from the installed package when they are asked for.
Cleaned, they are pairs of sentences; what stands for a value ("%s", "{name}") becomes one sign.

Source of the format: the GNU gettext manual, "The Format of GNU MO Files".
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import NamedTuple

from ontogeny.core.errors import DataError, MissingExtra

VALUE = "#"  # what a placeholder becomes
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+ #0-9.]*[a-zA-Z]|%%|\$?\{+[^{}]*\}+|\$\w+")
MNEMONIC = re.compile(r"(?<!\w)_(?=\w)")  # the key that opens a menu
UNCLEAN = re.compile(r"[<>_|\\~]|\n.*\S|https?:|&\w+;")  # markup, names of pages, several lines
FOLDS = 10  # of which one is for validation and one is for the test


class Pair(NamedTuple):
    """A message and its translation."""

    source: str
    target: str


class Parallel(NamedTuple):
    """Pairs to learn from, to choose by, and to be judged by. No message is in two of them."""

    train: list[Pair]
    validation: list[Pair]
    test: list[Pair]


def parallel_text(
    packages: tuple[str, ...], language: str, words: tuple[int, int] = (2, 8)
) -> Parallel:
    """Return the pairs of the packages' catalogues whose source has so many words, parted by
    message.

    Which part a message is in depends on itself alone. Raises `MissingExtra` for a package that is
    not installed, `DataError` when there are no pairs.
    """
    messages: dict[str, str] = {}
    for name in packages:
        for path in catalogue_files(name, language):
            messages |= read_catalogue(path.read_bytes(), str(path))
    found = part(clean(messages, words))
    if not all(found):
        raise DataError(
            f"{[len(pairs) for pairs in found]} pairs to learn from, to choose by and to judge by",
            where=f"the {language!r} catalogues of {', '.join(packages)}",
            hint="name packages that ship this language, or allow longer messages",
        )
    return found


def catalogue_files(package: str, language: str) -> list[Path]:
    """Return an installed package's compiled catalogues of the language, in the order of their
    names. Raises `MissingExtra` when it is not installed.
    """
    end = re.compile(rf"(^|/){re.escape(language)}/LC_MESSAGES/[^/]+\.mo$")
    try:
        shipped = files(package) or ()
    except PackageNotFoundError as error:
        raise MissingExtra(
            f"the package {package!r}, whose messages are to be read, is not installed",
            where="worlds.language.catalogues",
            hint="pip install 'ontogeny[translation]'",
        ) from error
    found = [file for file in shipped if end.search(file.as_posix())]
    return [Path(str(file.locate())) for file in sorted(found)]


def read_catalogue(data: bytes, where: str = "catalogue") -> dict[str, str]:
    """Return message to translation, the singular of each, from a compiled catalogue's bytes.

    A context before the message is left out. Raises `DataError` for other bytes.
    """
    try:
        order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}[data[:4]]
        _, count, originals, translations = struct.unpack_from(f"{order}4I", data, 4)

        def texts(table: int) -> list[str]:
            places = struct.unpack_from(f"{order}{2 * count}I", data, table)
            pairs = zip(places[::2], places[1::2], strict=True)
            return [data[at : at + size].decode().split("\0")[0] for size, at in pairs]

        said = zip(texts(originals), texts(translations), strict=True)
        return {message.rpartition("\x04")[2]: text for message, text in said if message}
    except (KeyError, struct.error, UnicodeDecodeError) as error:
        raise DataError(f"it is not a compiled catalogue ({error!r})", where=where) from error


def clean(messages: Mapping[str, str], words: tuple[int, int]) -> list[Pair]:
    """Return the pairs that can be learned from, in the order of their sources.

    Placeholders become `#`; what has markup or several lines, was left untranslated, or does not
    mention as many values on both sides is left out. Of sources that differ in case or punctuation
    alone, the first is kept.
    """
    kept: dict[str, Pair] = {}
    for source, target in sorted(messages.items()):
        pair = Pair(*(" ".join(_plain(text).split()) for text in (source, target)))
        bare = "".join(filter(str.isalnum, pair.source.casefold()))
        if (
            words[0] <= len(pair.source.split()) <= words[1]
            and not any(UNCLEAN.search(text) for text in map(_plain, (source, target)))
            and pair.source.count(VALUE) == pair.target.count(VALUE)
            and pair.source.casefold() != pair.target.casefold()
            and any(map(str.isalpha, pair.source))
            and any(map(str.isalpha, pair.target))
        ):
            kept.setdefault(bare, pair)
    return list(kept.values())


def part(pairs: Iterable[Pair]) -> Parallel:
    """Return the pairs, a tenth for validation and a tenth for the test, by a sum over the source's
    letters.
    """
    parts = Parallel([], [], [])
    for pair in pairs:
        bare = "".join(filter(str.isalnum, pair.source.casefold()))
        fold = zlib.crc32(bare.encode()) % FOLDS
        parts[fold + 1 if fold < 2 else 0].append(pair)
    return parts


def _plain(text: str) -> str:
    return MNEMONIC.sub("", PLACEHOLDER.sub(VALUE, text))
