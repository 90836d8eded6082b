"""The queries that the docs give do what is said of them."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import numpy as np
import pytest

import ontogeny as og
from ontogeny.runtime.storage.store import FILE
from ontogeny.views.growth.record import read_record

PAGE = Path(__file__).parents[1] / "docs" / "store.md"
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "quadratic-1"
    settings = {"population": 4, "rounds": 11, "steps": 4, "progress": False}
    return og.grow("quadratic", **settings, folder=folder)


def asked(run, beginning: str) -> list[tuple]:
    (query,) = [query for query in QUERIES if query.startswith(beginning)]
    with sqlite3.connect(run.folder / FILE) as db:
        if query.startswith("ATTACH"):
            first, query = query.split(";", 1)
            db.execute(re.sub("'.*?'", f"'{run.folder / FILE}'", first))
        return db.execute(query).fetchall()


def test_every_query_of_the_page_is_tested():
    assert len(QUERIES) == 6


def test_the_queries_agree_with_the_arrays(run):
    score, rate = run.metrics()["score"], run.metrics()["hypers.learning_rate"]
    best = asked(run, "SELECT round, slot, max(value)")
    assert best == [(n, int(row.argmax()), float(row.max())) for n, row in enumerate(score)]
    assert asked(run, "SELECT slot, value") == list(enumerate(rate[10].tolist()))
    moved = [(h.round, h.parent, h.round - 1) for h in run.lineage() if h.slot == 3 and h.inherit]
    assert asked(run, "SELECT round, parent") == moved
    assert asked(run, "ATTACH") == [("this", score[-1].max()), ("other", score[-1].max())]


def test_the_schedule_is_the_winning_line(run):
    line = read_record(run.store).line
    assert len({slot for _, slot in line}) > 1  # somebody inherited, or nothing is tested
    rate = run.metrics()["hypers.learning_rate"]
    found = asked(run, "WITH RECURSIVE")
    assert [(number, slot) for number, slot, _ in found] == line
    np.testing.assert_array_equal([v for _, _, v in found], [rate[place] for place in line])


def test_a_replay_says_what_it_was_of(run):
    again = og.replay(run, folder=run.folder.with_name("again"), progress=False)
    ((source, score),) = asked(again, "SELECT json_extract")
    assert source == "quadratic-1"
    assert len(json.loads(score)) == 11
