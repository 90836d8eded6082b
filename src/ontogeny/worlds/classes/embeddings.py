"""Pictures that a network has turned into features: LEO's published files, and glyphs through a
packaged backbone.

**Published** (Rusu et al. 2018, arXiv 1807.05960): a folder with `train_embeddings.pkl`,
`val_embeddings.pkl` and `test_embeddings.pkl`, each the pickle of a dict with "keys" (n strings
`anything-class-file`, where the file's name begins with `class_`) and "embeddings" [n, 640]; other
keys are left alone. The pickles are read without running them (`worlds.pickles`).
miniImageNet has 64, 16 and 20 classes of 600 images. As in the paper, features are brought to
length 1.

**Backbone**: the characters of `worlds.classes.glyphs`, enlarged and seen by EfficientNet-Lite0 as
it was trained on ImageNet: 1280 features of length 1. Its classes are characters, not photographed
things; those of the test are of scripts that were not learned from, and the network has seen none.
"""

from __future__ import annotations

import collections
import hashlib
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped, UInt8

from ontogeny.core.cache import Made, remembered
from ontogeny.core.errors import DataError
from ontogeny.worlds.classes.few_shot import Splits, gather, split_by
from ontogeny.worlds.classes.glyphs import SCRIPTS, draw_glyphs
from ontogeny.worlds.photos.backbone import backbone_version, embed
from ontogeny.worlds.pickles import read_arrays

FILES = {"train": "train", "validation": "val", "test": "test"}
SEEN = 96  # pixels: a glyph of 28 is enlarged to it


def published_embeddings(folder: Path | str, *, train_on_validation: bool = False) -> Splits:
    """Return the classes of LEO's embedding files in the folder (the one that holds the three
    files, as `embeddings/miniImageNet/center`).

    `train_on_validation` adds the validation classes to those that are learned from, as the paper
    does for its final figures; they stay the validation classes too, so a score is then optimistic.
    Raises `DataError` for a missing or damaged file, a pickle that asks for more than arrays, keys
    that are not of the format or there twice, features that are not finite, and a class in two
    files.

    >>> splits = og.published_embeddings("embeddings/miniImageNet/center")  # doctest: +SKIP
    >>> learner = og.few_shot(og.leo(n_features=640), splits)  # doctest: +SKIP
    """
    folder = Path(folder)
    parts = {part: _published(folder / f"{stem}_embeddings.pkl") for part, stem in FILES.items()}
    groups = {name: items for part in parts.values() for name, items in part.items()}
    splits = split_by(folder.name, groups, **{part: list(found) for part, found in parts.items()})
    if not train_on_validation:
        return splits
    both = {**parts["train"], **parts["validation"]}
    names = {**splits.names, "train": tuple(both)}
    return Splits(splits.name, gather(both, str(folder)), splits.validation, splits.test, names)


def write_embeddings(
    path: Path | str, keys: Sequence[str], embeddings: Float[np.ndarray, "item feature"]
) -> None:
    """Write a file in the published format (a pickle of protocol 2), so that features of one's own
    can be used in its place.
    """
    found = {"keys": np.array(list(keys)), "embeddings": np.asarray(embeddings, np.float32)}
    Path(path).write_bytes(pickle.dumps(found, protocol=2))


def glyph_embeddings(train: int = 400, least: int = 20) -> Splits:
    """Return glyphs as features of the packaged backbone, `least` pictures a class: the characters
    of `worlds.classes.glyphs` that have so many, of those to learn from `train`, evenly taken.

    Computed once, in about half a minute, and kept in the cache folder. Raises `MissingExtra` when
    the weights or the typefaces are not installed.
    """
    drawn = draw_glyphs()
    groups = {name: pictures for name, pictures in drawn.groups().items() if len(pictures) >= least}
    script = dict(zip(drawn.names, drawn.scripts, strict=True))
    parts = {
        part: [name for name in groups if script[name] in scripts]
        for part, scripts in SCRIPTS.items()
    }
    some = np.linspace(0, len(parts["train"]) - 1, min(train, len(parts["train"])))
    parts["train"] = [parts["train"][i] for i in some.round().astype(int)]
    names = [name for part in parts.values() for name in part]
    pictures = np.concatenate([groups[name][:least] for name in names])
    stamp = {"backbone": backbone_version(), "seen": SEEN, "pictures": _digest(pictures)}
    made = remembered(
        "glyph-embeddings", stamp, lambda: Made({"features": embed_glyphs(pictures)}, {})
    )
    features = made.arrays["features"].reshape(len(names), least, -1)
    return split_by("glyph embeddings", dict(zip(names, features, strict=True)), **parts)


