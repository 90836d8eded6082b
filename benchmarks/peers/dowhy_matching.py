"""Match a table by DoWhy: python dowhy_matching.py TABLE.csv [penalised]. Says seconds, the effect.

Asked twice, and the second time is said: the first one loads what is loaded late.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version

import pandas

warnings.simplefilter("ignore")

from dowhy import CausalModel  # noqa: E402  # pyright: ignore[reportMissingImports]
from sklearn.linear_model import (  # noqa: E402  # pyright: ignore[reportMissingImports]
    LogisticRegression,
)

table = pandas.read_csv(sys.argv[1])
names = [name for name in table if name not in ("treated", "outcome")]


def asked() -> tuple[float, float, float]:
    """Return the seconds of all, those of the estimate alone, and the effect on the treated."""
    given = {}
    if "penalised" not in sys.argv:
        plain = LogisticRegression(C=float("inf"), solver="newton-cholesky", tol=1e-10)
        given = {"init_params": {"propensity_score_model": plain}}
    own = table.copy()  # DoWhy keeps its scores in the table, and takes them again
    begun = time.perf_counter()
    model = CausalModel(own, "treated", "outcome", common_causes=names)
    estimand = model.identify_effect(proceed_when_unidentifiable=True)
    identified = time.perf_counter()
    found = model.estimate_effect(
        estimand,
        method_name="backdoor.propensity_score_matching",
        target_units="att",
        method_params=given,
    )
    ended = time.perf_counter()
    return ended - begun, ended - identified, float(found.value)


asked()
seconds, estimating, effect = asked()
print(
    json.dumps(
        {
            "seconds": seconds,
            "estimate_seconds": estimating,
            "pairs": int(table["treated"].to_numpy().sum()),  # each has a control
            "effect": effect,
            "version": version("dowhy"),
        }
    )
)
