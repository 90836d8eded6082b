"""What a person wants of a grown member: a policy, a predictor, a memory, a scorer.

A product is callable and can be saved: as an archive (`core.archive`) whose `about` says its kind
and what builds it again; `recipes.products` knows every kind's loader. Whoever uses a member takes
its product, and never looks inside its state. What a product can do beyond being called is one of
the protocols here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8


@runtime_checkable
class Product(Protocol):
    """Callable; `save(folder)` writes it, and `load_product(folder)` reads it back."""

    kind: ClassVar[str]
    """What it is, in words: the archive says it as "kind"."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

    def save(self, folder: Path) -> None:
        """Write the product as an archive."""
        ...


class Film(NamedTuple):
    """The episode whose return is the median of those played, on the host, cut where it ended."""

    frames: UInt8[np.ndarray, "time height width 3"]
    reward: Float[np.ndarray, " time"]
    ended: bool  # False: the steps ran out first
    returns: list[float]  # of all episodes played

    @property
    def total(self) -> float:
        """The filmed episode's return."""
        return float(self.reward.sum())


@runtime_checkable
class Playable(Protocol):
    """A product that acts in a world of its own."""

    def play(
        self, seed: int = 0, steps: int = 500, episodes: int = 1, greedy: bool = False
    ) -> Film:
        """Play some episodes, at most `steps` long, and return a film of the one in the middle."""
        ...


@runtime_checkable
class Adaptable(Protocol):
    """A product that learns a task from a few examples."""

    def adapt(self, *args: Any, **kwargs: Any) -> Any:
        """Return what has learned from the examples, to be called with what is asked."""
        ...


class Exported(NamedTuple):
    """How an exported model was held against the original."""

    difference: float  # the largest, relative where numbers are above 1
    steps: int  # along which both were asked
    allowed: float


@runtime_checkable
class Exportable(Protocol):
    """A product that other programs can run as an ONNX model."""

    def to_onnx(self, folder: Path) -> Exported:
        """Write the model and how to run it as `folder`, if it says what the product says."""
        ...
