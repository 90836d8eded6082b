from __future__ import annotations

import io
import json

import numpy as np
from rich.console import Console

from ontogeny.views.growth.record import read_record
from ontogeny.views.growth.report import _members
from ontogeny.views.growth.run_figures import hyper_figure
from ontogeny.views.terminal.tables import (
    MEMBERS,
    claims_table,
    members_table,
    run_details,
    run_summary,
    run_table,
    runs_table,
)


def printed(table, width: int = 110) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_summary_of_a_grown_run(grown_store):
    summary = run_summary(grown_store)
    score = grown_store.metric("score")
    assert summary["name"] == "quadratic-1"
    assert summary["status"] == "finished"
    assert (summary["population"], summary["rounds"], summary["planned"]) == (8, 20, 20)
    assert summary["best"] == score[-1].max()
    assert summary["best_slot"] == score[-1].argmax()
    assert summary["course"] == score.max(axis=1).tolist()
    assert (summary["moves"], summary["deaths"], summary["work"], summary["unit"]) == (
        38,
        0,
        1600.0,
        "updates",
    )
    assert summary["begun"][4] == "-"
    assert summary["begun"][10] == "T"


def test_details_are_json_and_members_come_best_first(grown_store):
    details = run_details(grown_store)
    assert json.loads(json.dumps(details, allow_nan=False)) == details
    scores = [member["score"] for member in details["members"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 8
    assert set(details["members"][0]["hypers"]) == {"rate", "drag"}
    assert details["winning_line"][-1] == [19, details["best_slot"]]
    assert {member["age"] % 10 for member in details["members"]} == {0}
    assert min(member["age"] for member in details["members"]) == 10  # who moved last


def test_the_dead_and_the_empty_are_json_too(make_store):
    dead = run_details(make_store(np.array([[1.0, 2.0], [-np.inf, np.nan]]), name="dead"))
    assert [(m["slot"], m["score"], m["alive"]) for m in dead["members"]] == [
        (1, 2.0, True),
        (0, None, False),
    ]
    assert dead["course"] == [2.0, None]
    gone = run_details(make_store(np.full((1, 2), -np.inf), name="gone"))
    empty = run_details(
        make_store(np.zeros((0, 1)), name="empty", fields={"rounds": 9, "population": 4})
    )
    assert gone["best"] is gone["median"] is None
    assert gone["deaths"] == 2
    assert (empty["rounds"], empty["members"], empty["population"]) == (0, [], 4)
    json.dumps([dead, gone, empty], allow_nan=False)
    text = printed(runs_table([dead, gone, empty]))
    assert "0 of 9" in text
    assert "dead" in printed(run_table(gone))
    assert "No round is recorded yet." in printed(run_table(empty))


def test_the_list_keeps_a_line_a_run(grown_store):
    lines = printed(runs_table([run_summary(grown_store)])).splitlines()
    row = next(line for line in lines if "quadratic-1" in line)
    assert "finished" in row
    assert "20 of 20" in row
    assert "█" in row
    assert "no runs yet" in printed(runs_table([]))


def test_what_show_prints(grown_store):
    text = printed(run_table(run_details(grown_store)))
    assert "ontogeny grow quadratic --population 8" in text
    assert "38; deaths 0" in text
    assert "1,600 updates" in text


def test_a_word_that_was_chosen_is_shown_as_the_word(make_store):
    options = {"kind": "Choice", "options": ["adam", "[b]sgd", None, True]}
    numbers = np.array([[0.0, 2.0], [1.0, 2.0]])
    store = make_store([[1, 0], [2, 0]], {"opt": numbers}, space={"opt": options})
    details = run_details(store)
    assert [member["hypers"]["opt"] for member in details["members"]] == ["[b]sgd", "None"]
    assert "[b]sgd" in printed(run_table(details))
    assert "opt went from adam to [b]sgd" in details["verdict"]
    record = read_record(store)
    assert ">[b]sgd</td>" in _members(record)
    assert hyper_figure(record, "opt").data[-1].text[1] == "round 1, slot 0: [b]sgd"


def test_names_are_not_read_as_markup(make_store):
    store = make_store(
        np.ones((1, 1)), {"[red]rate": np.ones((1, 1))}, recipe="[bold]x", repeat="grow [/x]"
    )
    details = run_details(store)
    text = printed(run_table(details)) + printed(runs_table([details]))
    assert "[red]rate" in text
    assert text.count("[bold]x") == 2
    assert "grow [/x]" in text


def test_claims():
    claims = [
        {
            "claim": "toy [a]",
            "paper": "1.197",
            "measured": 1.19512345,
            "threshold": "±0.02",
            "holds": True,
        },
        {
            "claim": "breakout",
            "paper": "more",
            "measured": "less",
            "threshold": 1.0,
            "holds": False,
        },
    ]
    lines = printed(claims_table(claims)).splitlines()
    assert any(
        "toy [a]" in line and "1.195" in line and line.rstrip().endswith("holds") for line in lines
    )
    assert any("breakout" in line and "does not hold" in line for line in lines)


def test_of_many_members_a_table_lists_the_best():
    members = [
        {"slot": slot, "score": -slot, "age": 1, "alive": True, "hypers": {}} for slot in range(100)
    ]
    table = members_table(members)
    assert table.row_count == MEMBERS
    assert table.caption == f"and {100 - MEMBERS} more"


def test_a_member_that_is_behind_is_shown_as_of_its_own_last_round(make_store):
    score = np.array([[1.0, 2.0], [3.0, np.nan]])
    details = run_details(make_store(score, {"rate": np.array([[0.1, 0.2], [0.3, np.nan]])}))
    shown = [(m["slot"], m["score"], m["hypers"]["rate"]) for m in details["members"]]
    assert shown == [(0, 3.0, 0.3), (1, 2.0, 0.2)]


def test_what_does_not_fit_is_left_out_and_names_stay_whole():
    """At 80 columns a list loses what says less; a table of members says what it left out."""
    name = "a-name-of-a-run-that-is-forty-letters-wide-"
    run = {
        "name": name,
        "recipe": "quadratic",
        "status": "finished",
        "population": 16,
        "rounds": 3,
        "planned": 3,
        "best": -0.5,
        "course": [1.0, 2.0],
        "seconds": 1.0,
        "begun": "2026-01-01T00:00:00",
    }

    def shown(table, width):
        console = Console(width=width, file=io.StringIO())
        console.print(table)
        return console.file.getvalue()

    narrow, wide = (shown(runs_table([run]), width) for width in (80, 200))
    assert all(name in text and "finished" in text for text in (narrow, wide))
    assert "2026" not in narrow
    assert "2026-01-01" in wide
    hypers = {f"rate_{i}": 0.123456789 for i in range(12)}
    member = {"slot": 0, "score": 1.0, "age": 3, "alive": True, "hypers": hypers}
    text = shown(members_table([member]), 80)
    assert "0.1235" in text
    assert "too narrow for" in text
    assert "rate_11" in text.replace("\n", " ")
