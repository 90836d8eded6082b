"""A meta-learned classifier on a person's own few pictures: folders are classes.

    told = adapt(product, "support", "query")
    told.answers[0].file, told.answers[0].best, told.answers[0].probabilities

Any product can be adapted that is a `TellsPictures`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.product import Adaptable
from ontogeny.worlds.images import ink_square, picture_files, read_picture


@runtime_checkable
class TellsPictures(Adaptable, Protocol):
    """A product that learns classes of pictures: `adapt(support [way, shot, feature])` returns what
    maps queries [item, feature] to log-probabilities [item, way].
    """

    @property
    def view(self) -> Any:
        """How it sees: it has a `height` and a `width`, and makes features, those that the product
        was grown on, of pictures [item, height, width] with ink 255 on ground 0. None: it sees no
        pictures.
        """
        ...

    @property
    def ways(self) -> int | None:
        """How many classes it was grown to tell apart, where that is known."""
        ...


class Answer(NamedTuple):
    """What is thought of one picture."""

    file: Path
    best: str
    probabilities: dict[str, float]
    truth: str | None
    """The name of the folder that the picture lies in, where it is a class's."""


class Told(NamedTuple):
    """What is thought of all of them, and what a person should know of how it came about."""

    classes: dict[str, int]
    """How many pictures there were to learn each class from."""
    answers: list[Answer]
    unread: dict[Path, str]
    """Pictures that could not be asked about, and why."""
    notes: list[str]

    @property
    def accuracy(self) -> float | None:
        """Of the pictures whose class is known, the share that is told right; None for none."""
        known = [answer for answer in self.answers if answer.truth is not None]
        return float(np.mean([a.best == a.truth for a in known])) if known else None


def adapt(product: Any, support: Path | str, query: Path | str) -> Told:
    """Return what the product thinks of the pictures in `query` after learning from those in
    `support`, whose folders are the classes.

    Pictures of other sizes are fitted to the product's; where classes have different numbers of
    pictures, those of the smaller are taken again in turn. A query in a folder with a class's name
    is of that class, and counts for the accuracy. Raises `ConfigError` for a product that can't be
    adapted to pictures, `DataError` for a support of fewer than two classes, an empty folder, and
    a support picture that can't be read or is of one colour; such queries are left `unread`.

    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from ontogeny.learners.few_shot.classifier import FewShotClassifier
    >>> from ontogeny.learners.few_shot.prototypes import PrototypesConfig
    >>> from ontogeny.worlds.random_features import RandomFeatures
    >>> bar, line = np.zeros((2, 12, 12), np.uint8)
    >>> bar[:, 5:7], line[5:7] = 255, 255
    >>> for file, ink in ("known/bar/1.png", bar), ("known/line/1.png", line), ("new/1.png", bar):
    ...     Path(file).parent.mkdir(parents=True)
    ...     Image.fromarray(255 - ink).save(file)
    >>> arrays = og.prototypes(n_features=32).init(jax.random.key(0))
    >>> seen = RandomFeatures(12, 12, 32)
    >>> told = og.adapt(FewShotClassifier(PrototypesConfig(), 32, arrays, seen), "known", "new")
    >>> told.answers[0].best, told.classes
    ('bar', {'bar': 1, 'line': 1})
    """
    if not isinstance(product, TellsPictures):
        raise ConfigError(
            f"a {type(product).__name__.lower()} can't be adapted to pictures",
            where="adapt",
            hint="grow one that can, for example: ontogeny grow leo",
        )
    size = _seen_size(product)
    of_class, stray = _support_files(Path(support))
    asked = _query_files(Path(query))
    fitted: list[Path] = []

    def picture(file: Path) -> UInt8[np.ndarray, "height width"]:
        colour = read_picture(file)
        square = ink_square(colour, size)
        if square.min() == square.max():
            raise DataError("the picture is of one colour", where=str(file), hint="leave it out")
        if colour.shape[:2] != square.shape:
            fitted.append(file)
        return square

    pictures = {name: [picture(file) for file in files] for name, files in of_class.items()}
    queries: dict[Path, UInt8[np.ndarray, "height width"]] = {}
    unread: dict[Path, str] = {}
    for file in asked:
        try:
            queries[file] = picture(file)
        except DataError as error:
            unread[file] = error.what
    if not queries:
        raise DataError(
            f"none of the {len(unread)} pictures can be used ({next(iter(unread.values()))})",
            where=str(query),
        )
    shots = max(map(len, pictures.values()))
    learned = product.adapt(
        product.view(np.stack([_in_turn(found, shots) for found in pictures.values()]))
    )
    log_probabilities = np.asarray(learned(product.view(np.stack(list(queries.values())))))
    notes = _notes(of_class, stray, fitted, size, shots)
    if product.ways is not None and product.ways < len(pictures):
        many = f"there are {len(pictures)} classes, and it was grown to tell {product.ways} apart"
        notes.append(f"{many}: expect less")
    answers = [
        _answer(file, row, list(of_class))
        for file, row in zip(queries, np.exp(log_probabilities.astype(np.float64)), strict=True)
    ]
    return Told({n: len(files) for n, files in of_class.items()}, answers, unread, notes)


