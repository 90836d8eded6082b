"""The figures of the claims about token-level distillation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_seeds, dress, empty

PANELS = {
    "own_agreement": "agreement, own text",
    "agreement": "agreement, held-out text",
    "repetition": "repeated 4-grams",
}


def curves(score: Mapping[str, np.ndarray], updates: int, teacher: float) -> Figure:
    """Return the students' perplexities by updates, given minus nats a byte, [round, seed]."""
    told = np.exp(-np.stack(list(score.values())))
    return Figure(
        "token_perplexity",
        "Perplexity of held-out text, a byte, by updates: seeds (dots) and their mean; the dotted "
        "line is the teacher's.",
        {"perplexity": told, "teacher": np.array(teacher), "updates": np.array(updates)},
        {"arms": list(score)},
        draw_curves,
    )


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm."""
    told = figure.data["perplexity"]
    fig = empty("Students of text", "updates", "perplexity, a byte")
    steps = float(figure.data["updates"]) * np.arange(1, told.shape[1] + 1) / told.shape[1]
    for index, (arm, rows) in enumerate(zip(figure.labels["arms"], told, strict=True)):
        add_seeds(fig, steps, rows, COLOURS[index % len(COLOURS)], str(arm))
    fig.add_hline(float(figure.data["teacher"]), line={"color": QUIET, "dash": "dot"})
    fig.update_yaxes(type="log")
    return fig


def ends(judged: Mapping[str, Mapping[str, np.ndarray]], corpus: float) -> Figure:
    """Return what became of each arm's students, given by quantity, [seed]."""
    data = {name: np.stack([one[name] for one in judged.values()]) for name in PANELS}
    return Figure(
        "token_ends",
        "At the end: how often student and teacher think the same token likeliest, on what the "
        "student writes and on held-out text, and the share of 4-grams that a text has before "
        "(dotted: the corpus'). Seeds, and their mean as a bar.",
        {**data, "corpus": np.array(corpus)},
        {"arms": list(judged)},
        draw_ends,
    )


def draw_ends(figure: Figure) -> go.Figure:
    """Return a panel a quantity and a bar an arm."""
    arms = [str(arm) for arm in figure.labels["arms"]]
    fig = make_subplots(1, len(PANELS), subplot_titles=list(PANELS.values()))
    dress(fig, "What became of the students", 420)
    for column, name in enumerate(PANELS, 1):
        place: Any = {"row": 1, "col": column}
        rows = figure.data[name]
        colours = [COLOURS[index % len(COLOURS)] for index in range(len(arms))]
        fig.add_bar(x=arms, y=rows.mean(axis=1), marker={"color": colours}, **place)
        seeds = {"x": np.repeat(arms, rows.shape[1]), "y": rows.ravel(), "mode": "markers"}
        fig.add_scatter(**seeds, marker={"color": QUIET, "size": 5}, **place)
    line: Any = {"color": QUIET, "dash": "dot"}
    fig.add_hline(float(figure.data["corpus"]), line=line, row=1, col=len(PANELS))  # pyright: ignore[reportArgumentType]
    fig.update_layout(showlegend=False)
    return fig
