"""A table in a narrow terminal: whole columns are left out before a cell is cut."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table

ENDLESS = 10**6  # columns


class Fitting(Table):
    """Leaves out the columns with the headers in `spare`, the first of them first, until it fits.
    `told` names below it what was left out.
    """

    def __init__(self, *, spare: Sequence[str] = (), told: bool = False, **look: Any):
        super().__init__(**look)
        self.spare, self.told = spare, told

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shown: Table = self
        for n in range(len(self.spare) + 1):
            shown = self._without(self.spare[:n])
            natural = Measurement.get(console, options.update(max_width=ENDLESS), shown)
            if natural.maximum <= options.max_width:
                break
        yield from Table.__rich_console__(shown, console, options)

    def _without(self, out: Sequence[str]) -> Table:
        shown = copy.copy(self)
        kept = [column for column in self.columns if str(column.header) not in out]
        shown.columns = [dataclasses.replace(c, _index=i) for i, c in enumerate(kept)]
        if self.told and out:
            left = f"too narrow for {', '.join(reversed(out))}"
            shown.caption = f"{shown.caption}; {left}" if shown.caption else left
            shown.caption_justify = "left"
        return shown
