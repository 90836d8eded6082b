"""How the wrong bits of long strings fall with the updates of training, and the power law through
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.trainings import Trained
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_seeds, empty


class Law(NamedTuple):
    """wrong = exp(intercept) updates^power."""

    intercept: float
    power: float

    def at(self, updates: np.ndarray) -> np.ndarray:
        """Return the wrong bits after so many updates."""
        return np.exp(self.intercept) * np.asarray(updates, np.float64) ** self.power

    def reaches(self, wrong: float) -> float:
        """Return after how many updates there are so few wrong bits; inf where it does not fall."""
        if self.power >= 0:
            return float("inf")
        return float(np.exp((np.log(wrong) - self.intercept) / self.power))


def law(trained: Trained) -> Law:
    """Return the power law through the second half of a training: least squares of the logarithms
    of the mean over seeds.
    """
    wrong = trained.metrics["wrong"].mean(axis=1)
    late = slice(len(wrong) // 2, None)
    updates = trained.updates[late]
    if len(updates) < 2:
        return Law(float(np.log(wrong[-1])), 0.0)
    power, intercept = np.polyfit(np.log(updates), np.log(wrong[late]), 1)
    return Law(float(intercept), float(power))


def budget_figure(trained: Mapping[int, Trained], paper: Mapping[int, float | None]) -> Figure:
    """Return the wrong bits by update, [round, seed], of energies by how many strings they learn to
    store; the law; and the paper's.
    """
    data: dict[str, np.ndarray] = {}
    for n, one in trained.items():
        fitted = law(one)
        far = np.geomspace(one.updates[len(one.updates) // 2], 2e6, 40)
        data |= {
            f"{n} updates": one.updates,
            f"{n} wrong": one.metrics["wrong"],
            f"{n} far": far,
            f"{n} law": fitted.at(far),
            f"{n} paper": np.array([paper.get(n) or np.nan]),
        }
    return Figure(
        "budget",
        "Wrong bits of what is given back while it learns (dots: seeds), a power law through the "
        "second half of it (dashed), and the paper's (rings, at two million updates).",
        data,
        {"names": [str(n) for n in trained]},
        draw_budget,
    )


def draw_budget(figure: Figure) -> go.Figure:
    """Return a line for each number of strings, on logarithmic axes."""
    fig = empty("By budget", "updates", "wrong bits of 128")
    for name, colour in zip(figure.labels["names"], COLOURS, strict=False):
        updates, wrong, far, fitted, paper = (
            figure.data[f"{name} {what}"] for what in ("updates", "wrong", "far", "law", "paper")
        )
        add_seeds(fig, updates, wrong, colour, f"{name} strings")
        line = {"color": colour, "dash": "dash", "width": 1}
        fig.add_scatter(x=far, y=fitted, mode="lines", line=line, showlegend=False)
        ring = {"symbol": "circle-open", "size": 11, "color": colour, "line": {"width": 2}}
        fig.add_scatter(x=far[-1:], y=paper, mode="markers", marker=ring, showlegend=False)
    fig.update_xaxes(type="log", exponentformat="power")
    fig.update_yaxes(type="log")
    return fig