def embed_glyphs(
    pictures: UInt8[np.ndarray, "item height width"],
) -> Float[np.ndarray, "item 1280"]:
    """Return the backbone's features of grey pictures, enlarged to 96 x 96."""
    if not len(pictures):
        return embed(np.zeros((0, SEEN, SEEN, 3), np.uint8))
    return np.concatenate(
        [
            embed(np.repeat(enlarged(pictures[i : i + 1024])[..., None], 3, axis=-1))
            for i in range(0, len(pictures), 1024)
        ]
    )


def enlarged(
    pictures: UInt8[np.ndarray, "item height width"], size: int = SEEN
) -> UInt8[np.ndarray, "item size size"]:
    """Return the pictures at another size, linear between the pixels' middles."""

    def weights(n: int) -> Float[np.ndarray, "size n"]:
        at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
        return np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(n))).astype(np.float32)

    down, across = weights(pictures.shape[1]), weights(pictures.shape[2])
    return np.rint(down @ pictures.astype(np.float32) @ across.T).astype(np.uint8)


def _published(path: Path) -> Mapping[str, Float[np.ndarray, "item feature"]]:
    if not path.is_file():
        raise DataError(
            "the file is not there",
            where=str(path),
            hint="fetch LEO's embeddings, and give the folder that holds "
            + ", ".join(f"{stem}_embeddings.pkl" for stem in FILES.values()),
        )
    found = read_arrays(path)
    try:
        keys, embeddings = list(found["keys"]), found["embeddings"]
        if not isinstance(embeddings, np.ndarray) or embeddings.dtype.kind not in "fiu":
            raise TypeError(f"the embeddings are a {type(embeddings).__name__}")
        if wrong := [key for key in keys if not isinstance(key, str | bytes)]:
            raise TypeError(f"a key is a {type(wrong[0]).__name__}")
        embeddings = embeddings.astype(np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f'there is no "keys" or no "embeddings" of numbers ({error!r}); it has '
            f"{', '.join(sorted(found)) or 'nothing'}",
            where=str(path),
        ) from error
    if embeddings.ndim != 2 or len(keys) != len(embeddings) or not keys:
        raise DataError(
            f"{len(keys)} keys, and embeddings of shape {list(embeddings.shape)}",
            where=str(path),
            hint="one row of features is asked for each key",
        )
    keys = [key.decode("latin1") if isinstance(key, bytes) else str(key) for key in keys]
    classes = [_class_of(key, row, path) for row, key in enumerate(keys)]
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    if not np.isfinite(length).all() or (length == 0).any():
        bad = int(np.flatnonzero(~(np.isfinite(length) & (length > 0)))[0])
        raise DataError("the features are all 0 or not finite", where=f"{path}, row {bad}")
    if len(set(keys)) < len(keys):
        twice = collections.Counter(keys).most_common(1)[0][0]
        raise DataError(f"key {twice!r} is there twice", where=str(path))
    order, names = np.asarray(classes), list(dict.fromkeys(classes))
    unit = embeddings / length
    return {name: unit[order == name] for name in names}


def _class_of(key: str, row: int, path: Path) -> str:
    fields = key.split("-")
    if len(fields) != 3 or not fields[2].startswith(f"{fields[1]}_"):
        raise DataError(
            f"key {key!r} is not anything-CLASS-CLASS_file",
            where=f"{path}, row {row}",
            hint="use the published files, or write_embeddings",
        )
    return fields[1]


def _digest(array: Shaped[np.ndarray, "..."]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
