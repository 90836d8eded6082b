from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from ontogeny.runtime.driver import grow
from ontogeny.runtime.storage.store import Store
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.terminal.live import Live, Plain
from ontogeny.views.terminal.looking_on import observer_for
from ontogeny.views.terminal.progress import RECENT, Progress


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def screen(live: Live, width: int = 90) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(live.panel())
    return console.file.getvalue()  # type: ignore[attr-defined]


def plain_lines(console: Console) -> list[str]:
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_speed_and_time_left_are_of_recent_rounds(setting, live_round):
    clock = Clock()
    progress = Progress(setting, clock)
    assert progress.speed is progress.seconds_left is None
    clock.now += 30  # spawning is compiled here: it must not count
    progress.note(live_round(0, np.zeros(8)), 0, 0)
    assert progress.seconds_a_round == pytest.approx(0.1)  # the round's own
    for number in range(1, 6):
        clock.now += 2.0
        progress.note(live_round(number, np.zeros(8)), 2, 0)
    seconds = 5 * 2.0 + 0.1
    rate, unit = progress.speed  # type: ignore[misc]
    assert unit == "environment steps"
    assert rate == pytest.approx(100.0 * 10 * 8 * 6 / seconds)
    assert progress.seconds_left == pytest.approx(14 * seconds / 6)
    assert (progress.done, progress.moves, progress.moved) == (6, 10, 2)


