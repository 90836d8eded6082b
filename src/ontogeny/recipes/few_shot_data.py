"""The data of few-shot recipes by name, as features that are held once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ontogeny.adaptation.classifier import View
from ontogeny.core.errors import ConfigError, DataError
from ontogeny.worlds.backbone_features import BackboneFeatures
from ontogeny.worlds.characters import characters
from ontogeny.worlds.embeddings import glyph_embeddings, published_embeddings
from ontogeny.worlds.few_shot import Splits, split_at_random
from ontogeny.worlds.glyphs import glyphs
from ontogeny.worlds.random_features import RandomFeatures, viewed

SIZE = 20  # pixels of a drawn character's side
DATA_SETS = ("miniImageNet", "tieredImageNet")
FIRST = "train_embeddings.pkl"
NEEDED = (
    "miniImageNet/center or tieredImageNet/center, each with train_embeddings.pkl, "
    "val_embeddings.pkl and test_embeddings.pkl, as LEO's authors published them"
)
PARTS = (200, 40, 60)  # classes of drawn characters to learn from, to choose by, to test on


class Featured(NamedTuple):
    """Classes of features, and what made features of pictures; None where they came as such."""

    splits: Splits
    view: View | None

    @property
    def n_features(self) -> int:
        """Numbers of an item."""
        return self.splits.train.items.shape[-1]


@lru_cache(maxsize=2)
def featured(data: str, path: str = "") -> Featured:
    """Return the data called so: "characters" or "glyphs" by random features, "embedded-glyphs" by
    a packaged network, "published": LEO's own embeddings in the folder `path`.

    Raises `ConfigError` for another name, and what the loader raises.
    """
    if data == "published":
        place = next(iter(published_sets(Path(path)).values()))
        return Featured(published_embeddings(place), None)
    drawn = pictures(data)
    height, width = drawn.train.items.shape[1:]
    if data == "embedded-glyphs":
        return Featured(glyph_embeddings(), BackboneFeatures(height, width))
    view = RandomFeatures(height, width)
    return Featured(viewed(drawn, view), view)


@lru_cache(maxsize=1)
def pictures(data: str) -> Splits:
    """Return the pictures [item, height, width] behind the features, the same in every run. Raises
    `ConfigError` for data without pictures.
    """
    if data in ("glyphs", "embedded-glyphs"):
        return glyphs()
    if data != "characters":
        raise ConfigError(
            f"no pictures are called {data!r}",
            where="recipe field data",
            hint="use characters, glyphs, embedded-glyphs, or published with a path",
        )
    groups = {
        f"character {number}": of_class
        for number, of_class in enumerate(characters(n_classes=sum(PARTS), size=SIZE))
    }
    return split_at_random("characters", groups, PARTS)


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
