"""The same texts on a cluster of Ray: the same rows and, to 1e-9, the same numbers. In a process of
its own, for Ray leaves threads behind.
"""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from ontogeny.core.errors import ConfigError, DataError
from ontogeny.social.tables.embedded import Embedded
from ontogeny.social.tables.engine import Column, Table, sql

CODE = """
import sys
from pathlib import Path

import numpy as np

from ontogeny.social.study.users import users_of
from ontogeny.social.study.windows import windows_of
from ontogeny.social.tables.admission import admit_tables
from ontogeny.social.tables.distributed import Distributed
from ontogeny.social.tables.embedded import Embedded
from small_platform import with_odd_rows

found = []
for engine in (Embedded(threads=1), Distributed(workers=2)):
    place = Path(sys.argv[1]) / engine.name
    tables = admit_tables(*with_odd_rows().values(), place, engine)
    users = users_of(tables, windows_of(tables.first, tables.last), place / "study")
    found.append((tables, users))
(here, one), (there, two) = found
assert here.excluded == there.excluded and here.read == there.read
assert [len(rules) for rules in here.excluded.values()] == [4, 4, 5], here.excluded
assert here.told == there.told and here.unscored
assert one.window == two.window
for name, values in one.columns.items():
    np.testing.assert_allclose(two.columns[name], values, 1e-9, 1e-9, err_msg=name)
assert np.array_equal(one.source, two.source) and np.array_equal(one.target, two.target)
assert (Path(sys.argv[1]) / "daft" / "photos.parquet").is_dir()
print(len(one.columns), "columns of", one.number, "users agree")
"""


def test_a_cluster_comes_to_the_same_numbers(tmp_path):
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", CODE, str(tmp_path)]
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-3000:]
    assert "columns of 40 users agree" in said.stdout


def test_texts_are_filled_in_and_what_does_not_fit_is_refused(tmp_path):
    here = "ontogeny.social.tables"
    text = sql(here, "joined", join="they're in", until=7)
    assert "kind = 'they''re in'" in text
    assert "time < 7" in text
    with pytest.raises(ConfigError, match=r"asks for \['join', 'until'\] and is given \['join'\]"):
        sql(here, "joined", join="a")
    with pytest.raises(ConfigError, match="no number that SQL takes"):
        sql(here, "joined", join="a", until=float("inf"))
    with pytest.raises(DataError, match="DuckDB cannot work on them"):
        Embedded().read("SELECT * FROM a", {"a": Table(tmp_path / "absent.parquet")})


def test_what_does_not_fit_in_the_memory_is_spilled(tmp_path):
    spilling = Embedded("70MB", tmp_path / "spill", 1)
    rows, path = 1_500_000, tmp_path / "rows.parquet"
    drawn = "SELECT range AS id, range % 1000 AS score FROM range"
    spilling._connection.execute(f"COPY ({drawn}({rows})) TO '{path}' (FORMAT parquet)")
    table = Table(path, {"id": Column("id", "text"), "score": Column("score", "number")})
    text = "SELECT id, avg(score) AS score FROM photos GROUP BY id"
    spilling.write(text, {"photos": table}, tmp_path / "out.parquet")
    found = spilling.read(
        "SELECT count(*) AS n, sum(score) AS total FROM out",
        {"out": Table(tmp_path / "out.parquet")},
    )
    assert found["n"][0] == rows
    assert found["total"][0] == rows // 1000 * np.arange(1000).sum()
