"""Metrics of several parts: a line a part along the winner's ancestry, in a report and in a
terminal.
"""

from __future__ import annotations

import numpy as np
from rich.console import Console

from ontogeny.views.growth.parted import parted_figure, winners_parts
from ontogeny.views.growth.record import Record, read_record
from ontogeny.views.growth.report import report_html
from ontogeny.views.terminal.tables import run_details, run_table


def record(score, **parts):
    return Record({}, score, np.array([[-1, -1], [1, 1]]), {}, np.ones(2), parted={"return": parts})


def test_each_part_is_followed_along_the_winners_line():
    easy, hard = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, np.nan]])
    one = record(np.array([[0.0, 1.0], [9.0, 2.0]]), easy=easy, hard=hard)
    assert winners_parts(one) == {"return": {"easy": [2.0, 3.0], "hard": [6.0, 7.0]}}
    bands = parted_figure(one, "return").data[::2]
    np.testing.assert_array_equal(bands[1].y, [6, 7, 7, 5])  # above, and back below


def test_where_nobody_lives_there_is_nothing_to_follow():
    nobody = np.full((2, 2), -np.inf)
    assert winners_parts(record(nobody, easy=nobody, hard=nobody)) == {}


def test_a_run_tells_them_in_its_report_and_in_the_terminal(make_store):
    store = make_store([[1.0, 2.0], [2.0, 4.0]])
    with store.transaction():
        for number in range(2):
            for name in ("gain/a", "gain/b", "alone/c"):
                store.add_metric(name, number, np.array([0.0, 5.0 + number]))
    assert list(read_record(store).parted) == ["gain"]  # one part is no several
    assert 'id="parted0"' in report_html(read_record(store))
    console = Console(width=100)
    with console.capture() as said:
        console.print(run_table(run_details(store)))
    assert [line.split()[-1] for line in said.get().splitlines() if "gain" in line] == ["6", "6"]
