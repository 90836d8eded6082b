"""TensorBoard: event files, written without TensorFlow."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from ontogeny.core.files import inside
from ontogeny.runtime.executor import Lived
from ontogeny.runtime.observer import Observer, Setting
from ontogeny.runtime.sinks.summary import Summary, TrackerNames, needed, settings_of


class TensorBoard(Observer):
    """Writes scalars, and histograms over the population, into `folder` (`tensorboard` in the run's
    folder). Look at all runs with: tensorboard --logdir runs

    >>> run = og.grow("quadratic", observers=[og.TensorBoard(members=True)])  # doctest: +SKIP
    """

    def __init__(self, folder: Path | str | None = None, *, members: bool = False):
        """`members` adds a curve a slot. Raises `MissingExtra` without tensorboardX."""
        self._writer_class = needed("tensorboardX", "tensorboardX", "TensorBoard").SummaryWriter
        self._folder, self._members = folder, members
        self._writer: Any = None
        self._names = TrackerNames()

    def compiling(self, setting: Setting) -> None:
        """Open the event file. What an earlier process wrote of rounds that are lived again is
        hidden.
        """
        folder = Path(self._folder or inside(setting.folder, "tensorboard"))
        purged = {"purge_step": setting.first} if setting.first else {}
        self._writer = self._writer_class(
            str(folder), **purged, filename_suffix=f".{time.time_ns()}"
        )
        self._summary = Summary(setting, self._members)
        rows = [f"| {name} | {value} |" for name, value in settings_of(setting).items()]
        table = "\n".join(["| setting | value |", "| --- | --- |", *rows])
        self._writer.add_text("settings", table, setting.first)

    def lived(self, round_: Lived, moved: int, dead: int) -> None:
        """Write a round."""
        if (summed := self._summary.note(round_, moved, dead)) is None:
            return
        for name, value in summed.scalars.items():
            self._writer.add_scalar(self._names[name], value, summed.step)
        for name, column in summed.columns.items():
            if (finite := column[np.isfinite(column)]).size:
                self._writer.add_histogram(self._names[f"{name}/members"], finite, summed.step)
        self._writer.flush()  # who is killed has no other moment for it

    def ended(self, status: str) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
