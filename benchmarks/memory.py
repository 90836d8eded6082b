"""The peak memory that `ontogeny doctor RECIPE` predicts, beside the one that `ontogeny grow
RECIPE` then has.

Both are processes of their own; the peak is what the operating system says of the finished process.
With a cold cache the compiler's memory counts too, with a warm one it does not, so both are
measured. The prediction is asked for in the same state of the cache as the growth that it is held
against. A few rounds are grown: nothing that a growth holds grows with its rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.result import Figure, Result, Target

SCRIPT = Path(__file__).parent / "peers" / "peak.py"
CASES = (
    ("toy", "2"),
    ("quadratic", "16"),
    ("cartpole", "16"),
    ("cartpole", "64"),
    ("breakout", "4"),
    ("breakout", "16"),
    ("breakout", "64"),
)
STATES = ("cold", "warm")  # of the cache, one after the other
ROUNDS, STEPS = "4", "1"


def measure(quick: bool) -> Result:
    """Return the ratio of prediction to measurement for each case, cold and warm."""
    figures: list[Figure] = []
    ratios: dict[str, list[float]] = {state: [] for state in STATES}
    for recipe, population in CASES[:2] if quick else CASES:
        words = [recipe, "--population", population, "--rounds", ROUNDS, "--steps", STEPS]
        with tempfile.TemporaryDirectory() as folder:
            for state in STATES:
                asked = _run(Path(folder), "doctor", ["doctor", *words, "--json"])
                grown = _run(Path(folder), "grow", ["grow", *words, "--checkpoint-seconds", "0"])
                predicted = json.loads(asked["said"].splitlines()[-1])["predicted_peak_bytes"]
                ratios[state].append(predicted / grown["peak_bytes"])
                name = f"{recipe} {population}, {state}"
                figures += [
                    Figure(f"{name}: grow", "MB", [grown["peak_bytes"] / 1e6]),
                    Figure(f"{name}: predicted", "MB", [predicted / 1e6]),
                    Figure(
                        f"{name}: predicted / grow",
                        "ratio",
                        ratios[state][-1:],
                        Target(low=0.7, high=1.3),
                    ),
                ]
    return Result({"rounds": ROUNDS, "steps a round": STEPS}, figures)


def _run(folder: Path, cache: str, words: list[str]) -> dict[str, Any]:
    """Run one verb with a cache of its own; return its peak, and what it said. Raises
    `RuntimeError` if it fails.
    """
    settings = {"ONTOGENY_CACHE": str(folder / cache), "ONTOGENY_RUNS": str(folder / "runs")}
    ontogeny = Path(sys.executable).with_name("ontogeny")
    command = [sys.executable, str(SCRIPT), str(ontogeny), *words]
    answer = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | settings, check=True
    )
    told = json.loads(answer.stdout)
    if told["code"]:
        raise RuntimeError(f"ontogeny {' '.join(words)} left with {told['code']}: {told['said']}")
    return told
