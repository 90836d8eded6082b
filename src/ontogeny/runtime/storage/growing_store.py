"""A run that is read again and again while it grows: of its store only what is new is read.

What was recorded of a round stays as it is, but where a killed growth is resumed: then rounds are
forgotten and lived again, which the record says (`resumed`). So a reader keeps the rounds that
everybody has lived, and reads on from there; after a resumption, or where another run lies in the
folder, it begins anew. It takes no lock that a driver needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.runtime.storage.database import place_of
from ontogeny.runtime.storage.rows import Event, Heir
from ontogeny.runtime.storage.store import FILE, Store


class GrowingStore(Store):
    """A store for reading whose `metric`, `heirs` and `events` cost what was recorded since they
    were last asked for. `follow` comes before each reading. It serves one thread at a time.
    """

    def __init__(self, folder: Path | str):
        """Open the run in `folder`. Raises `StoreError` when it is missing or corrupt."""
        super().__init__(folder)
        self._kept = _Kept()

    def follow(self) -> GrowingStore:
        """See how far the run is, and forget what was kept where that is no more true."""
        with self.opened() as store:
            kept, place = self._kept, place_of(self.folder / FILE)
            known = len(kept.events)
            new = Store.events(store, max(known - 1, 0))
            again = known > 0 and new[:1] != kept.events[-1:]
            resumed = any(event.kind == "resumed" for event in new[1 if known else 0 :])
            rounds = Store.rounds(store)
            if place != kept.place or again or resumed or rounds < kept.lived:
                kept.forget()
                new, rounds = Store.events(store), Store.rounds(store)
            kept.place = place
            kept.fresh.clear()
            kept.events = [*kept.events[:-1], *new]
            # Every column is read after the score, so it holds the rounds that are whole there.
            score = kept.read_on(store, "score")[:rounds]
            whole = score.shape[1] >= _population(store.run())
            kept.lived = min(map(_rounds_of, score.T), default=0) if whole else 0
            kept.until["score"] = kept.lived
        return self

    def check(self) -> None:
        """Raise `StoreError` when what is recorded is not what was written: what there is when it
        is first asked, and what is new when the reading has begun anew.
        """
        if not self._kept.checked:
            super().check()
            self._kept.checked = True

    def metric(self, name: str, since: int = 0) -> Float[np.ndarray, "rounds pop"]:
        """Return one metric, of the rounds from `since` on, as `Store.metric`."""
        with self.opened() as store:
            return self._kept.read_on(store, name)[since:]

    def heirs(self, since: int = 0) -> list[Heir]:
        """Return everyone who moved in the rounds from `since` on, in order."""
        kept = self._kept
        new = super().heirs(kept.heirs_until)
        kept.heirs += [heir for heir in new if heir.round < kept.lived]
        late = [heir for heir in new if heir.round >= kept.lived]
        kept.heirs_until = kept.lived
        return [heir for heir in (*kept.heirs, *late) if heir.round >= since]

    def events(self, skip: int = 0) -> list[Event]:
        """Return what happened until `follow`, in order."""
        return self._kept.events[skip:]


class _Kept:
    """What was read of a run; all copies of its store share it."""

    def __init__(self):
        self.forget()

    def forget(self) -> None:
        """Know nothing."""
        self.place: tuple[int, int] | None = None  # of the file
        self.checked = False
        self.lived = 0  # rounds that everybody has lived, as of the last look
        self.columns: dict[str, np.ndarray] = {}
        self.until: dict[str, int] = {}  # rounds of a column that are whole
        self.fresh: set[str] = set()  # columns that were read since the last look
        self.heirs: list[Heir] = []
        self.heirs_until = 0
        self.events: list[Event] = []

    def read_on(self, store: Store, name: str) -> np.ndarray:
        """Return a column, of which what may be new is read, once a look."""
        known, since = self.columns.get(name), self.until.get(name, 0)
        if known is not None and name in self.fresh:
            return known
        new = Store.metric(store, name, since)
        if known is not None and since:
            pop = max(known.shape[1], new.shape[1])
            new = np.concatenate([_widened(known[:since], pop), _widened(new, pop)])
        self.columns[name], self.until[name] = new, self.lived
        self.fresh.add(name)
        return new


def _widened(values: np.ndarray, pop: int) -> np.ndarray:
    if values.shape[1] == pop:
        return values
    wide = np.full((len(values), pop), np.nan)
    wide[:, : values.shape[1]] = values
    return wide


def _population(run: Mapping[str, Any]) -> int:
    """Return how many members a run says that it has: the late ones too."""
    return int(run.get("population") or (run.get("fields") or {}).get("population") or 0)


def _rounds_of(column: np.ndarray) -> int:
    """Return how many rounds a slot has lived: to its last score."""
    told = np.flatnonzero(~np.isnan(column))
    return int(told[-1]) + 1 if told.size else 0
