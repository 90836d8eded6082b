"""`memory`: a person's own pictures in a grown memory: written, added, erased, and read back."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import tyro

from ontogeny.cli.words import RunName, parse, say
from ontogeny.core.errors import ConfigError, StoreError, unknown
from ontogeny.core.files import absolute
from ontogeny.core.text import quoted

if TYPE_CHECKING:
    from ontogeny.learners.memory.picture_memory import PictureMemory

Folder: TypeAlias = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]
Image: TypeAlias = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="IMAGE")]
Written: TypeAlias = Annotated[
    str, tyro.conf.Positional, tyro.conf.arg(metavar="FILE", help="What `memory write` wrote.")
]


@dataclass(frozen=True)
class Writing:
    """Store the pictures of a folder, and no others: the middle square of each, made small."""

    run: RunName
    """A run of a memory of pictures, or a memory that was written before."""
    folder: Folder
    """Pictures, in a folder and its folders."""
    out: Path
    """Where to write the memory: a folder that Ontogeny reads."""
    names_only: bool = False
    """Keep no small originals beside the memory: nothing can then be said of what is nearest."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True)
class Changing:
    """A memory, and pictures that are to be stored in it as well, or no more."""

    file: Written
    folder: Folder
    """Pictures, in a folder and its folders."""
    out: Path
    """Where to write the memory after that; it may be where it is now."""
    json: bool = False
    """Print one JSON object."""


@dataclass(frozen=True)
class Reading:
    """Ask a memory with a picture, broken perhaps, and draw what comes: the query, every step of
    reading, the answer, and the stored picture that is nearest to it.
    """

    file: Written
    image: Image
    """The picture to ask with."""
    out: Path
    """The PNG to write."""
    known: Path | None = None
    """A mask as large as the picture, white where that is right, and held; nothing is held without
    one."""
    json: bool = False
    """Print one JSON object."""


SUB_VERBS: dict[str, tuple[str, str]] = {
    "write": ("RUN FOLDER --out FILE", "store the pictures of a folder"),
    "read": ("FILE IMAGE --out IMAGE", "what a picture, broken perhaps, leads to"),
    "add": ("FILE FOLDER --out FILE", "store more pictures"),
    "erase": ("FILE FOLDER --out FILE", "undo the storing of pictures"),
}


def memory(arguments: list[str]) -> int:
    """Do what the word after `memory` says."""
    word, *rest = arguments or ["--help"]
    if word in ("-h", "--help"):
        lines = [f"  {f'{name} {words}':34}{said}" for name, (words, said) in SUB_VERBS.items()]
        print(
            "\n".join(["usage: ontogeny memory …", "", *lines, "", "Each takes --json and --help."])
        )
        return 0
    if word not in SUB_VERBS:
        raise unknown("verb of memory", word, SUB_VERBS, otherwise="see: ontogeny memory --help")
    return {"write": _write, "read": _read}.get(word, lambda rest: _change(word, rest))(rest)


def _write(arguments: list[str]) -> int:
    chosen = parse(Writing, "memory write", arguments)
    return _store("write", chosen.run, chosen.folder, chosen.out, chosen.json, chosen.names_only)


def _change(word: str, arguments: list[str]) -> int:
    about = (
        f"{SUB_VERBS[word][1].capitalize()}. Where originals were kept all that is to be stored is "
        "written anew, together; without them what is there suffers."
    )
    chosen = parse(Changing, f"memory {word}", arguments, about)
    return _store(word, chosen.file, chosen.folder, chosen.out, chosen.json)


def _store(
    word: str, name: str, folder: Path, out: Path, as_json: bool, names_only: bool = False
) -> int:
    """Write, add or erase the folder's pictures, write the memory, and say how well it gives back
    what it holds.
    """
    from ontogeny.learners.memory.from_pictures import read_pictures
    from ontogeny.runtime.machine import prepare

    out = _new_memory(out)
    prepare(1)
    before = _opened(name)
    given = read_pictures(folder, before.memory.shape)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        after: PictureMemory = getattr(before, word)(given)
    held = after.originals
    if held is None and word == "add":  # the others are not at hand
        held = given.pixels
    told = None if held is None or not len(held) else after.recalled(held)
    (after.without_originals() if names_only else after).save(out)
    notes = [*given.notes, *(str(one.message) for one in warned)]
    answer = {
        "memory": str(out),
        "patterns": after.memory.count,
        "grown_for": after.memory.n,
        "numbers": after.memory.n_numbers,
        "names": list(after.names),
        "error": told and told.whole,
        "error_of_halves": told and told.half,
        "error_of_halves_before": told and told.half_before,
        "originals": after.originals is not None and not names_only,
        "unread": {str(file): why for file, why in given.unread.items()},
        "left_out": {str(file): why for file, why in given.left_out.items()},
        "notes": notes,
    }

    def text() -> str:
        from ontogeny.views.quantities import count, number

        lines = [
            f"{count(after.memory.count, 'picture')} of {list(after.memory.shape)} stored in "
            f"{count(after.memory.n_numbers, 'number')}: {out}"
        ]
        if told is not None:
            lines.append(
                f"asked with the originals, it is {number(told.whole)} off; with their upper "
                f"halves {number(told.half)}, which are {number(told.half_before)} off themselves "
                "(root mean square, pixels from 0 to 1)"
            )
        return "\n".join([*lines, *notes])

    say(answer, as_json, text, f"ontogeny memory read {quoted(str(out))} IMAGE --out answer.png")
    return 0


