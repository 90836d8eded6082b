"""On what scale a quantity is drawn: a log axis for a learning rate, a logit axis for a discount.

A scale maps values to places, and says where the ticks are. It serves the axes of the figures,
their colour bars and the measure of spread alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from ontogeny.views.quantities import number

WIDE = 100.0  # a score whose greatest size is so many times its least is drawn on a log scale
TICKS = 8  # at most, on a log scale: then every second decade, every third, and so on


class Scale(NamedTuple):
    """`place(values)` returns where values are drawn; `ticks` are values to be marked (None:
    plotly's choice), called by their `words` if they have any.
    """

    place: Callable[[np.ndarray], np.ndarray]
    ticks: list[float] | None = None
    words: list[str] | None = None
    step: int | None = None
    """Between ticks that plotly chooses."""

    def axis(self) -> dict[str, Any]:
        """Return what plotly's axis, or colour bar, needs to show values and not places."""
        if self.ticks is None:
            return {"dtick": self.step} if self.step else {}
        return {
            "tickmode": "array",
            "tickvals": [float(v) for v in self.place(np.array(self.ticks, float))],
            "ticktext": [escape(word) for word in self.words]
            if self.words
            else [
                number(tick).replace("-", "\u2212") if tick < 0 else number(tick)
                for tick in self.ticks
            ],
        }


def score_scale(
    score: Float[np.ndarray, "..."], *, ticked: Float[np.ndarray, "..."] | None = None
) -> Scale:
    """Return a linear scale; or a log one where all scores have one sign and their sizes span a
    factor `WIDE`. Its ticks are about all of them, or about those that are `ticked`.

    A negative score (a loss with its sign turned) is placed at -log10 of its size, so that better
    stays higher.
    """
    finite = score[np.isfinite(score)]
    about = finite if ticked is None else ticked[np.isfinite(ticked)]
    for sign in (1.0, -1.0):
        sizes = sign * finite
        if finite.size and sizes.min() > 0 and sizes.max() / sizes.min() >= WIDE:
            least, most = np.sort(np.abs(about))[[0, -1]].tolist()
            ticks = [sign * tick for tick in decades(least, most)]
            return Scale(partial(_signed_log, sign), ticks)
    return Scale(lambda x: np.asarray(x, float), step=whole_step(about))


def hyper_scale(spec: dict[str, Any], values: Float[np.ndarray, "rounds pop"]) -> Scale:
    """Return the scale that the space gives a hyper; a linear one where it gives none."""
    finite = values[np.isfinite(values)]
    kind = spec.get("kind")
    if not finite.size:
        return Scale(lambda x: np.asarray(x, float))
    low, high = float(finite.min()), float(finite.max())
    if kind == "Log" and low > 0:
        return Scale(lambda x: np.log10(x), decades(low, high))
    if kind == "Logit" and low > 0 and high < 1:
        return Scale(lambda x: np.log10(x) - np.log10(1 - x), _shares(low, high))
    if kind == "Choice" and spec.get("options"):
        ticks = list(map(float, numbers_of(spec)))
        words = [str(option) for option in spec["options"]] if has_words(spec) else None
        return Scale(lambda x: np.interp(x, ticks, np.arange(len(ticks))), ticks, words)
    step = whole_step(finite) if kind == "Integer" else None
    return Scale(lambda x: np.asarray(x, float), step=step)


def whole_step(values: Float[np.ndarray, "..."]) -> int | None:
    """Return 1, the step between ticks of finite whole numbers that lie near each other; None of
    others, for which plotly finds one.
    """
    if not values.size or (values != np.round(values)).any():
        return None
    return 1 if 0 < values.max() - values.min() <= TICKS else None


def has_words(spec: dict[str, Any]) -> bool:
    """Return whether a hyper is chosen among words."""
    return any(not isinstance(option, int | float) for option in spec.get("options") or [])


def numbers_of(spec: dict[str, Any]) -> list[Any]:
    """Return the numbers that are recorded for a choice's options: of words, their places."""
    return list(range(len(spec["options"]))) if has_words(spec) else spec["options"]


def chosen(spec: dict[str, Any], value: float | None) -> str | float | None:
    """Return the word that a recorded hyper stands for; the number itself where there is none."""
    words = enumerate(spec["options"] if has_words(spec) else [])
    return next((str(word) for place, word in words if place == value), value)


def hyper_text(spec: dict[str, Any], value: float | None, digits: int = 3) -> str:
    """Return a recorded hyper for people: the word, or the number with so many digits."""
    found = chosen(spec, value)
    return found if isinstance(found, str) else number(found, digits)


def unit_positions(
    spec: dict[str, Any], values: Float[np.ndarray, "rounds pop"]
) -> Float[np.ndarray, "rounds pop"]:
    """Return where values lie between their bounds on their scale, 0 to 1; between their extremes
    without bounds.
    """
    place = hyper_scale(spec, values).place
    ends = (
        (numbers_of(spec)[0], numbers_of(spec)[-1])
        if spec.get("options")
        else (spec.get("low"), spec.get("high"))
    )
    finite = values[np.isfinite(values)]
    if None in ends:
        ends = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    low, high = place(np.array(ends, float))
    return (place(values) - low) / max(high - low, 1e-30)


def decades(low: float, high: float) -> list[float]:
    """Return round numbers about the range from `low` to `high`: decades, with others between where
    they are few.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    width = math.log10(high / low)
    if width <= 3:
        between = range(1, 10) if width <= 0.7 else (1, 2, 5) if width <= 1.7 else (1, 3)
        ticks = [m * 10.0**e for e in range(first, last + 1) for m in between]
        inside = [t for t in ticks if low / 1.3 <= t <= high * 1.3]
        return inside if len(inside) >= 2 else [low, high] if high > low else [low]
    stride = math.ceil((last - first + 1) / TICKS)
    return [10.0**e for e in range(first, last + 1, stride)]


def _signed_log(sign: float, values: np.ndarray) -> np.ndarray:
    return sign * np.log10(np.maximum(sign * values, 1e-300))


def _shares(low: float, high: float) -> list[float]:
    """Return round numbers between 0 and 1, dense near both ends, that lie about the range."""
    small = [m * 10.0**e for e in range(-6, 0) for m in (1, 2, 5)]
    ticks = sorted({round(t, 8) for t in [*small, *(1 - t for t in small)]})
    logit = [math.log(t / (1 - t)) for t in (low, high)]
    inside = [t for t in ticks if logit[0] - 0.2 <= math.log(t / (1 - t)) <= logit[1] + 0.2]
    return inside if len(inside) >= 2 else [low, high] if high > low else [low]
