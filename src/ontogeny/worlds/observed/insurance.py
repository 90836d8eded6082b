"""Rice farmers who bought insurance against the weather, or did not, and how many of those around
them had bought it in the round before: peers' exposure among real people.

As packaged in `causaldata`. Source: Cai, de Janvry and Sadoulet 2015, who find that what friends
learned, more than what they bought, spreads.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from ontogeny.core.errors import MissingExtra

COVARIATES = (
    *("age", "agpop", "ricearea_2010", "disaster_prob", "male", "intensive", "risk_averse"),
    "literacy",
)


def insurance() -> dict[str, Shaped[np.ndarray, " farmer"]]:
    """Return a table of farmers: the covariates, `exposed` (1 where more of the others at their
    address had bought before than at the median one), `share` (how many had), `bought`, and the
    numbers of `village` and `address`.

    Raises `MissingExtra` without causaldata, and pandas, which reads it.
    """
    spec = find_spec("causaldata")
    if spec is None or not spec.submodule_search_locations or find_spec("pandas") is None:
        raise MissingExtra(
            "the farmers are packaged in causaldata and read by pandas; one is not installed",
            where="insurance",
            hint="pip install 'ontogeny[beauty]'",
        )
    folder = Path(spec.submodule_search_locations[0]) / "social_insure"
    frame = import_module("pandas").read_csv(folder / "Cai_2015.csv")
    table = {name: frame[name].to_numpy().astype(np.float64) for name in COVARIATES}
    share = frame["pre_takeup_rate"].to_numpy().astype(np.float64)
    places = {
        name: np.unique(frame[name].astype(str).to_numpy().astype(str), return_inverse=True)[1]
        for name in ("village", "address")
    }
    return (
        table
        | places
        | {
            "share": share,
            "exposed": (share > np.median(share)).astype(np.float64),
            "bought": frame["takeup_survey"].to_numpy().astype(np.float64),
        }
    )
