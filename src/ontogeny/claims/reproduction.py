"""`reproduce`: measure the claims of a system, and write what was found."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ontogeny.claims import system_named
from ontogeny.claims.claim import Claim
from ontogeny.claims.kept import Kept
from ontogeny.claims.measuring import Measuring, Progress, Scale
from ontogeny.core.archive import write_archive
from ontogeny.core.files import replace_file
from ontogeny.runtime.machine import describe, prepare
from ontogeny.views.figure import Figure


@dataclass(frozen=True)
class Reproduction:
    """The claims of a system as measured here, and its figures."""

    system: str
    seconds: float
    seed: int
    claims: Sequence[Claim]
    figures: Sequence[Figure] = ()
    quick: bool = False
    """Whether it is less than what the claims are about."""
    command: str = ""
    """What measures it again."""

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
        """Write into `folder`: `claims.json`, `claims.html` (the verdicts, the figures, how they
        came about), and the arrays of the figures as the archive `data`, their labels beside them.

        Raises `StoreError` when they can't be written.
        """
        arrays = {figure.name: dict(figure.data) for figure in self.figures}
        labels = {f.name: {k: list(v) for k, v in f.labels.items()} for f in self.figures}
        write_archive(folder / "data", arrays, about=labels)
        for name, text in (
            ("claims.json", json.dumps(self.to_json(), indent=1) + "\n"),
            ("claims.html", self._page()),
        ):
            with replace_file(folder / name, "write the claims") as part:
                part.write_text(text, encoding="utf-8")

    def _page(self) -> str:
        from ontogeny.views.claims_page import Measured, claims_html

        system = system_named(self.system)
        told = Measured(
            system.title,
            system.paper,
            time.time() - self.seconds,
            self.seconds,
            self.seed,
            self.quick,
            self.command or f"ontogeny reproduce {self.system}",
            describe(),
        )
        return claims_html(told, [asdict(claim) for claim in self.claims], self.figures)


def reproduce(
    name: str,
    scale: Scale = "full",
    seed: int = 0,
    progress: Progress = lambda line: None,
    folder: Path | None = None,
    part: str | None = None,
    longer: bool = False,
    data: Path | None = None,
) -> Reproduction:
    """Return the claims of a system as measured, and write them into `folder` when given.

    One part is measured when it is named; else all that are meant at this scale, the longer ones
    with `longer`. What a longer one trains is kept in `folder` until all claims are written: asked
    for again after it was stopped, it goes on. Raises `ConfigError` for a system or a part that
    there is not, `StoreError` when `folder` can't be written.
    """
    system = system_named(name)
    begun = time.perf_counter()
    claims: list[Claim] = []
    figures: list[Figure] = []
    chosen = system.chosen(part, scale != "full", longer, data is not None)
    prepare()  # before a learner is made, which may compute
    hows = [Measuring(scale, seed, progress, one.name, data) for one in chosen]
    if folder is not None and scale == "full":
        for i, one in enumerate(chosen):
            if one.when == "longer":
                hows[i] = replace(hows[i], kept=Kept(folder / "kept" / one.name))
    for one, how in zip(chosen, hows, strict=True):
        found, drawn = system.measure(one, how)
        claims += found
        figures += drawn
    took, quick = time.perf_counter() - begun, scale != "full"
    command = _command(name, scale, seed, part, longer, data)
    result = Reproduction(name, took, seed, claims, figures, quick, command)
    if folder is not None:
        result.write(folder)
        for how in hows:
            if how.kept is not None:
                how.kept.done()
    return result


def _command(
    name: str, scale: Scale, seed: int, part: str | None, longer: bool, data: Path | None
) -> str:
    """Return the command line that measures the same; tiny looks have none of their own."""
    words = ["ontogeny", "reproduce", name]
    words += ["--part", part] if part else []
    words += ["--all"] if longer else []
    words += ["--quick"] if scale != "full" else []
    words += ["--data", str(data)] if data else []
    return shlex.join([*words, "--seed", str(seed)])
