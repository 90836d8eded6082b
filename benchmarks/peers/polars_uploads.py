"""What everybody showed, by Polars: polars_uploads.py PHOTOS.parquet MIDDLE MEANS.npy THREADS.
Says seconds; the means by users in order go to the third.
"""

from __future__ import annotations

import json
import os
import sys
import time

import numpy as np

os.environ["POLARS_MAX_THREADS"] = sys.argv[4]

import polars  # pyright: ignore[reportMissingImports]

score, first = polars.col("score"), polars.col("time") < int(sys.argv[2])
asked = (
    polars.scan_parquet(sys.argv[1])
    .filter(polars.col("rule").is_null())
    .group_by("user")
    .agg(
        polars.len().alias("uploads"),
        score.count().alias("scored"),
        score.mean().alias("quality"),
        first.sum().alias("uploads_first"),
        score.filter(first).count().alias("scored_first"),
        score.filter(first).mean().alias("quality_first"),
        (~first).sum().alias("uploads_second"),
        score.filter(~first).count().alias("scored_second"),
        score.filter(~first).mean().alias("quality_second"),
    )
)
begun = time.perf_counter()
found = asked.collect(engine="streaming")
seconds = time.perf_counter() - begun
np.save(sys.argv[3], found.sort("user")["quality"].to_numpy())
print(json.dumps({"seconds": seconds, "version": polars.__version__}))
