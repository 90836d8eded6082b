"""Few-shot classifiers: LEO, and what it is held against. A population tunes the rate of the
meta-training and the weights of its objective on validation classes.

Run `ontogeny grow leo`: characters of classes that it never saw, told apart after one example of
each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import jax
import jax.numpy as jnp

from ontogeny.core.errors import ConfigError
from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Log, Space
from ontogeny.learners.few_shot.classifier import FewShotClassifier
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import few_shot
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.leo_presets import published
from ontogeny.learners.few_shot.maml_classifier import MAMLClassifierConfig
from ontogeny.learners.few_shot.methods import method_of
from ontogeny.learners.few_shot.prototypes import PrototypesConfig
from ontogeny.recipes.few_shot_data import Featured, featured, pictures, published_sets
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure

LEO_PAPER = "Rusu et al. 2019, Meta-Learning with Latent Embedding Optimization, arXiv 1807.05960"


@dataclass(frozen=True)
class FewShot(Recipe):
    """What all of them share; the subclasses name a method."""

    population: int = 4
    """How many members grow side by side."""
    rounds: int = 10
    """How many rounds: a move, some steps, a score."""
    steps: int = 90
    """Updates of each member in a round."""
    data: Literal["characters", "glyphs", "embedded-glyphs", "published"] = "characters"
    """What is told apart: characters that are drawn here; letters of real typefaces, tested on
    scripts that were not learned from; these seen by a packaged network; LEO's published
    embeddings."""
    path: str = ""
    """Published: the folder with miniImageNet/center or tieredImageNet/center (the first is
    taken)."""
    meta: MetaConfig = field(default_factory=MetaConfig)
    learning_rates: tuple[float, float] = (5e-4, 5e-3)
    """Bounds of the learning rate."""
    dropouts: tuple[float, float] = (0.1, 0.6)
    """Bounds of the share of inputs that is dropped."""

    def featured(self) -> Featured:
        """Return the data, as features."""
        return featured(self.data, self.path)

    def config(self) -> Any:
        """Return the method's settings."""
        raise NotImplementedError

    def ways(self) -> int:
        """Return how many classes an episode has."""
        return self.meta.ways

    def learner(self) -> Learner[Any]:
        data = self.featured()
        return few_shot(method_of(self.config(), data.n_features), data.splits, self.meta)

    def space(self) -> Space:
        return Space(
            {"learning_rate": Log(*self.learning_rates), "dropout": Linear(*self.dropouts)}
        )

    def units(self) -> dict[str, float]:
        return {"episodes": self.meta.tasks}

    def portrait(self, product: Any) -> Sequence[Figure]:
        if product.view is None:
            return ()
        from ontogeny.recipes.portraits.few_shot import portrait

        return portrait(self.featured(), pictures(self.data), product, self.meta, self.seed)

    def product(self, state: Any) -> FewShotClassifier:
        data = self.featured()
        arrays = jax.tree.map(jnp.asarray, state.arrays)
        return FewShotClassifier(self.config(), data.n_features, arrays, data.view, self.ways())


@dataclass(frozen=True)
class LEO(FewShot):
    """Grow few-shot classifiers by latent embedding optimisation."""

    papers: ClassVar[tuple[str, ...]] = (LEO_PAPER,)

    published: Literal["no", "paper", "code"] = "no"
    """Take the hyperparameters that the paper, or its code, gives for the data set and the shots:
    nothing is tuned then. Needs `--data published`."""
    leo: LEOConfig = field(default_factory=lambda: LEOConfig(n_latents=32))
    kl_weights: tuple[float, float] = (1e-3, 1.0)
    """Bounds of beta."""
    orthogonalities: tuple[float, float] = (1e-3, 10.0)
    """Bounds of lambda 2."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.published != "no":
            if self.data != "published":
                raise ConfigError(
                    f"published hyperparameters of {self.data}",
                    where="recipe field published",
                    hint="give --data published --path FOLDER",
                )
            self._published()

    def config(self) -> LEOConfig:
        return self.leo if self.published == "no" else self._published()[0]

    def ways(self) -> int:
        return self.meta.ways if self.published == "no" else self._published()[1].ways

    def learner(self) -> Learner[Any]:
        if self.published == "no":
            return super().learner()
        meta = self._published()[1]
        tests = {n: getattr(self.meta, n) for n in ("test_queries", "test_episodes")}
        return replace(
            self, published="no", leo=self.config(), meta=replace(meta, **tests)
        ).learner()

    def space(self) -> Space:
        if self.published != "no":
            return Space({})
        return Space(
            super().space().dimensions
            | {
                "kl_weight": Log(*self.kl_weights),
                "orthogonality_penalty": Log(*self.orthogonalities),
            }
        )

    def _published(self) -> tuple[LEOConfig, MetaConfig]:
        return published(
            self.published, next(iter(published_sets(Path(self.path)))), self.meta.shots
        )


@dataclass(frozen=True)
class ProtoNet(FewShot):
    """Grow prototypical networks."""

    papers: ClassVar[tuple[str, ...]] = (
        "Snell, Swersky and Zemel 2017, Prototypical Networks for Few-shot Learning, "
        "arXiv 1703.05175",
    )

    prototypes: PrototypesConfig = field(default_factory=PrototypesConfig)

    def config(self) -> PrototypesConfig:
        return self.prototypes


@dataclass(frozen=True)
class MAML(FewShot):
    """Grow few-shot classifiers by MAML: every layer of a network learns the task."""

    papers: ClassVar[tuple[str, ...]] = (
        "Finn, Abbeel and Levine 2017, Model-Agnostic Meta-Learning, arXiv 1703.03400",
        "Ye and Chao 2022, How to Train Your MAML to Excel in Few-Shot Classification, "
        "arXiv 2106.16245",
    )

    maml: MAMLClassifierConfig = field(default_factory=MAMLClassifierConfig)

    def config(self) -> MAMLClassifierConfig:
        return self.maml
