"""How a worker lives the rounds of scripts: those that wait go on; one whose slot inherits, whose
hypers are others, or whose worker is new, is begun anew from what was handed on.
"""

from __future__ import annotations

import math
import os
import pickle
from pathlib import Path
from typing import Any, cast

import numpy as np

from ontogeny.core.errors import StructureError
from ontogeny.core.host import own_choices
from ontogeny.core.script import Script
from ontogeny.runtime.apart.living import HostLiving, Round, plain
from ontogeny.runtime.apart.messages import Setup
from ontogeny.runtime.apart.states import Packed, pack_host_state
from ontogeny.runtime.scripts.life import Life
from ontogeny.runtime.scripts.member import Report

NOTHING: dict[str, Any] = {"state": {}, "files": {}}


class ScriptLiving(HostLiving):
    """See the module's text."""

    def __init__(self, script: Script, setup: Setup):
        super().__init__(cast(Any, script), setup)
        self.script, self.folder = script, setup.folder
        self.lives: dict[int, tuple[Life, bytes]] = {}  # by slot, and the hypers that it lives with
        self._begun = 0

    def fresh(self, slot: int, lived: int, hypers: Any) -> Any:
        return None

    def live(self, slot: int, lived: int, state: Any, hypers: Any) -> Round:
        if self.lives.get(slot) != (state, pickle.dumps(plain(hypers))):
            left = state.left() if isinstance(state, Life) else state
            state = self._anew(slot, lived, left, hypers)
        self.notes = ()
        try:
            reports = state.live(lived, self.steps)
        finally:
            self.spoiled |= state.hung
        last = reports[-1]
        if not math.isfinite(last.score):
            self.notes = (("reported", f"{last.where}: a score that is not finite"),)
        score = last.score if math.isfinite(last.score) else -math.inf
        return Round(state, score, means(reports), None)

    def pack(self, round_: Round) -> tuple[Packed, Round]:
        life = round_.state
        if life is None:  # it died by an exception
            return pack_host_state(NOTHING, self.learner)[0], round_
        try:
            packed, finite = pack_host_state(life.left(), self.learner)
        except StructureError as error:
            raise StructureError(
                f"what it hands on can't be written: {error.what}",
                where=life.member.told or error.where,
                hint="hand on arrays, tensors, numbers and text, what has a state_dict, trees of "
                "JAX's arrays; or write files into member.folder",
            ) from error
        if not finite and math.isfinite(round_.score):
            said = f"{life.member.told}: an array that is handed on is not finite"
            self.notes = (*self.notes, ("reported", said))
        return packed, round_ if finite else round_._replace(score=-math.inf)

    def check(self, path: Path, state: Any) -> None:
        """There is nothing yet: what is handed on is looked at when its first round is over."""

    def _anew(self, slot: int, lived: int, left: Any, hypers: Any) -> Life:
        """Begin the slot's script, in place of the one that waits."""
        if slot in self.lives:
            old, _ = self.lives.pop(slot)
            old.end()
            self.spoiled |= old.hung
        self._begun += 1
        folder = self.folder / f"work-{slot:04d}-{os.getpid()}-{self._begun}"
        given = own_choices(self._given(hypers), self.script.choices)
        life = Life(self.script, self.seed, slot, given, left, folder, lived)
        self.lives[slot] = (life, pickle.dumps(plain(hypers)))
        return life


def means(reports: list[Report]) -> dict[str, float]:
    """Return each number's mean over the reports that have it."""
    names = {name for report in reports for name in report.metrics}
    return {
        name: float(np.mean([r.metrics[name] for r in reports if name in r.metrics]))
        for name in sorted(names)
    }
