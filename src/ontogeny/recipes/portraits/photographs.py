"""What a scorer makes of photographs that it never learned from: its scores beside the ratings, and
how often it orders two as people do, by topic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.product import Scorer
from ontogeny.learners.beauty.rated import Rated
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, QUIET, SECOND, empty

TOPICS = 12  # that are shown, those of the most pairs first
CHANCE = 0.5


def portrait(product: Scorer, rated: Rated, config: ScorerConfig) -> list[Figure]:
    """Return the figures of a grown scorer on the photographs that were held."""
    rated = rated.for_loss(config.loss)
    held = rated.parted(config.held).held
    score, spread = product.raw(rated.seen_through(product.tail).features)
    figures: list[Figure] = []
    means = rated.ratings.means[held]
    if np.isfinite(means).any():
        figures.append(scores_by_rating(means, score[held], spread[held], product))
    topics = rated.ratings.topics or ("all",) * len(rated.ratings)
    figures.append(order_by_topic(topics, rated.judged(held), score))
    return figures


def scores_by_rating(
    means: Float[np.ndarray, " photo"],
    score: Float[np.ndarray, " photo"],
    spread: Float[np.ndarray, " photo"],
    product: Scorer,
) -> Figure:
    """Return the figure of held photographs: what each is rated, and scored."""
    known = np.isfinite(means)
    fit = product.calibration
    return Figure(
        "scores",
        "Photographs that were held: what each is rated and scored, with the spread over heads. "
        "The line is the rating that goes with a score.",
        {
            "rating": means[known],
            "score": score[known],
            "spread": spread[known],
            "line": np.stack([fit.ratings, fit.rating_scores]),
        },
        {"says": [product.says]},
        draw_scores,
    )


def order_by_topic(
    topics: Sequence[str], pairs: Int[np.ndarray, "pair 2"], score: Float[np.ndarray, " photo"]
) -> Figure:
    """Return the figure of how many of the held pairs are in order, by the topic of the worse."""
    right = score[pairs[:, 0]] > score[pairs[:, 1]]
    of = np.array([topics[row] for row in pairs[:, 1]])
    names, counts = np.unique(of, return_counts=True)
    shown = names[np.argsort(-counts, kind="stable")][:TOPICS]
    return Figure(
        "order",
        "Pairs of photographs that were held: the share that the scores order as the ratings do, "
        "by the topic of the one that is rated lower. Dotted: chance.",
        {
            "share": np.array([right[of == name].mean() for name in shown]),
            "pairs": np.array([(of == name).sum() for name in shown]),
            "all": np.array([right.mean()]),
        },
        {"topics": [str(name) for name in shown]},
        draw_order,
    )


def draw_scores(figure: Figure) -> go.Figure:
    """Return a dot a photograph, and the calibration as a line."""
    says = str(figure.labels["says"][0])
    fig = empty(f"Scores and ratings: {says}", "rating (mean)", "score", height=420)
    fig.add_scatter(
        x=figure.data["rating"],
        y=figure.data["score"],
        error_y={"array": figure.data["spread"], "color": QUIET, "thickness": 1, "width": 0},
        mode="markers",
        marker={"color": SECOND, "size": 5, "opacity": 0.7},
        name="held photographs",
    )
    line = figure.data["line"]
    fig.add_scatter(x=line[0], y=line[1], mode="lines", line={"color": ACCENT}, name="calibration")
    return fig


def draw_order(figure: Figure) -> go.Figure:
    """Return a bar a topic."""
    share = float(figure.data["all"][0])
    title = f"Held pairs in order: {share:.1%}"
    fig = empty(title, "", "share in order", height=380, range=[0, 1.02])
    fig.add_bar(
        x=[str(name) for name in figure.labels["topics"]],
        y=figure.data["share"],
        marker={"color": SECOND},
        text=[f"{count:,} pairs" for count in figure.data["pairs"]],
        showlegend=False,
    )
    fig.add_hline(y=CHANCE, line={"color": QUIET, "dash": "dot", "width": 1})
    return fig
