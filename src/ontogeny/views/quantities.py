"""How numbers, durations and sizes are written for people, the same in every view."""

from __future__ import annotations

import math
from typing import SupportsFloat

NOTHING = "-"  # stands where there is no number


def number(value: SupportsFloat | None, digits: int = 3) -> str:
    """Return the value with so many significant digits, thousands separated; `NOTHING` when it is
    not finite.
    """
    value = math.nan if value is None else float(value)
    if not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{_trimmed(mantissa)}e{int(exponent)}"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return _trimmed(f"{value:.{decimals}f}")


def score_text(value: SupportsFloat | None) -> str:
    """Return a score with four digits, "dead" for minus infinity, and `NOTHING` where none was
    recorded.
    """
    return "dead" if value is not None and float(value) == -math.inf else number(value, 4)


def duration(seconds: SupportsFloat | None) -> str:
    """Return seconds as a person says them: `40 ms`, `1.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`,
    `3 d 04 h`.
    """
    seconds = math.nan if seconds is None else float(seconds)
    if not math.isfinite(seconds):
        return NOTHING
    if 0 < seconds < 0.9995:
        return f"{number(1000 * seconds, 2)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600:02d} h"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return the number and its noun: `1 member`, `1,200 members`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def size(n_bytes: SupportsFloat | None) -> str:
    """Return bytes in the unit that fits: `512 B`, `3.2 MB` (a megabyte is a million bytes)."""
    value = math.nan if n_bytes is None else float(n_bytes)
    if not math.isfinite(value):
        return NOTHING
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{number(value)} {unit}"
        value /= 1000
    return f"{number(value)} TB"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
