"""Match a table by psmpy: python psmpy_matching.py TABLE.csv. Says seconds, pairs, the effect."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import warnings
from importlib.metadata import version

import matplotlib
import pandas

matplotlib.use("Agg")
warnings.simplefilter("ignore")

from psmpy import PsmPy  # noqa: E402  # pyright: ignore[reportMissingImports]

table = pandas.read_csv(sys.argv[1])
table["who"] = range(len(table))
with contextlib.redirect_stdout(io.StringIO()):
    begun = time.perf_counter()
    asked = PsmPy(table, treatment="treated", indx="who", exclude=["outcome"])
    asked.logistic_ps(balance=False)
    fitted = time.perf_counter()
    asked.kdtree_matched(
        matcher="propensity_logit", replacement=False, caliper=None, drop_unmatched=True
    )
    ended = time.perf_counter()
pairs = asked.matched_ids.dropna()
own = table["outcome"].to_numpy()
columns = [pairs[name].to_numpy().astype(int) for name in pairs.columns[:2]]
score = asked.predicted_data.set_index("who")["propensity_logit"]
apart = [abs(score[a] - score[b]) for a, b in zip(*columns, strict=True)]
effect = own[columns[0]].mean() - own[columns[1]].mean()
print(
    json.dumps(
        {
            "seconds": ended - begun,
            "matching_seconds": ended - fitted,
            "pairs": len(pairs),
            "apart": sum(apart),
            "effect": effect if table["treated"].to_numpy()[columns[0]].all() else -effect,
            "version": version("psmpy"),
        }
    )
)
