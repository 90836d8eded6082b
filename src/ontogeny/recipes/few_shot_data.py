"""The data of few-shot recipes by name, as features that are held once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.learners.few_shot.classifier import View
from ontogeny.worlds.classes.backbone_features import BackboneFeatures
from ontogeny.worlds.classes.characters import characters
from ontogeny.worlds.classes.embeddings import glyph_embeddings, published_embeddings
from ontogeny.worlds.classes.few_shot import Splits, split_at_random, split_by
from ontogeny.worlds.classes.glyphs import draw_glyphs, glyphs
from ontogeny.worlds.classes.random_features import RandomFeatures, viewed

SIZE = 20  # pixels of a drawn character's side
DATA_SETS = ("miniImageNet", "tieredImageNet")
FIRST = "train_embeddings.pkl"
NEEDED = (
    "miniImageNet/center or tieredImageNet/center, each with train_embeddings.pkl, "
    "val_embeddings.pkl and test_embeddings.pkl, as LEO's authors published them"
)
PARTS = (200, 40, 60)  # classes of drawn characters to learn from, to choose by, to test on
FEW, OF_EACH = (6, 6, 6), 4  # classes, and pictures of each, where a few are asked for
FEW_SCRIPTS = {"train": ("greek",), "validation": ("hebrew",), "test": ("thai",)}


class Featured(NamedTuple):
    """Classes of features, and what made features of pictures; None where they came as such."""

    splits: Splits
    view: View | None

    @property
    def n_features(self) -> int:
        """Numbers of an item."""
        return self.splits.train.items.shape[-1]


@lru_cache(maxsize=2)
def featured(data: str, path: str = "", few: bool = False) -> Featured:
    """Return the data called so: "characters" or "glyphs" by random features, "embedded-glyphs" by
    a packaged network, "published": LEO's own embeddings in the folder `path`. `few` takes a few
    classes of pictures, of four each, which are made in seconds: to see that all runs. Of the
    network's features those of the test's classes then stand for the others.

    Raises `ConfigError` for another name, and what the loader raises.
    """
    if data == "published":
        place = next(iter(published_sets(Path(path)).values()))
        return Featured(published_embeddings(place), None)
    drawn = pictures(data, few)
    height, width = drawn.train.items.shape[1:]
    if data == "embedded-glyphs":
        network = BackboneFeatures(height, width)
        if not few:
            return Featured(glyph_embeddings(), network)
        part = drawn.test._replace(items=network(drawn.test.items))  # which takes its time
        return Featured(replace(drawn, train=part, validation=part, test=part), network)
    view = RandomFeatures(height, width)
    return Featured(viewed(drawn, view), view)


@lru_cache(maxsize=1)
def pictures(data: str, few: bool = False) -> Splits:
    """Return the pictures [item, height, width] behind the features, the same in every run. Raises
    `ConfigError` for data without pictures.
    """
    if data in ("glyphs", "embedded-glyphs"):
        return _few_glyphs() if few else glyphs()
    if data != "characters":
        raise ConfigError(
            f"no pictures are called {data!r}",
            where="recipe field data",
            hint="use characters, glyphs, embedded-glyphs, or published with a path",
        )
    parts = FEW if few else PARTS
    drawn = characters(n_classes=sum(parts), n_images=OF_EACH if few else 40, size=SIZE)
    groups = {f"character {number}": of_class for number, of_class in enumerate(drawn)}
    return split_at_random("characters", groups, parts)


def _few_glyphs() -> Splits:
    drawn = draw_glyphs(OF_EACH, OF_EACH, scripts=FEW_SCRIPTS)
    scripts = np.array(drawn.scripts)
    parts = {
        part: [drawn.names[i] for i in np.flatnonzero(np.isin(scripts, of_part))[:count]]
        for (part, of_part), count in zip(FEW_SCRIPTS.items(), FEW, strict=True)
    }
    return split_by("glyphs", drawn.groups(), **parts)


def published_sets(folder: Path) -> dict[str, Path]:
    """Return the folder of each of LEO's data sets that there is, by its name: NAME/center below
    the given folder, or that folder itself.

    Raises `DataError` when there is none, saying which files are needed.
    """
    there: dict[str, Path] = {}
    for name in DATA_SETS:
        inside = name in folder.resolve().parts
        places = [folder / name / "center", *([folder / "center", folder] if inside else [])]
        found = [place for place in places if (place / FIRST).is_file()]
        there |= {name: found[0]} if found else {}
    if not there:
        raise DataError(
            "none of the published embeddings are there",
            where=str(folder),
            hint=f"give a folder with {NEEDED}",
        )
    return there
