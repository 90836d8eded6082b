"""Scoring on a Ray cluster of two workers, one of which dies, and a driver that stops: every
partition is written once, and as one process writes it. In a process of its own, for Ray leaves
threads behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ontogeny.core.errors import MissingExtra
from ontogeny.runtime.ray_scoring import on_ray
from tiny_scorer import TinyScorer

CODE = """
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from ontogeny.runtime import scoring
from ontogeny.runtime.photo_judging import Judge
from ontogeny.runtime.photo_source import photo_source
from ontogeny.runtime.ray_scoring import on_ray
from tiny_scorer import TinyBackbone, TinyScorer, write_photos

place = Path(sys.argv[1])
scoring.PARTITION = 8
photos = write_photos(place / "photos", 40)
(photos / "second" / "zz.jpg").write_bytes((photos / "first" / "0000.jpg").read_bytes())
(photos / "first" / "empty.jpg").write_bytes(b"")


class DiesOnce(TinyScorer):
    def of_features(self, features):
        import os

        try:
            os.close(os.open(place / "died", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return super().of_features(features)
        os._exit(1)


def score(out, **how):
    judge = Judge(TinyScorer(), TinyBackbone())
    return scoring.score_photos(photo_source(photos), judge, place / out, skip_same=True, **how)


score("here.parquet", workers=0)
on_two = on_ray(DiesOnce(), None, 2, TinyBackbone)
asked = []
stopped = lambda: asked.append(0) or len(asked) > 3
first = score("ray.parquet", scoring=on_two, stopped=stopped)
assert first.stopped and (place / "died").exists(), first
again = score("ray.parquet", scoring=on_two)
assert again.kept == first.counts.photos == 24, again.kept
assert (again.counts.scored, again.counts.unread, again.counts.same) == (40, 1, 1)
one, other = (pq.read_table(place / f"{name}.parquet").to_pydict() for name in ("here", "ray"))
for column in one:  # copies are left out before the network here, and after it there
    numbers = column in ("score", "percentile", "spread", "look")
    lists = [[v for v in table[column] if v is not None] for table in (one, other)]
    same = np.allclose(*lists, atol=1e-5) if numbers else one[column] == other[column]
    assert same and len(lists[0]) == len(lists[1]), column
print("the same")
"""


def test_partitions_are_written_once_whatever_dies(tmp_path):
    pytest.importorskip("ray")
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])  # for the workers too
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)],
        check=False,
        timeout=200,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the same" in done.stdout.splitlines()  # among what Ray tells of the death


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"ontogeny\[ray\]"):
        on_ray(TinyScorer())
