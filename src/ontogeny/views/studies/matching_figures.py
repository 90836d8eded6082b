"""The figures of matching: balance before and after, effects beside their controls, and the effect
along the dose.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.social.matching.balance import LARGEST_SMD, Balance
from ontogeny.social.matching.dose import DoseResponse
from ontogeny.social.matching.effects import Effect
from ontogeny.social.matching.matched import Findings
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty, whiskers

ROW = 28  # pixels


def love_figure(balance: Balance, name: str = "love") -> Figure:
    """Return the love plot: standardised differences of means before matching and after."""
    return Figure(
        name,
        "How far apart the treated and the others are in each covariate, in standard deviations, "
        "before matching and after. The band is 0.1.",
        {"difference": np.stack([balance.before, balance.after])},
        {"moment": ["before", "after"], "covariate": list(balance.names)},
        draw_love,
    )


def draw_love(figure: Figure) -> go.Figure:
    """Return a row a covariate."""
    names = [str(name) for name in figure.labels["covariate"]]
    fig = empty("Balance", "standardised difference of means", "", height=120 + ROW * len(names))
    fig.add_vrect(x0=-LARGEST_SMD, x1=LARGEST_SMD, fillcolor=QUIET, opacity=0.2, line_width=0)
    for values, moment, colour in zip(
        figure.data["difference"], figure.labels["moment"], (QUIET, ACCENT), strict=True
    ):
        fig.add_scatter(
            x=values, y=names, mode="markers", marker={"color": colour, "size": 9}, name=str(moment)
        )
    fig.update_yaxes(autorange="reversed")
    return fig


def effects_figure(found: Mapping[str, Findings], caption: str, name: str = "effects") -> Figure:
    """Return the figure of every experiment's effect beside the plain difference, the adjusted one
    and the one on the past.
    """
    kinds = ("plain difference", "matched", "matched and adjusted", "on the past")
    values = np.full((len(found), len(kinds), 3), np.nan)
    for row, one in enumerate(found.values()):
        for column, effect in enumerate((one.naive, one.effect, one.adjusted, one.controls.before)):
            if effect is not None:
                values[row, column] = _bounds(effect)
    return Figure(
        name,
        caption,
        {"effect": values},
        {"experiment": list(found), "kind": list(kinds)},
        draw_effects,
    )


def draw_effects(figure: Figure) -> go.Figure:
    """Return a row an experiment, and a mark a kind of effect."""
    experiments = [str(name) for name in figure.labels["experiment"]]
    kinds = [str(name) for name in figure.labels["kind"]]
    height = 130 + ROW * len(kinds) * len(experiments)
    fig = empty("Effects", "difference (points of a hundred)", "", height=height)
    fig.add_vline(x=0, line={"color": QUIET})
    looks = ((QUIET, "circle-open"), (ACCENT, "circle"), (ACCENT, "circle-open"), (SECOND, "x"))
    for column, (kind, (colour, symbol)) in enumerate(zip(kinds, looks, strict=True)):
        low, value, high = 100 * figure.data["effect"][:, column].T
        fig.add_scatter(
            x=value,
            y=np.arange(len(experiments)) + 0.2 * (column - 1.5),
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": symbol},
            error_x=whiskers(low, value, high, colour),
            name=kind,
        )
    fig.update_yaxes(
        autorange="reversed",
        tickvals=list(range(len(experiments))),
        ticktext=experiments,
    )
    return fig


def dose_figure(response: DoseResponse, dose: str, name: str = "dose") -> Figure:
    """Return the figure of the effect along the dose, whose words `dose` are."""
    turn = response.turn
    place = [] if turn is None else [turn.low, turn.dose, turn.high]
    return Figure(
        name,
        "The effect in pairs by quantiles of the treated one's dose, with 95 % intervals"
        + ("; the band is where its sign turns." if turn else "; its sign does not turn."),
        {
            "dose": response.dose,
            "effect": np.stack([response.low, response.effect, response.high], axis=1),
            "turn": np.array(place, np.float64),
        },
        {"dose": [dose]},
        draw_dose,
    )


def draw_dose(figure: Figure) -> go.Figure:
    """Return the effect of each step, and where its sign turns."""
    name = str(figure.labels["dose"][0])
    fig = empty("Along the dose", name, "difference (points of a hundred)")
    low, value, high = 100 * figure.data["effect"].T
    if len(turn := figure.data["turn"]):
        fig.add_vrect(x0=turn[0], x1=turn[2], fillcolor=SECOND, opacity=0.15, line_width=0)
        fig.add_vline(x=turn[1], line={"color": SECOND, "dash": "dash"})
    fig.add_hline(y=0, line={"color": QUIET})
    fig.add_scatter(
        x=figure.data["dose"],
        y=value,
        mode="lines+markers",
        marker={"color": ACCENT, "size": 9},
        line={"color": ACCENT},
        error_y=whiskers(low, value, high, QUIET),
        showlegend=False,
    )
    return fig


def _bounds(effect: Effect) -> tuple[float, float, float]:
    return effect.low, effect.value, effect.high
