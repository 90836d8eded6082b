"""What an evolved learner has become: what a life makes of its genes, on fresh tasks."""

from __future__ import annotations

import jax
import numpy as np
import plotly.graph_objects as go

from ontogeny.learners.baldwin.evolved import EvolvedLearner
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, FAINT, QUIET, empty

LIVES = 64


def learning_figure(product: EvolvedLearner) -> Figure:
    """Return what a life makes of evolved genes, on fresh tasks and for longer than they evolved
    to live.
    """
    scores = np.asarray(product(jax.random.key(0), LIVES, 2 * product.steps))
    labels = {"subject": [product.subject.name], "steps": [product.steps]}
    return Figure(
        "learning",
        f"The score on {LIVES} fresh tasks by steps of learning: each task, and their mean. Lives "
        f"had {product.steps} steps while these genes evolved.",
        {"scores": scores},
        labels,
        draw_learning,
    )


def draw_learning(figure: Figure) -> go.Figure:
    """Return the portrait of an evolved learner."""
    scores = figure.data["scores"]
    steps = np.arange(scores.shape[1])
    fig = empty("What a life makes of the winner's genes", "steps of learning", "score")
    gap = np.full((len(scores), 1), np.nan)
    fig.add_scatter(
        x=np.tile(np.append(steps, np.nan), len(scores)),
        y=np.concatenate([scores, gap], axis=1).ravel(),
        mode="lines",
        line={"color": FAINT, "width": 1},
        name="a task",
        hoverinfo="skip",
    )
    fig.add_scatter(
        x=steps,
        y=scores.mean(axis=0),
        mode="lines+markers",
        line={"color": ACCENT, "width": 3},
        name="mean",
    )
    fig.add_vline(x=int(figure.labels["steps"][0]), line={"color": QUIET, "dash": "dot"})
    fig.update_xaxes(dtick=1)
    return fig
