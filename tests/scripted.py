"""Scripts that are members: a descent, and descents that misbehave at their fourth step."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path

import numpy as np

CURVATURE = np.logspace(-1, 0, 5)
HERE = Path(__file__)


def train(member):
    x = member.state(x=3 + np.random.standard_normal(5))
    rate = member.hypers["rate"]
    for _ in member.steps():
        x -= rate * (CURVATURE * x + np.random.standard_normal(5))
        loss = float(CURVATURE @ x**2) / 2
        member.report(-loss, loss=loss)


def silent(member):
    for _ in member.steps():
        member.hypers["rate"]  # and no word of how good it is


def without_a_loop(member):
    member.state(rate=member.hypers["rate"])


def breaking_off(member):
    for step in member.steps():
        if step == 3:
            break
        member.report(-member.hypers["rate"])


def looping_twice(member):
    for step in member.steps():
        member.report(-member.hypers["rate"])
        if step == 3:
            break
    for _ in member.steps():
        pass


def saying(what):
    """Reports `what` at a member's fourth step."""

    def train(member):
        for step in member.steps():
            member.report(what if step == 3 else -member.hypers["rate"])

    return train


def forgetting(member):
    """Hands on something, and does not ask for it before its loop."""
    x = np.ones(2)
    for _ in member.steps():
        member.report(-member.hypers["rate"] * x.sum())
        member.state(x=x)


def raising(member):
    for step in member.steps():
        if step == 3:
            raise ZeroDivisionError("the dog ate it")
        member.report(-member.hypers["rate"])


def leaving(member):
    for step in member.steps():
        if step == 3:
            raise SystemExit(7)
        member.report(-member.hypers["rate"])


def dying(member):
    for step in member.steps():
        rate = member.hypers["rate"]
        member.report(math.nan if step == 3 and member.slot == 1 else -rate)


def hanging_or_forking(member):
    """At its fourth step the one goes on as two processes, and the other for ever."""
    for step in member.steps():
        if step == 3 and member.slot == 0:
            os.fork()
        while step == 3 and member.slot == 1:
            time.sleep(0.01)
        member.report(-member.hypers["rate"])


def handing_on_a_set(member):
    for _ in member.steps():
        member.report(-member.hypers["rate"])
        member.state(x={1, 2})


def with_a_folder(member):
    """Counts its steps in a file, away from where it was begun."""
    os.chdir(member.folder)
    count = Path("count")
    for _ in member.steps():
        seen = int(count.read_text()) if count.exists() else 0
        count.write_text(str(seen + 1))
        member.report(-member.hypers["rate"], seen=seen + 1)


def line_of(text: str) -> str:
    """Return where in this file the text is, as an error says it."""
    lines = HERE.read_text().splitlines()
    return f"{HERE}:{next(n for n, line in enumerate(lines, 1) if text in line)}"
