"""The figures of the claims about memories that are formulas: wrong bits by number of patterns, and
the first step.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from ontogeny.ops.hopfield_theory import (
    exact_first_step_error,
    first_step_error,
    hebb_capacity,
    hebb_capacity_without_errors,
    storkey_capacity,
)
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.growth.scales import decades
from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, SECOND, add_seeds, empty

TOLD, FREE = "told which bits are broken", "all bits free"


def wrong_bits_figures(
    told: Mapping[str, np.ndarray],
    free: Mapping[str, np.ndarray],
    paper: Mapping[str, Mapping[int, float]],
    sizes: tuple[int, ...],
    bits: int,
    what: str,
) -> list[Figure]:
    """Return two figures of wrong bits [size, seed] by memory: of readers that are told, beside the
    paper's rows, and of those that are not.
    """
    rows = {f"paper {name}": np.array([row[n] for n in sizes]) for name, row in paper.items()}
    lines = {
        "n / (2 ln n)": hebb_capacity_without_errors(bits),
        "0.138 n": hebb_capacity(bits),
        "n / √(2 ln n)": storkey_capacity(bits),
    }
    shared = {"sizes": np.array(sizes), "capacities": np.array(list(lines.values()))}
    theory = (
        "Dotted: capacities in theory: of Hebb's rule without errors, and with few; of Storkey's."
    )

    def one(
        name: str, said: str, measured: Mapping[str, np.ndarray], beside: dict[str, np.ndarray]
    ):
        return Figure(
            name,
            f"Wrong bits of {bits}, half of them replaced by fair ones; {said}. {what} (dots: "
            f"seeds). {theory}",
            {**measured, **beside, **shared},
            {
                "names": list(measured),
                "paper": list(paper) if beside else [],
                "lines": list(lines),
                "title": [f"Wrong bits by number of patterns, {said}"],
            },
            draw_wrong_bits,
        )

    return [one("told", f"{TOLD} (rings: the paper's)", told, rows), one("free", FREE, free, {})]


def first_step_figure(first: Mapping[tuple[int, int], np.ndarray]) -> Figure:
    """Return the figure of the share of bits that the first step turns over, of each memory, by
    (spins, patterns).
    """
    loads = np.geomspace(0.06, 0.5, 60)
    spins = sorted({n for n, _ in first})
    exact = {f"exact {n}": np.array([_exact(n, load) for load in loads]) for n in spins}
    found = [bootstrap_interval(shares, confidence=0.99) for shares in first.values()]
    return Figure(
        "first_step",
        "The share of a stored pattern's bits that one step of Hebb's network turns over, by "
        "patterns / spins. Lines: theory; dots: measured, with 99 % intervals.",
        {
            "loads": loads,
            "limit": np.array([first_step_error(load) for load in loads]),
            **exact,
            "at": np.array([p / n for n, p in first]),
            "found": np.array(found),
        },
        {"spins": spins},
        draw_first_step,
    )


def draw_wrong_bits(figure: Figure) -> go.Figure:
    """Return the wrong bits by number of patterns: a line a memory, a dot a seed, a ring the
    paper's, and the capacities that theory knows.
    """
    sizes = figure.data["sizes"]
    fig = empty(str(figure.labels["title"][0]), "patterns", "wrong bits", height=460)
    colours = dict(zip(map(str, figure.labels["names"]), COLOURS, strict=False))
    for name, colour in colours.items():
        add_seeds(fig, sizes, figure.data[name], colour, name)
    for name in map(str, figure.labels["paper"]):
        colour = colours.get(name, INK)
        fig.add_scatter(
            x=sizes,
            y=figure.data[f"paper {name}"],
            mode="markers" if name in colours else "markers+lines",
            marker={"symbol": "circle-open", "size": 11, "color": colour, "line": {"width": 2}},
            line={"color": colour, "width": 1, "dash": "dash"},
            name=f"{name}, the paper's",
            showlegend=name not in colours,
        )
    for place, (name, at) in enumerate(
        zip(map(str, figure.labels["lines"]), figure.data["capacities"], strict=True)
    ):
        fig.add_vline(x=float(at), line={"color": QUIET, "width": 1, "dash": "dot"})
        fig.add_annotation(
            x=float(at),
            y=1 - 0.06 * place,
            yref="paper",
            text=name,
            showarrow=False,
            xanchor="left",
            font={"size": 12},
        )
    return fig


def draw_first_step(figure: Figure) -> go.Figure:
    """Return the share of bits that the first step turns over: theory as lines, what was measured
    as dots.
    """
    loads = figure.data["loads"]
    fig = empty("The first step from a stored pattern", "patterns / spins", "bits turned over")
    curves = [("many spins: ½ erfc √(n / 2p)", figure.data["limit"], INK)]
    for n, colour in zip(figure.labels["spins"], (SECOND, ACCENT, *COLOURS[2:]), strict=False):
        curves.append((f"{n} spins, exactly", figure.data[f"exact {n}"], colour))
    for name, shares, colour in curves:
        shown = np.where(shares > 0, shares, np.nan)
        fig.add_scatter(x=loads, y=shown, mode="lines", line={"color": colour}, name=name)
    value, low, high = figure.data["found"].T
    fig.add_scatter(
        x=figure.data["at"],
        y=value,
        error_y={"type": "data", "array": high - value, "arrayminus": value - low},
        mode="markers",
        marker={"color": INK, "size": 8},
        name="measured",
    )
    fig.update_xaxes(type="log", tickvals=[0.06, 0.1, 0.138, 0.2, 0.3, 0.5])
    fig.update_yaxes(type="log", tickvals=decades(1e-5, 0.1), range=[-5, -1])
    return fig


def _exact(n_spins: int, load: float) -> float:
    """Return the exact probability between the whole numbers of patterns that are nearest."""
    patterns = load * n_spins
    below = int(patterns)
    low, high = (exact_first_step_error(n_spins, p) for p in (max(below, 1), below + 1))
    return low + (patterns - below) * (high - low)
