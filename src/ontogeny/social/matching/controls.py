"""Negative controls: what must come out as no effect, done with the same code and shown beside.

`before`: the outcome as it was before the treatment, in the same pairs; an effect on the past is
confounding that is left. `placebo`: the treatment is permuted within the exact strata, the
propensity fitted anew, pairs found anew, and the effect must be about 0 and as spread as its own
error says; what fails here is the method on these data, and no hidden confounder is seen by it.
Source: Lipsitch, Tchetgen Tchetgen and Cohen 2010.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.special import bdtrc, stdtr

from ontogeny.social.matching.admission import Admitted
from ontogeny.social.matching.effects import Effect

LEVEL = 0.05
ROWS = 20_000  # of which a placebo is made, at most


@dataclass(frozen=True, eq=False)
class Controls:
    """What the controls said. `placebo` has the effect and its error of each permutation."""

    before: Effect | None
    placebo: Float[np.ndarray, "permutation 2"]

    @property
    def past_differs(self) -> bool | None:
        """Whether the treatment has an effect on the past; None where none was given."""
        return None if self.before is None else self.before.p < LEVEL

    @property
    def mean_p(self) -> float | None:
        """The p of the placebos' mean being 0; None of fewer than five."""
        values = self.placebo[:, 0]
        if len(values) < 5:
            return None
        error = values.std(ddof=1) / np.sqrt(len(values))
        if error == 0:
            return 1.0 if values.mean() == 0 else 0.0
        return float(2 * stdtr(len(values) - 1, -abs(values.mean()) / error))

    @property
    def found(self) -> int:
        """How many of the placebos have an interval that leaves 0 out."""
        return int(np.count_nonzero(np.abs(self.placebo[:, 0]) > 1.96 * self.placebo[:, 1]))

    @property
    def found_p(self) -> float | None:
        """The p of so many, where one of twenty is right; None of fewer than five."""
        n = len(self.placebo)
        if n < 5:
            return None
        return float(bdtrc(self.found - 1, n, LEVEL)) if self.found else 1.0

    @property
    def placebo_fails(self) -> bool | None:
        """Whether the placebos' mean is not 0, or too many are not, each at 0.01."""
        if self.mean_p is None or self.found_p is None:
            return None
        return self.mean_p < 0.01 or self.found_p < 0.01


def placebos(
    rows: Admitted,
    effect_of: Callable[[Admitted, int], Effect | None],
    count: int,
    seed: int,
) -> Float[np.ndarray, "permutation 2"]:
    """Return the effect and its standard error of `count` permutations of the treatment.

    `effect_of` makes all anew from rows and a seed; None, where it finds no pairs, is left out. Of
    more than 20,000 rows so many are drawn each time.
    """
    found: list[tuple[float, float]] = []
    for number in range(count):
        rng = np.random.default_rng([seed, 3, number])
        chosen = _some(rows, rng)
        order = np.lexsort((rng.random(len(chosen.row)), chosen.stratum))
        by_stratum = np.argsort(chosen.stratum, kind="stable")
        treated = np.empty_like(chosen.treated)
        treated[by_stratum] = chosen.treated[order]
        effect = effect_of(replace(chosen, treated=treated), number)
        if effect is not None and np.isfinite(effect.standard_error):
            found.append((effect.value, effect.standard_error))
    return np.array(found, np.float64).reshape(-1, 2)


def _some(rows: Admitted, rng: np.random.Generator) -> Admitted:
    n = len(rows.row)
    if n <= ROWS:
        return rows
    kept = np.sort(rng.choice(n, ROWS, replace=False))
    return replace(
        rows,
        **{name: held[kept] for name, held in vars(rows).items() if isinstance(held, np.ndarray)},
    )