def test_old_rounds_are_forgotten_and_members_that_wait_do_not_count(setting, live_round):
    clock = Clock()
    progress = Progress(setting._replace(units={}), clock)
    for number in range(4 * (RECENT + 30)):  # a quarter of the members each time
        clock.now += 100.0 if number < 4 * 25 else 1.0
        ready = np.arange(8) // 2 == number % 4
        progress.note(live_round(number // 4, np.zeros(8), ready=ready), 0, 0)
    assert progress.done == len(progress.courses) == RECENT + 30
    assert progress.seconds_a_round == pytest.approx(4.0)
    rate, unit = progress.speed  # type: ignore[misc]
    assert (rate, unit) == (pytest.approx(2 * 10), "updates")


def test_a_resumed_growth_counts_what_some_members_had_lived_before(setting, live_round):
    progress = Progress(setting._replace(first=3, ahead=6), Clock())
    progress.note(live_round(3, np.zeros(8), ready=np.arange(8) < 2), 0, 0)
    assert (progress.done, len(progress.courses)) == (4, 1)


def test_scores_of_the_dead_are_left_out(setting, live_round):
    progress = Progress(setting, Clock())
    progress.note(live_round(0, [-np.inf, 1.0, 2.0, 9.0]), 0, 1)
    progress.note(live_round(1, [-np.inf] * 4), 3, 4)
    assert progress.courses[0] == (9.0, 2.0)
    assert np.isnan(progress.courses[1]).all()
    assert (progress.dead, progress.deaths) == (4, 5)


def test_the_panel_says_what_is_being_done(setting, live_round):
    clock = Clock()
    live = Live(Console(file=io.StringIO(), force_terminal=True), "breakout", clock)
    live.compiling(setting)
    try:
        clock.now += 12.0
        assert "compiling (first time only)  12 s" in screen(live)
        live.compiled(12.0)
        for number in range(3):
            clock.now += 0.5
            live.lived(live_round(number, np.arange(8.0) + number), 2 * (number > 0), 0)
        shown = screen(live)
        for part in ("breakout  8 members, 20 rounds of 10 steps", "quadratic-7", "round 3 of 20"):
            assert part in shown
        assert "best            9  ▅▇█" in shown  # of 3.5 to 9, the scale that it shares
        assert "median        5.5  ▁▂▄" in shown
        assert "moves 2 now, 4 in all · dead 0" in shown
        assert "environment steps/s" in shown
        assert "left" in shown
        live.stopping()
        assert "finishing round 4, then stopping (Ctrl-C again stops now)" in screen(live)
        assert all(len(line) <= 60 for line in screen(live, 60).splitlines())
    finally:
        live.ended("interrupted")
    assert "interrupted after 3 rounds, 14 s" in screen(live)
    assert "left" not in screen(live)


def test_a_growth_that_fails_while_it_is_compiled_leaves_a_whole_screen(setting):
    live = Live(Console(file=io.StringIO(), force_terminal=True))
    live.compiling(setting)
    live.ended("failed")
    assert "failed after 0 rounds" in screen(live)


def test_plain_lines_come_at_most_every_two_seconds_with_the_first_and_the_last(
    setting, live_round
):
    clock, console = Clock(), Console(file=io.StringIO(), width=80)
    plain = Plain(console, "breakout", clock)
    plain.compiling(setting)
    plain.compiled(3.0)
    for number in range(20):
        clock.now += 0.5
        plain.lived(live_round(number, np.arange(8.0)), 2, 0)
    plain.ended("finished")
    lines = plain_lines(console)
    rounds = [int(line.split()[1]) for line in lines if line.startswith("round")]
    assert rounds == [1, 5, 9, 13, 17, 20]
    assert lines[0].startswith("breakout: 8 members, 20 rounds of 10 steps, in ")
    assert lines[1:3] == ["compiling (first time only)", "compiled in 3.0 s"]
    assert lines[3].startswith(
        "round 1 of 20  best 7  median 3.5  moves 2  dead 0  80,000 environment steps/s"
    )
    assert lines[-1] == "finished after 20 rounds, 10 s"


def test_workers_that_start_are_not_called_compiled(setting, live_round):
    clock, console = Clock(), Console(file=io.StringIO(), width=80)
    plain = Plain(console, clock=clock)
    plain.compiling(setting._replace(hires=True, enough=lambda: "best score 7 ≥ 6"))
    plain.compiled(3.0)
    plain.lived(live_round(0, np.arange(8.0)), 2, 0)
    plain.ended("interrupted")
    lines = plain_lines(console)
    assert lines[1:3] == ["starting workers", "workers are ready after 3.0 s"]
    assert lines[-1].startswith("stopped: best score 7 ≥ 6 after 1 round, ")


def test_the_last_round_is_told_even_when_the_growth_stops_early(setting, live_round):
    clock, console = Clock(), Console(file=io.StringIO(), width=80)
    plain = Plain(console, clock=clock)
    plain.compiling(setting)
    plain.compiled(1.0)
    for number in range(3):
        clock.now += 0.1
        plain.lived(live_round(number, np.full(8, -np.inf)), 0, 8)
    plain.stopping()
    plain.ended("interrupted")
    lines = plain_lines(console)
    assert lines[-3] == "finishing round 4, then stopping (Ctrl-C again stops now)"
    assert lines[-2].startswith("round 3 of 20  best -  median -  moves 0  dead 8")


def test_a_stop_in_the_middle_of_a_print_is_harmless(setting):
    def refuse(*_, **__):
        raise RuntimeError("reentrant call")

    plain = Plain(SimpleNamespace(print=refuse))  # type: ignore[arg-type]
    plain.stopping()
    assert plain.progress is None


def test_the_console_picks_the_observer(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(observer_for(Console(file=io.StringIO())), Plain)
    assert isinstance(observer_for(Console(file=io.StringIO(), force_terminal=True)), Live)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(observer_for(Console(file=io.StringIO(), force_terminal=True)), Plain)


def test_the_panel_can_be_drawn_between_any_two_lines_of_being_told(setting, live_round):
    """The display draws in a thread of its own, so it may look in at any moment."""
    live = Live(Console(file=io.StringIO(), force_terminal=True))
    live.progress = Progress(setting, Clock())
    live.compiled(0.0)
    drawn = 0

    def draw(frame, event, argument):
        nonlocal drawn
        if event == "line":
            drawn += 1
            assert "round" in screen(live)
        return draw

    def watch(frame, event, argument):
        return draw if frame.f_code is Progress.note.__code__ else None

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        for number in range(3):
            live.lived(live_round(number, [1.0, 2.0, 3.0]), 1, 0)
    finally:
        sys.settrace(before)
    assert drawn >= 3 * 8


def test_both_watch_a_real_growth(job, tmp_path):
    file, terminal = io.StringIO(), io.StringIO()
    observers = [
        Plain(Console(file=file, width=120), "quadratic"),
        Live(Console(file=terminal, force_terminal=True, width=100), "quadratic"),
    ]
    short = job._replace(rounds=3)
    with Store.create(tmp_path / "watched") as store:
        assert grow(short, Vectorised(devices=1), store, observers=observers) == "finished"
        best = store.metric("score")[-1].max()
    last = [line for line in file.getvalue().splitlines() if line.startswith("round 3 of 3")]
    assert len(last) == 1
    assert f"{best:.4g}" in last[0]
    assert "finished after 3 rounds" in terminal.getvalue()
