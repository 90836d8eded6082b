"""What a person wants of a grown few-shot method: give it a few examples of some classes, and it
tells them apart.

    told = product.adapt(support)       [way, shot, feature], as many ways and shots as you like
    told(query)                         log-probabilities [..., way]
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from ontogeny.core.archive import read_about, read_archive, write_archive
from ontogeny.core.config import from_json
from ontogeny.core.errors import DataError, StoreError
from ontogeny.learners.few_shot.few_shot import Method
from ontogeny.learners.few_shot.methods import METHODS, Config, method_name, method_of
from ontogeny.worlds.classes.backbone_features import BackboneFeatures
from ontogeny.worlds.classes.random_features import RandomFeatures

View: TypeAlias = RandomFeatures | BackboneFeatures


@dataclass(frozen=True)
class FewShotClassifier:
    """A method and what it has meta-learned. Its inputs are features; `view`, if there is one,
    makes them of pictures.
    """

    kind: ClassVar[str] = "few-shot classifier"

    config: Config
    n_features: int
    arrays: PyTree[Array]
    view: View | None = None
    ways: int | None = None
    """How many classes it was grown to tell apart, where that is known."""

    @property
    def method(self) -> Method:
        """How the arrays are used."""
        return method_of(self.config, self.n_features)

    def adapt(self, support: Float[Array | np.ndarray, "way shot feature"]) -> Adapted:
        """Return what tells the classes of the support apart. Raises `DataError` for fewer than two
        classes, another number of features, and numbers that are not finite.
        """
        support = self._checked(support, "support")
        if support.ndim != 3 or support.shape[0] < 2 or support.shape[1] < 1:
            raise DataError(
                f"the support's shape is {list(support.shape)}",
                where="FewShotClassifier.adapt",
                hint="give [way, shot, feature] with two classes or more",
            )
        learned = _adapt(self.config, self.n_features, self.arrays, support)
        return Adapted(self, learned)

    def __call__(
        self,
        support: Float[Array | np.ndarray, "way shot feature"],
        query: Float[Array | np.ndarray, "*items feature"],
    ) -> Float[Array, "*items way"]:
        """Return the log-probability of every class for every query, after learning from the
        support.
        """
        return self.adapt(support)(query)

    def save(self, folder: Path) -> None:
        """Write the classifier as an archive. Raises `StoreError` when it can't be written."""
        about = {
            "kind": self.kind,
            "method": method_name(self.config),
            "config": dataclasses.asdict(self.config),
            "n_features": self.n_features,
            "ways": self.ways,
            "view": None
            if self.view is None
            else {"kind": type(self.view).__name__, **dataclasses.asdict(self.view)},
        }
        write_archive(Path(folder), self.arrays, about)

    def _checked(self, features: Array | np.ndarray, what: str) -> np.ndarray:
        features = np.asarray(features, np.float32)
        if features.shape[-1:] != (self.n_features,):
            raise DataError(
                f"the {what} has {features.shape[-1] if features.ndim else 0} features",
                where="FewShotClassifier",
                hint=f"give {self.n_features}: those that it was grown on",
            )
        if not np.isfinite(features).all():
            raise DataError(
                f"the {what} holds numbers that are not finite",
                where="FewShotClassifier",
                hint="leave out those examples, or repair what made them",
            )
        return features


@dataclass(frozen=True)
class Adapted:
    """A classifier after it has learned a task."""

    classifier: FewShotClassifier
    head: PyTree[Array]

    def __call__(
        self, query: Float[Array | np.ndarray, "*items feature"]
    ) -> Float[Array, "*items way"]:
        """Return the log-probability of every class for every query, in nats."""
        of = self.classifier
        query = of._checked(query, "query")  # pyright: ignore[reportPrivateUsage]
        rows = query.reshape(-1, of.n_features)
        said = _tell(of.config, of.n_features, of.arrays, self.head, rows)
        return said.reshape(*query.shape[:-1], said.shape[-1])


@partial(jax.jit, static_argnums=(0, 1))
def _adapt(config: Any, n_features: int, arrays: PyTree[Array], support: Any) -> PyTree[Array]:
    return method_of(config, n_features).adapt(arrays, support)


@partial(jax.jit, static_argnums=(0, 1))
def _tell(config: Any, n_features: int, arrays: PyTree[Array], head: Any, rows: Any) -> Array:
    method = method_of(config, n_features)
    return jax.nn.log_softmax(jax.vmap(lambda x: method.logits(arrays, head, x))(rows))


def load_classifier(folder: Path) -> FewShotClassifier:
    """Return the classifier that `FewShotClassifier.save` wrote.

    Raises `StoreError` when the folder holds something else or is damaged.

    >>> from pathlib import Path
    >>> from ontogeny.learners.few_shot.classifier import FewShotClassifier
    >>> from ontogeny.learners.few_shot.prototypes import PrototypesConfig
    >>> arrays = og.prototypes(n_features=6).init(jax.random.key(0))
    >>> FewShotClassifier(PrototypesConfig(), 6, arrays).save(Path("corners"))
    >>> og.load_classifier(Path("corners")).n_features
    6
    """
    about: dict[str, Any] = read_about(Path(folder), FewShotClassifier.kind)
    if about.get("method") not in METHODS:
        raise StoreError(
            f"its method is {about.get('method')!r}",
            where=str(folder),
            hint=f"this version knows {', '.join(METHODS)}",
        )
    config: Any = from_json(METHODS[about["method"]][0], about["config"])
    view = None if about["view"] is None else _view(**about["view"])
    n_features = about["n_features"]
    like = jax.eval_shape(method_of(config, n_features).init, jax.random.key(0))
    arrays = jax.tree.map(jnp.asarray, read_archive(Path(folder), like))
    return FewShotClassifier(config, n_features, arrays, view, about.get("ways"))


def _view(kind: str, **fields: int) -> View:
    return {"RandomFeatures": RandomFeatures, "BackboneFeatures": BackboneFeatures}[kind](**fields)
