"""What a growth looks like in a terminal: a panel that moves, or plain lines in a pipe.

Both are observers: the driver tells them of each round after it was recorded. They keep a few
numbers a round; drawing happens in another thread, at most `REFRESH` times a second, while the main
thread waits for the devices.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.live import Live as Display
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.storage.folders import short_path
from ontogeny.views.growth.scales import score_scale
from ontogeny.views.quantities import NOTHING, count, duration, number, score_text
from ontogeny.views.terminal.progress import Progress
from ontogeny.views.terminal.safety import Terminal
from ontogeny.views.terminal.sparkline import span, sparkline

REFRESH = 4  # frames a second: a frame costs some milliseconds of one core
PLAIN_SECONDS = 2.0  # between two plain lines
ENDS = {"finished": "green", "interrupted": "yellow", "failed": "red"}


class Live(Observer):
    """A panel that is redrawn in place: scores, speed, moves, what is left."""

    def __init__(
        self,
        console: Console | None = None,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
    ):
        """`title` names what is grown (the recipe); the run folder's name stands in for it."""
        self.console, self.title, self.clock = console or Terminal(), title, clock
        self.progress: Progress | None = None
        self._ready = self._stopping = False
        self._status = ""
        self._spinner = Spinner("dots")
        self._display = Display(
            console=self.console,
            get_renderable=self.panel,
            refresh_per_second=REFRESH,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def watch(self, setting: Setting) -> None:
        """Begin to take notes, and draw nothing: for who shows the panel elsewhere."""
        self.progress = Progress(setting, self.clock)

    def compiling(self, setting: Setting) -> None:
        self.watch(setting)
        self._display.start()

    def compiled(self, seconds: float) -> None:
        del seconds
        self._ready = True

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        assert self.progress is not None
        self.progress.note(round_, moved, dead)

    def stopping(self) -> None:
        self._stopping = True  # called from a signal handler: only the display's own thread draws

    def ended(self, status: str) -> None:
        self._status = status
        self._display.stop()

    def panel(self) -> RenderableType:
        """Return what stands on the screen now."""
        progress = self.progress
        if progress is None:
            return Text()
        folder = progress.setting.folder
        head = Text(self.title or folder.name, style="bold", no_wrap=True, overflow="ellipsis")
        head.append(
            f"  {_extent(progress.setting)}",
            style="not bold dim",
        )
        lines: list[RenderableType] = [head, _line(short_path(folder), "dim")]
        if not self._ready and not self._status:
            doing = _preparing(progress.setting)
            self._spinner.update(text=f"{doing}  {duration(progress.elapsed)}")
            lines.append(self._spinner)
        else:
            lines += [self._bar(progress), self._scores(progress), self._facts(progress)]
        if note := self._note(progress):
            lines.append(note)
        return Group(*lines)

    def _bar(self, progress: Progress) -> RenderableType:
        row = Table.grid(padding=(0, 2))
        bar = ProgressBar(
            progress.rounds, progress.done, width=max(10, min(40, self.console.width - 46))
        )
        left = progress.seconds_left
        ahead = "" if left is None or self._status else f"{duration(left)} left"
        row.add_row(f"round {progress.done} of {progress.rounds}", bar, Text(ahead, "dim"))
        return row

    def _scores(self, progress: Progress) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        grid.add_column()
        grid.add_column(justify="right", min_width=9)
        grid.add_column(no_wrap=True)
        width = max(8, min(60, self.console.width - 22))
        courses = np.array(list(progress.courses), float).reshape(-1, 2).T
        places = score_scale(courses).place(courses)
        for name, values, place, style in zip(
            ("best", "median"), courses, places, ("green", "blue"), strict=True
        ):
            last = score_text(values[-1]) if values.size else NOTHING
            grid.add_row(name, last, Text(sparkline(place, width, span(places.ravel())), style))
        return grid

    def _facts(self, progress: Progress) -> RenderableType:
        speed, pace = progress.speed, progress.seconds_a_round
        facts = [f"{number(speed[0])} {speed[1]}/s" if speed else "measuring speed"]
        if pace is not None:
            facts.append(f"{duration(pace)} a round")
        facts.append(f"moves {progress.moved} now, {progress.moves:,} in all")
        text = Text(" · ".join(facts))
        dead = f" · dead {progress.dead}"
        text.append(
            dead if progress.deaths == progress.dead else f"{dead} now, {progress.deaths:,} in all"
        )
        if progress.dead:
            text.stylize("red", len(text) - len(text.plain.rsplit(" · ", 1)[1]))
        return text

    def _note(self, progress: Progress) -> RenderableType | None:
        if self._status:
            look = "green" if progress.setting.enough() else ENDS.get(self._status, "")
            return Text(_end(self._status, progress), look)
        return Text(_stop_note(progress.done), "yellow") if self._stopping else None


class Plain(Observer):
    """One line a round, at most one in `PLAIN_SECONDS`; the first round and the last always."""

    def __init__(
        self,
        console: Console | None = None,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
    ):
        """`title` names what is grown (the recipe); the run folder's name stands in for it."""
        self.console, self.title, self.clock = console or Terminal(), title, clock
        self.progress: Progress | None = None
        self._printed = float("-inf")
        self._shown = True

    def compiling(self, setting: Setting) -> None:
        self.progress = Progress(setting, self.clock)
        title = self.title or setting.folder.name
        self._print(f"{title}: {_extent(setting)}, in {short_path(setting.folder)}")
        self._print(_preparing(setting))

    def compiled(self, seconds: float) -> None:
        hires = self.progress is not None and self.progress.setting.hires
        self._print(f"{'workers are ready after' if hires else 'compiled in'} {duration(seconds)}")

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        progress = self.progress
        assert progress is not None
        progress.note(round_, moved, dead)
        now = self.clock()
        self._shown = now - self._printed >= PLAIN_SECONDS or progress.done == progress.rounds
        if self._shown:
            self._printed = now
            self._print(_sentence(progress))

    def stopping(self) -> None:
        # In a signal handler, the line may fall into another print, which Python refuses.
        with contextlib.suppress(RuntimeError):
            self._print(_stop_note(self.progress.done if self.progress else 0))

    def ended(self, status: str) -> None:
        progress = self.progress
        assert progress is not None
        if not self._shown:
            self._print(_sentence(progress))
        self._print(_end(status, progress))

    def _print(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def _sentence(progress: Progress) -> str:
    speed, left = progress.speed, progress.seconds_left
    parts = [
        f"round {progress.done} of {progress.rounds}",
        f"best {score_text(progress.courses[-1][0])}",
        f"median {score_text(progress.courses[-1][1])}",
        f"moves {progress.moved}",
        f"dead {progress.dead}",
    ]
    if speed:
        parts.append(f"{number(speed[0])} {speed[1]}/s")
    if left:
        parts.append(f"{duration(left)} left")
    return "  ".join(parts)


def _extent(setting: Setting) -> str:
    job = setting.job
    return (
        f"{count(job.population, 'member')}, "
        f"{count(job.rounds, 'round')} of {count(job.steps, 'step')}"
    )


def _preparing(setting: Setting) -> str:
    return "starting workers" if setting.hires else "compiling (first time only)"


def _end(status: str, progress: Progress) -> str:
    why = progress.setting.enough() if status == "interrupted" else ""
    said = f"stopped: {why}" if why else status
    return f"{said} after {count(progress.done, 'round')}, {duration(progress.elapsed)}"


def _stop_note(done: int) -> str:
    return f"finishing round {done + 1}, then stopping (Ctrl-C again stops now)"


def _line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