def _seen_size(product: TellsPictures) -> int:
    """Return the side of the square pictures that the product sees."""
    if product.view is None:
        raise ConfigError(
            "this classifier was grown on features of unknown origin, and sees no pictures",
            where="adapt",
            hint="grow it on pictures, or give its own `adapt` the features",
        )
    height, width = product.view.height, product.view.width
    if height != width:
        raise ConfigError(
            f"this classifier sees pictures of {height} x {width}, and only squares are fitted",
            where="adapt",
            hint="fit the pictures yourself, and give its own `adapt` their features",
        )
    return height


def _support_files(folder: Path) -> tuple[dict[str, list[Path]], list[Path]]:
    """Return the pictures of each class, and those that lie in no class's folder."""
    stray = picture_files(folder)
    of_class = {place.name: picture_files(place) for place in _folders(folder)}
    if len(of_class) < 2:
        raise DataError(
            f"there {'is 1 folder' if of_class else 'are no folders'} with pictures to learn from",
            where=str(folder),
            hint="give a folder with a folder of pictures for each class, two or more",
        )
    for name, files in of_class.items():
        if not files:
            raise DataError(
                f"class {name!r} has no pictures",
                where=str(folder / name),
                hint="put a picture there, or take the folder away",
            )
    return of_class, stray


def _query_files(folder: Path) -> list[Path]:
    """Return the pictures to ask about: those in the folder, then those in its folders."""
    files = picture_files(folder)
    files += [file for place in _folders(folder) for file in picture_files(place)]
    if not files:
        raise DataError(
            "there are no pictures to ask about",
            where=str(folder),
            hint="PNG, JPEG, WebP, BMP, GIF and TIFF files are read",
        )
    return files


def _folders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _in_turn(
    pictures: list[UInt8[np.ndarray, "height width"]], shots: int
) -> UInt8[np.ndarray, "shot height width"]:
    return np.stack([pictures[i % len(pictures)] for i in range(shots)])


def _answer(file: Path, probabilities: Float[np.ndarray, " way"], names: list[str]) -> Answer:
    truth = file.parent.name if file.parent.name in names else None
    by_name = dict(zip(names, map(float, probabilities), strict=True))
    return Answer(file, names[int(np.argmax(probabilities))], by_name, truth)


def _notes(
    of_class: dict[str, list[Path]],
    stray: list[Path],
    fitted: list[Path],
    size: int,
    shots: int,
) -> list[str]:
    notes: list[str] = []
    if fitted:
        notes.append(f"fitted to {size} x {size} pixels: {len(fitted)} of other sizes")
    short = [name for name, files in of_class.items() if len(files) < shots]
    if short:
        notes.append(f"classes with fewer than {shots} pictures repeat theirs: {', '.join(short)}")
    if stray:
        notes.append(f"left out of the support, in no class's folder: {len(stray)}")
    return notes
