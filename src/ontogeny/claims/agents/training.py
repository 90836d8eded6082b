"""Agents trained over several seeds in one world each: how the claims about them are measured, and
the curves of their returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, dress
from ontogeny.worlds.world import World

SMALL = {"hidden": (4,), "filters": 2, "core_units": 3, "environments": 2, "unroll": 4}
"""What makes any agent tiny: that all of it runs is what is asked then."""


class Budget(NamedTuple):
    """How many agents, and how long each learns."""

    seeds: int  # even, so that two cores share them
    rounds: int
    steps: int  # of the learner, a round


TINY = Budget(2, 2, 1)


def trained(
    world: World, agent: ActorCriticConfig, budget: Budget, how: Measuring, what: str
) -> tuple[Trained, float]:
    """Return the trainings of a budget's agents, and the frames of one of them a round."""
    if how.scale == "tiny":
        agent = replace(agent, **SMALL, epochs=1, minibatches=1, burn_in=0)
    learner = actor_critic(world, agent)
    seeds, rounds, steps = budget
    run = train(how, learner, seeds, rounds, steps, what, quick=True)
    return run, steps * agent.environments * agent.unroll


def ends(score: np.ndarray) -> np.ndarray:
    """Return the mean over the last quarter of the rounds: [round, seed] to [seed]."""
    return score[-max(1, len(score) // 4) :].mean(axis=0)


def reaches(
    claim: str, paper: str, score: np.ndarray, frames: float, least: float, how: Measuring
) -> Claim:
    """Return the claim that agents earn `least`: their mean return over the last quarter of the
    rounds. `score` is [round, seed], and `frames` what a round is for one agent.
    """
    earned = bootstrap_interval(ends(score), seed=how.seed)
    rounds, seeds = score.shape
    return Claim(
        claim,
        paper,
        f"{earned}, {seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}",
        f"the interval above {least:g}, over the last quarter of the frames",
        bool(earned.low >= least),
    )


def difference(above: np.ndarray, below: np.ndarray, how: Measuring) -> Interval:
    """Return by how much the one ends higher than the other, seed by seed: [round, seed] each."""
    return bootstrap_interval(ends(above) - ends(below), seed=how.seed)


def curves(
    name: str,
    title: str,
    caption: str,
    panels: Mapping[str, Mapping[str, np.ndarray]],
    frames: float,
    levels: Sequence[float] = (),
) -> Figure:
    """Return the returns of each panel's arms, [round, seed], against the frames of an agent; lines
    at the levels. All panels have the same arms. The figure's array is [panel, arm, round, seed].
    """
    score = np.stack([np.stack(list(arms.values())) for arms in panels.values()])
    spent = frames * np.arange(1, score.shape[2] + 1)
    data = {"score": score, "frames": spent, "levels": np.asarray(levels, float)}
    labels = {"title": [title], "panels": list(panels), "arms": list(next(iter(panels.values())))}
    return Figure(name, caption, data, labels, draw_curves)


def draw_curves(figure: Figure) -> go.Figure:
    """Return the mean over seeds and their range, a panel a world and a line an arm."""
    panels, spent = figure.labels["panels"], figure.data["frames"]
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    titles = [str(panel) for panel in panels] if len(panels) > 1 else None
    fig = make_subplots(rows, columns, subplot_titles=titles, vertical_spacing=0.22)
    dress(fig, str(figure.labels["title"][0]), 140 + 260 * rows)
    for panel, arms in enumerate(figure.data["score"]):
        place: Any = {"row": panel // columns + 1, "col": panel % columns + 1}
        for index, (arm, score) in enumerate(zip(figure.labels["arms"], arms, strict=True)):
            colour = COLOURS[index % len(COLOURS)]
            add_band(fig, spent, score.min(axis=1), score.max(axis=1), colour, **place)
            fig.add_scatter(
                x=spent,
                y=score.mean(axis=1),
                mode="lines",
                line={"color": colour, "width": 2.5},
                name=str(arm),
                legendgroup=str(arm),
                showlegend=panel == 0,
                **place,
            )
        for level in figure.data["levels"]:
            fig.add_hline(float(level), line={"color": QUIET, "dash": "dot"}, **place)
    fig.update_xaxes(title_text="frames of one agent")
    fig.update_yaxes(title_text="return", col=1)
    fig.update_layout(legend={"y": 1.02 + 0.1 / rows})
    return fig
