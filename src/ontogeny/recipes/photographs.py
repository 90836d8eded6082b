"""Scorers of photographs: a population tunes how heads learn from ratings, on features of a network
that stays as it is. The score is the share of held pairs that are ordered as people do.

Run `ontogeny grow photo-quality`, or `photo-ratings --ratings FILE --photographs FOLDER`, which is
what `ontogeny beauty train` grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ontogeny.core.config import at_least
from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.product import Scorer, scorer_of
from ontogeny.learners.beauty.scorer import ScorerState, scorer
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure

if TYPE_CHECKING:
    from ontogeny.learners.beauty.rated import Rated

PAPERS = (
    "Aiello et al. 2017, Beautiful and damned, arXiv 1711.00536",
    "Talebi and Milanfar 2018, NIMA: Neural Image Assessment, arXiv 1709.05424",
)


@dataclass(frozen=True)
class Photographs(Recipe):
    """What both share; the subclasses say what is learned from."""

    papers: ClassVar[tuple[str, ...]] = PAPERS

    population: int = 8
    """How many members grow side by side."""
    rounds: int = 12
    """How many rounds: a move, some steps, a score."""
    steps: int = 40
    """Updates of each member in a round."""
    learning_rates: tuple[float, float] = (3e-3, 1e-1)
    """Bounds of the learning rate."""
    weight_decays: tuple[float, float] = (1e-3, 3.0)
    """Bounds of the weight decay."""
    tuning_rates: tuple[float, float] = (1e-5, 1e-3)
    """Bounds of the learning rate of the network's last blocks, where the scorer tunes them."""
    scorer: ScorerConfig = field(default_factory=lambda: ScorerConfig(heads=4, batch=64))

    @cached_property
    def rated(self) -> Rated:
        """What is learned from, and held against; computed once."""
        raise NotImplementedError

    def learner(self) -> Learner[ScorerState]:
        return scorer(self.scorer, self.rated)

    def space(self) -> Space:
        tuned = {"tuning_rate": Log(*self.tuning_rates)} if self.scorer.tuned_blocks else {}
        return Space(
            {
                "learning_rate": Log(*self.learning_rates),
                "weight_decay": Log(*self.weight_decays),
                "dropout": Linear(0.0, 0.8, prior=(0.0, 0.5)),
                "pooling": Linear(0.0, 1.0),
                **tuned,
            }
        )

    def units(self) -> dict[str, float]:
        pairs = 2 if self.scorer.loss == "pairs" else 1
        return {"photographs": pairs * self.scorer.batch}

    def says(self) -> str:
        """Return what the scores are of, in words."""
        raise NotImplementedError

    def product(self, state: Any) -> Scorer:
        from ontogeny.learners.beauty.backbone import features_version

        rated = self.rated
        about = {"photographs": len(rated.ratings), "loss": self.scorer.loss}
        version = features_version(state.tail)
        return scorer_of(state, self.scorer, rated, self.says(), version, about)

    def portrait(self, product: Any) -> Sequence[Figure]:
        from ontogeny.recipes.portraits.photographs import portrait

        return portrait(product, self.rated, self.scorer)


@dataclass(frozen=True)
class PhotoQuality(Photographs):
    """Scorers of relative technical quality: they tell photographs from damaged versions of them.
    Two minutes.
    """

    pictures: str = ""
    """A folder of your own photographs; those that packages ship when not given."""
    squares: int = 4
    """Squares of each photograph."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "squares", where="recipe field ")

    @cached_property
    def rated(self) -> Rated:
        from ontogeny.learners.beauty.graded_features import graded_features
        from ontogeny.worlds.photos.graded_photos import photographs_of

        folder = Path(self.pictures).expanduser() if self.pictures else None
        tuned = self.scorer.tuned_blocks
        return graded_features(photographs_of(folder), self.squares, tuned_blocks=tuned).rated()

    def says(self) -> str:
        from ontogeny.learners.beauty.default import SAYS

        return SAYS


@dataclass(frozen=True)
class PhotoRatings(Photographs):
    """Scorers that learn from your ratings of your photographs: see ontogeny beauty train."""

    ratings: str = ""
    """The ratings: AVA's text, a table of photo and rating, of counts or of pairs, or what
    `ontogeny beauty rate` collected."""
    photographs: str = ""
    """The folder that the photographs are in."""
    scorer: ScorerConfig = field(default_factory=ScorerConfig)

    @cached_property
    def rated(self) -> Rated:
        from ontogeny.learners.beauty.from_files import rated_photos

        for name in ("ratings", "photographs"):
            if not getattr(self, name):
                raise ConfigError(
                    "it is not given",
                    where=f"recipe field {name}",
                    hint="write: ontogeny beauty train RATINGS --photos FOLDER",
                )
        tuned = self.scorer.tuned_blocks
        return rated_photos(self.ratings, self.photographs, tuned_blocks=tuned).rated

    def says(self) -> str:
        return f"ratings of {Path(self.ratings).name}"
