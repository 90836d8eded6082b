"""Who mistypes something, or asks what a machine can do, does not wait."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from ontogeny.cli.doctoring import _speed, rounds_within

VERBS = ["resume", "stop", "show", "report", "verify", "note", "remove", "compare", "replay"]
VERBS += ["play", "export"]


def test_a_mistyped_run_is_noticed_before_anything_heavy_is_imported(tmp_path):
    code = f"""
import sys
from ontogeny.cli import run
print([run([verb, "nowhere"]) for verb in {VERBS}], run(["grow", "quadratik"]))
print(sorted({{"jax", "rich.live", "plotly", "pandas"}} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.splitlines() == [f"{[2] * len(VERBS)} 2", "[]"], done.stderr
    assert done.stderr.count("no run is called 'nowhere'") == len(VERBS)


class Slow:
    """A program of three rounds of four members, which wait in the last."""

    def __init__(self, waits: float = 0.0, wrong: Exception | None = None):
        self.waits, self.wrong, self.end = waits, wrong, threading.Event()

    def rounds(self, first=0, snapshot=None, stop=lambda: False):
        for number in range(3):
            if number == 2:
                if self.wrong is not None:
                    raise self.wrong
                self.end.wait(self.waits)
            yield SimpleNamespace(ready=np.ones(4, bool), seconds=0.5)


def test_rounds_are_measured_for_so_long_and_no_longer():
    lived, whole = rounds_within(30.0, Slow())
    assert (lived, whole) == ([(4, 0.5)] * 3, True)
    assert _speed(lived, whole, 4, 10) == (80.0, "")
    slow, begun = Slow(60.0), time.monotonic()
    lived, whole = rounds_within(0.2, slow)
    assert time.monotonic() - begun < 30.0
    slow.end.set()
    assert (lived, whole) == ([(4, 0.5)] * 2, False)
    assert _speed(lived, whole, 4, 10) == (80.0, "rounds: 2 of 3 were over in 10 s")
    assert _speed(lived[:1], whole, 4, 10)[1].endswith("the first, in which much is slower")
    speed, left_out = _speed([], False, 4, 10)
    assert speed is None
    assert "so it is below 4 updates/s" in left_out
    with pytest.raises(ValueError, match="broken"):
        rounds_within(30.0, Slow(wrong=ValueError("broken")))
