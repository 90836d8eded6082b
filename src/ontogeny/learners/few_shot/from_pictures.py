"""A meta-learned classifier on a person's own few pictures: folders are classes.

    told = adapt(product, "support", "query")
    told.answers[0].file, told.answers[0].best, told.answers[0].probabilities

Any product can be adapted that is a `TellsPictures`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.core.product import Adaptable
from ontogeny.learners.few_shot.folders import folder_notes, support_files
from ontogeny.learners.pictures_given import left_out_notes, named, pictures_given
from ontogeny.worlds.photos.images import ink_square, look_at


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
    left_out: dict[Path, str]
    """What else lies in the two folders, and why it was not taken."""

    @property
    def accuracy(self) -> float | None:
        """Of the pictures whose class is known, the share that is told right; None for none."""
        known = [answer for answer in self.answers if answer.truth is not None]
        return float(np.mean([a.best == a.truth for a in known])) if known else None


def adapt(product: Any, support: Path | str, query: Path | str) -> Told:
    """Return what the product thinks of the pictures in `query` (a folder, or one file) after
    learning from those in `support`, whose folders are the classes.

    Pictures of other sizes are fitted to the product's; where classes have different numbers of
    pictures, those of the smaller are taken again in turn. A query in a folder with a class's name
    is of that class, and counts for the accuracy; it is noted where it is in the support too. All
    that was not taken is listed in `left_out`. Raises `ConfigError` for a product that can't be
    adapted to pictures, `DataError` for a support of fewer than two classes, an empty folder, and
    a support picture that can't be read or is of one colour; such queries are left `unread`.

    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from ontogeny.learners.few_shot.classifier import FewShotClassifier
    >>> from ontogeny.learners.few_shot.prototypes import PrototypesConfig
    >>> from ontogeny.worlds.classes.random_features import RandomFeatures
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
    support, query = Path(support).expanduser(), Path(query).expanduser()
    look = _Look(_seen_size(product))
    of_class, beside = support_files(support)
    asked = pictures_given(query, "ask about")
    pictures = {name: [look(file) for file in files] for name, files in of_class.items()}
    queries: dict[Path, UInt8[np.ndarray, "height width"]] = {}
    unread: dict[Path, str] = {}
    for file in asked.taken:
        try:
            queries[file] = look(file)
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
    answers = [
        _answer(file, row, list(of_class))
        for file, row in zip(queries, np.exp(log_probabilities.astype(np.float64)), strict=True)
    ]
    notes = [
        *look.notes(),
        *_notes(of_class, product.ways),
        *folder_notes(query, queries, of_class),
        *_twice(look.prints, of_class, queries),
        *left_out_notes("support", beside),
        *left_out_notes("queries", asked.left_out),
    ]
    classes = {name: len(files) for name, files in of_class.items()}
    return Told(classes, answers, unread, notes, beside | asked.left_out)


class _Look:
    """Reads pictures as the product sees them, and remembers what was made of them."""

    def __init__(self, size: int):
        self.size, self.fitted = size, 0
        self.made: Counter[str] = Counter()
        self.prints: dict[Path, bytes] = {}

    def __call__(self, file: Path) -> UInt8[np.ndarray, "height width"]:
        colour, made = look_at(file)
        square = ink_square(colour, self.size)
        if square.min() == square.max():
            raise DataError("the picture is of one colour", where=str(file), hint="leave it out")
        self.fitted += colour.shape[:2] != square.shape
        self.made.update(made)
        self.prints[file] = blake2b(repr(colour.shape).encode() + colour.tobytes()).digest()
        return square

    def notes(self) -> list[str]:
        """Return what was made of how many."""
        size = f"fitted to {self.size} x {self.size} pixels: {self.fitted} of other sizes"
        return [size] * bool(self.fitted) + [f"{what}: {n}" for what, n in self.made.items()]


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


def _in_turn(
    pictures: list[UInt8[np.ndarray, "height width"]], shots: int
) -> UInt8[np.ndarray, "shot height width"]:
    return np.stack([pictures[i % len(pictures)] for i in range(shots)])


def _answer(file: Path, probabilities: Float[np.ndarray, " way"], names: list[str]) -> Answer:
    truth = file.parent.name if file.parent.name in names else None
    by_name = dict(zip(names, map(float, probabilities), strict=True))
    return Answer(file, names[int(np.argmax(probabilities))], by_name, truth)


def _notes(of_class: dict[str, list[Path]], ways: int | None) -> list[str]:
    """Return what is to be known of the classes."""
    shots = max(map(len, of_class.values()))
    short = [name for name, files in of_class.items() if len(files) < shots]
    notes: list[str] = []
    if short:
        notes.append(f"classes with fewer than {shots} pictures repeat theirs: {', '.join(short)}")
    if ways is not None and ways < len(of_class):
        many = f"there are {len(of_class)} classes, and it was grown to tell {ways} apart"
        notes.append(f"{many}: expect less")
    return notes


def _twice(
    prints: dict[Path, bytes], of_class: dict[str, list[Path]], asked: Iterable[Path]
) -> list[str]:
    """Return which pictures were both learned and asked about, or are of two classes."""
    learned: dict[bytes, set[str]] = {}
    for name, files in of_class.items():
        for file in files:
            learned.setdefault(prints[file], set()).add(name)
    known = [file.name for file in asked if prints[file] in learned]
    both = [" and ".join(sorted(names)) for names in learned.values() if len(names) > 1]
    told = f"in the support too, so that they say nothing of new pictures: {named(known)}"
    return [told] * bool(known) + [f"the same picture in {one}" for one in both]
