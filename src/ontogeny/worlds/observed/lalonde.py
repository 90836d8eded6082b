"""LaLonde's test of methods: a trial of job training, and people whom nobody drew lots for.

In the trial (National Supported Work) lots decided who was trained, so that the difference of mean
earnings is the effect. Beside its trained ones the people of a survey (CPS) are put, of whom most
earned more all along: who finds the trial's effect from these? As packaged in `causaldata`.
Sources: LaLonde 1986; Dehejia and Wahba 1999, whose sample it is.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import MissingExtra

COVARIATES = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")


class LaLonde(NamedTuple):
    """Tables with `treat`, the covariates, and `re78`, the earnings after: dollars a year."""

    trial: dict[str, Shaped[np.ndarray, " row"]]
    seen: dict[str, Shaped[np.ndarray, " row"]]
    """The trained of the trial, and the people of the survey."""

    @property
    def effect(self) -> float:
        """Of the training on the trained, as the trial found it, in dollars."""
        earned, trained = self.trial["re78"], self.trial["treat"] == 1
        return float(earned[trained].mean() - earned[~trained].mean())


def lalonde() -> LaLonde:
    """Return the tables. Raises `MissingExtra` without causaldata, and pandas, which reads it."""
    spec = find_spec("causaldata")
    if spec is None or not spec.submodule_search_locations or find_spec("pandas") is None:
        raise MissingExtra(
            "the trial is packaged in causaldata and read by pandas; one is not installed",
            where="lalonde",
            hint="pip install 'ontogeny[beauty]'",
        )
    folder, read = Path(spec.submodule_search_locations[0]), import_module("pandas").read_stata
    frames = {name: read(folder / name / f"{name}.dta") for name in ("nsw_mixtape", "cps_mixtape")}
    names = ("treat", *COVARIATES, "re78")
    trial, survey = (
        {name: frame[name].to_numpy().astype(np.float64) for name in names}
        for frame in frames.values()
    )
    trained = trial["treat"] == 1
    return LaLonde(
        trial, {name: np.concatenate([trial[name][trained], survey[name]]) for name in names}
    )
