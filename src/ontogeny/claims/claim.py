"""The words of `reproduce`: what a paper claims, what was measured here, and whether it holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, TypeVar

import numpy as np

from ontogeny.core.archive import write_archive
from ontogeny.core.errors import ConfigError
from ontogeny.core.files import replace_file
from ontogeny.ops.statistics import Interval
from ontogeny.views.figure import Figure

Progress: TypeAlias = Callable[[str], None]
Scale: TypeAlias = Literal["full", "quick", "tiny"]
T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """One claim. `measured` carries the means and their intervals; `threshold` is the rule that
    decides `holds`.
    """

    claim: str
    paper: str
    measured: str
    threshold: str
    holds: bool

    @classmethod
    def above(
        cls,
        claim: str,
        paper: str,
        measured: str,
        *differences: Interval,
        threshold: str = "the interval of the difference above 0",
    ) -> Self:
        """Return the claim that holds when every interval lies above 0."""
        return cls(claim, paper, measured, threshold, all(bool(d.low > 0) for d in differences))


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

    @property
    def quick(self) -> bool:
        """Whether it is less than what the claims are about."""
        return self.scale != "full"

    def choose(self, full: T, quick: T, tiny: T) -> T:
        """Return the one that is for this scale: a number of seeds, a size, a choice of arms."""
        return {"full": full, "quick": quick, "tiny": tiny}[self.scale]

    def seeds(self, count: int) -> np.ndarray:
        """Return `count` seeds (uint32) spread from the first; see `seeds_from`."""
        return seeds_from(self.seed, count)

    def weak(self, how: str = "") -> str:
        """Return the words that what was measured ends with: that it is under-powered, and how, if
        it is.
        """
        return f"; under-powered: a quick look{how and ' ' + how}" if self.quick else ""


Found: TypeAlias = tuple[list[Claim], list[Figure]]
Measure: TypeAlias = Callable[[], Found]


@dataclass(frozen=True)
class Reproduction:
    """The claims of a system as measured here, and its figures."""

    system: str
    seconds: float
    seed: int
    claims: Sequence[Claim]
    figures: Sequence[Figure] = ()

    @property
    def holds(self) -> bool:
        """Whether every claim holds."""
        return all(claim.holds for claim in self.claims)

    def to_json(self) -> dict[str, Any]:
        """Return the system, the seconds that it took, the seed, and the claims."""
        return {
            "system": self.system,
            "seconds": round(self.seconds, 1),
            "seed": self.seed,
            "claims": [asdict(claim) for claim in self.claims],
        }

    def write(self, folder: Path) -> None:
        """Write into `folder`: `claims.json`, `claims.html` (the table and the figures), and the
        arrays of the figures as the archive `data`, their labels beside them.

        Raises `StoreError` when they can't be written.
        """
        arrays = {figure.name: dict(figure.data) for figure in self.figures}
        labels = {f.name: {k: list(v) for k, v in f.labels.items()} for f in self.figures}
        write_archive(folder / "data", arrays, about=labels)
        with replace_file(folder / "claims.json", "write the claims") as part:
            part.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        with replace_file(folder / "claims.html", "write the claims") as part:
            part.write_text(self._page(), encoding="utf-8")

    def _page(self) -> str:
        from ontogeny.views import page

        columns = ("claim", "paper", "measured", "threshold", "verdict")
        rows = [
            [c.claim, c.paper, c.measured, c.threshold, "holds" if c.holds else "does not hold"]
            for c in self.claims
        ]
        body = [
            page.section("Claims", page.table(columns, rows, left=range(len(columns)))),
            *(
                page.plot(figure.draw(figure), figure.name, figure.caption)
                for figure in self.figures
            ),
        ]
        return page.document(f"{self.system}: claims, measured", body)


def reproduce_parts(
    system: str, parts: Mapping[str, Measure], seed: int, folder: Path | None, part: str | None
) -> Reproduction:
    """Return the claims of every part as measured, or of one, and write them into `folder` when
    given.

    Raises `ConfigError` for a part that there is not, `StoreError` when `folder` can't be written.
    """
    if part is not None and part not in parts:
        raise ConfigError(
            f"there is no part {part!r}",
            where=f"reproduce {system}",
            hint=f"use {', '.join(parts)}",
        )
    begun = time.perf_counter()
    claims: list[Claim] = []
    figures: list[Figure] = []
    for name in parts if part is None else (part,):
        found, drawn = parts[name]()
        claims += found
        figures += drawn
    result = Reproduction(system, time.perf_counter() - begun, seed, claims, figures)
    if folder is not None:
        result.write(folder)
    return result


def seeds_from(seed: int, count: int) -> np.ndarray:
    """Return `count` seeds (uint32) spread from one, so that neighbours share no repeats."""
    return np.random.SeedSequence(seed).generate_state(count)
