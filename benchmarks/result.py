"""What a benchmark found: series of figures, ratios of them, and whether a target is met."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FILE = Path(__file__).with_name("results.json")
FORMAT = 1


@dataclass(frozen=True)
class Target:
    """From `low` to `high`, where either may be open. The median is held against it."""

    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether the value lies within."""
        low = self.low is None or value >= self.low
        return bool(low and (self.high is None or value <= self.high))  # NumPy's is no JSON

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if self.low is not None else f"at most {self.high:g}"


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, its unit, every value, and the target if there is one.

    The unit of a ratio is "ratio"; its values are of neighbouring pairs, not of medians.
    """

    name: str
    unit: str
    values: Sequence[float]
    target: Target | None = None

    @property
    def median(self) -> float:
        """Of the values."""
        return statistics.median(self.values)

    @property
    def holds(self) -> bool | None:
        """Whether the median meets the target; None where there is none."""
        return self.target.holds(self.median) if self.target else None

    def to_json(self) -> dict[str, Any]:
        """Return the row as it stands in results.json."""
        row = {
            "name": self.name,
            "unit": self.unit,
            "n": len(self.values),
            "median": _short(self.median),
            "min": _short(min(self.values)),
            "max": _short(max(self.values)),
        }
        if self.target:
            row |= {"target": str(self.target), "holds": self.holds}
        return row


@dataclass(frozen=True)
class Result:
    """All that one benchmark found, and the setting in which it did."""

    setting: dict[str, Any]
    figures: list[Figure] = field(default_factory=list[Figure])

    def to_json(self) -> dict[str, Any]:
        """Return what stands in results.json under the benchmark's name."""
        return {
            "setting": self.setting,
            "figures": [figure.to_json() for figure in self.figures],
        }


def by_turns(arms: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Return what each arm returned, `repeats` times. The arms take turns, every other time
    backwards, so that a slow drift of the machine favours nobody."""
    values: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(repeats):
        for name in list(arms)[:: 1 if turn % 2 == 0 else -1]:
            values[name].append(arms[name]())
    return values


def pairwise(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Return the ratio of each pair of neighbours."""
    return [a / b for a, b in zip(above, below, strict=True)]


def load() -> float:
    """Return the machine's load over the last minute: how many processes wanted to run."""
    return round(os.getloadavg()[0], 2)


def show(name: str, summary: str, result: Result, seconds: float) -> None:
    """Print the benchmark's table."""
    table = Table(title=f"{name}: {summary}", title_justify="left", title_style="bold")
    for column in ("", "median", "min", "max", "n", "unit", "target", ""):
        table.add_column(column, justify="left" if column in ("", "unit", "target") else "right")
    for figure in result.figures:
        low, high = min(figure.values), max(figure.values)
        verdict = {None: "", True: "met", False: "[red]missed"}[figure.holds]
        table.add_row(
            figure.name,
            *(f"{_short(value):,}" for value in (figure.median, low, high)),
            str(len(figure.values)),
            figure.unit,
            str(figure.target or ""),
            verdict,
        )
    console = Console(width=None if Console().is_terminal else 140)
    console.print(table)
    said = ", ".join(f"{key} {value}" for key, value in result.setting.items())
    console.print(f"{said}; {seconds:.0f} s\n", style="dim", highlight=False, markup=False)


def keep(name: str, result: Result, machine: dict[str, Any], path: Path = FILE) -> None:
    """Put the benchmark's figures into the file, beside those of the others that are there, and
    draw the table of the documentation again.
    """
    before = json.loads(path.read_text()) if path.exists() else {}
    others = before.get("benchmarks", {}) if before.get("format") == FORMAT else {}
    whole = {
        "format": FORMAT,
        "machine": machine,
        "benchmarks": dict(sorted((others | {name: result.to_json()}).items())),
    }
    for file, text in (
        (path, json.dumps(whole, indent=1) + "\n"),
        (path.with_name("table.md"), markdown(whole)),
    ):
        part = file.with_suffix(".part")
        part.write_text(text)
        part.rename(file)


def markdown(whole: Mapping[str, Any]) -> str:
    """Return the table of docs/benchmarks.md: every figure that has a target."""
    lines = [
        "| benchmark | | median | range | n | target | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, result in whole["benchmarks"].items():
        for row in result["figures"]:
            if "target" not in row:
                continue
            low, high, median = (f"{row[key]:,g}" for key in ("min", "max", "median"))
            verdict = "met" if row["holds"] else "**missed**"
            unit = "" if row["unit"] == "ratio" else f" {row['unit']}"
            lines.append(
                f"| {name} | {row['name']} | {median}{unit} | {low} to {high} | {row['n']} "
                f"| {row['target']} | {verdict} |"
            )
    machine = whole["machine"]
    lines += [
        "",
        f"Measured on {machine['cores']} cores ({machine['processor']}), jax {machine['jax']}, "
        f"Python {machine['python']}.",
    ]
    return "\n".join(lines) + "\n"


def _short(value: float) -> float:
    """Return the number to four figures, and a large one without a fraction."""
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")