def _read(arguments: list[str]) -> int:
    chosen = parse(Reading, "memory read", arguments)
    from ontogeny.learners.memory.from_pictures import as_patterns, read_query
    from ontogeny.runtime.machine import prepare
    from ontogeny.views.pictures.strip import check_png, write_strip

    out = _in_a_folder(chosen.out)
    check_png(out)
    for given in (chosen.image, chosen.known):
        if given is not None and absolute(given).resolve() == out.resolve():
            raise ConfigError(
                "the picture that is asked with would be lost", where="--out", hint="name another"
            )
    prepare(1)
    kept = _opened(chosen.file)
    query, known = read_query(chosen.image, kept.memory.shape, chosen.known)
    asked = kept.ask(query, known)
    steps = len(asked.reads) - 1
    tiles, words = list(asked.reads), ["query", *(f"read {n}" for n in range(1, steps)), "answer"]
    nearest = None
    if asked.nearest is not None and kept.originals is not None:
        nearest = {
            "name": kept.names[asked.nearest],
            "distance": asked.distance,
            "distance_before": asked.distance_before,
        }
        tiles.append(as_patterns(kept.originals[asked.nearest]))
        words.append("stored")
    write_strip(tiles, words, out)
    answer = {
        "picture": str(out),
        "nearest": nearest,
        "energy": asked.energies[0],
        "energies": asked.energies,
        "strangeness": asked.strangeness,
    }

    def text() -> str:
        from ontogeny.views.quantities import number

        first, last = number(asked.energies[0]), number(asked.energies[-1])
        lines = [str(out), f"energy {first} of the query, {last} of the answer"]
        if nearest is None:
            lines.append("no originals were kept: what is nearest can't be said")
        else:
            far, before = number(asked.distance), number(asked.distance_before)
            lines += [
                f"the answer is nearest to {nearest['name']}: {far} off, and the query was "
                f"{before} (root mean square, pixels from 0 to 1)",
                f"{asked.strangeness:.0%} of the stored pictures are less strange than the query",
            ]
        return "\n".join(lines)

    say(answer, chosen.json, text)
    return 0


def _opened(name: str) -> PictureMemory:
    """Return the memory of a run, or one that was written, with what is kept beside it."""
    from ontogeny.learners.memory.picture_memory import PictureMemory, with_kept
    from ontogeny.learners.memory.product import Memory
    from ontogeny.recipes.products import load_product

    product = load_product(name)
    if not isinstance(product, Memory):
        raise ConfigError(
            f"it holds a {product.kind}, and no memory",
            where=name,
            hint="grow one that stores pictures, for example: ontogeny grow ebmm-characters",
        )
    folder = absolute(name)
    is_archive = (folder / "structure.json").is_file()
    return with_kept(product, folder) if is_archive else PictureMemory(product)


def _new_memory(out: Path) -> Path:
    """Return where a memory is to be written: nothing else may stand there."""
    from ontogeny.core.archive import read_about

    place = _in_a_folder(out)
    if place.exists():
        try:
            kind = read_about(place).get("kind")
        except StoreError:
            kind = None
        if kind != "associative memory":
            raise ConfigError(
                "something else stands there, and would be lost",
                where=str(place),
                hint="choose another name for --out",
            )
    return place


def _in_a_folder(out: Path) -> Path:
    """Return the path from the root. Raises `ConfigError` where its folder is missing."""
    place = absolute(out)
    if not place.parent.is_dir():
        raise ConfigError(
            f"there is no folder {place.parent}", where="--out", hint="make it first, with mkdir"
        )
    return place
