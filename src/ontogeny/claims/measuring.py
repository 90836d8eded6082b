"""How a part of a system's claims is measured: at which size, from which seed, who is told."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kept import Kept
from ontogeny.views.figure import Figure

Progress: TypeAlias = Callable[[str], None]
Scale: TypeAlias = Literal["full", "quick", "tiny"]
Found: TypeAlias = tuple[list[Claim], list[Figure]]
T = TypeVar("T")
Name = TypeVar("Name")

_MADE: dict[Any, Any] = {}  # what parts of this process have made


@dataclass(frozen=True)
class Measuring:
    """How a part of a system's claims is to be measured: every part is a function of this alone."""

    scale: Scale = "full"
    """"full" is what the claims are about; "quick" is under-powered and says so; "tiny" only shows
    that all of it runs, which is what the tests ask."""
    seed: int = 0
    """The first of the seeds."""
    progress: Progress = lambda line: None
    """Told what was just measured."""
    part: str = ""
    """The name of the part, for a function that measures several."""
    data: Path | None = None
    """A folder of data that is not shipped, where a part reads some."""
    kept: Kept | None = None
    """Where trainings are kept until the claims are written."""

    @property
    def quick(self) -> bool:
        """Whether it is less than what the claims are about."""
        return self.scale != "full"

    def choose(self, full: T, quick: T, tiny: T) -> T:
        """Return the one that is for this scale: a number of seeds, a size, a choice of arms."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.scale]

    def of_each(
        self, names: Iterable[Name], measure: Callable[[Name], T], few: Sequence[Name]
    ) -> dict[Name, T]:
        """Return what `measure` returns, by name. A tiny look measures a `few` alone, of which the
        last stands for all others.
        """
        names = list(names)
        found = {name: measure(name) for name in self.choose(names, names, list(few))}
        return {name: found[name if name in found else few[-1]] for name in names}

    def unless_tiny(self, measure: Callable[[], T], other: T) -> T:
        """Return what `measure` returns; in a tiny look the `other` one, which was measured
        already, stands for it.
        """
        return other if self.scale == "tiny" else measure()

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returns, made once in a process for all parts that ask by this key, at
        this scale, from this seed and on these data.
        """
        key = key, self.scale, self.seed, self.data
        if key not in _MADE:
            _MADE[key] = make()
        return _MADE[key]

    def seeds(self, count: int) -> np.ndarray:
        """Return `count` seeds (uint32) spread from the first; see `seeds_from`."""
        return seeds_from(self.seed, count)

    def weak(self, how: str = "") -> str:
        """Return the words that what was measured ends with: that it is under-powered, and how, if
        it is.
        """
        return f"; under-powered: a quick look{how and ' ' + how}" if self.quick else ""


def seeds_from(seed: int, count: int) -> np.ndarray:
    """Return `count` seeds (uint32) spread from one, so that neighbours share no repeats."""
    return np.random.SeedSequence(seed).generate_state(count)
