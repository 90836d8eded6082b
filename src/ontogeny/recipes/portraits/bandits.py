"""What an agent with memory has become, beside the exact policies of its world: what it earns step
by step, and how far it matches probabilities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import jax
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from ontogeny.learners.sequential.policy import MemoryPolicy
from ontogeny.learners.sequential.visits import Visits, belief_policy, played, visits
from ontogeny.ops.bayes.bandits import greedy
from ontogeny.ops.bayes.machines import Machine, best_actions, expected_rewards, plan
from ontogeny.views.figure import Figure
from ontogeny.views.theme import ACCENT, COLOURS, INK, QUIET, SECOND, add_seeds, dress, empty
from ontogeny.worlds.solved.solved_world import Solved

PLAYED = 2048  # episodes, of which the averages are made
SEEN = 20  # visits of a state from which on it is shown
# Exact policies have the same look in every figure.
LOOKS = {
    "oracle": {"color": QUIET, "dash": "dot", "width": 1.5},
    "optimal": {"color": INK, "dash": "solid", "width": 1.5},
    "greedy": {"color": COLOURS[2], "dash": "dash", "width": 1.5},
    "thompson": {"color": COLOURS[3], "dash": "dash", "width": 1.5},
    "random": {"color": QUIET, "dash": "dashdot", "width": 1.5},
}
# Networks: the one that the figure is about, and those that it is held against.
OWN = (ACCENT, COLOURS[5], SECOND, COLOURS[4])


def portrait(solved: Solved, product: MemoryPolicy, seed: int) -> list[Figure]:
    """Return the figures of a policy in its world, its episodes drawn from the seed.

    Where beliefs are finitely many the policy's average in each is evaluated exactly; else its
    episodes' rewards are compared with those of the best action, whose average is known.
    """
    key = jax.random.fold_in(jax.random.key(seed), 2)
    networks: Any = jax.tree.map(lambda x: x[None], product.network)
    limits = solved.limits()
    if solved.machine is None:
        mean = jax.tree.map(lambda x: x[0], played(solved, product.core, networks, key, PLAYED))
        best = limits["oracle"] / mean.earned.shape[0]
        earned = np.asarray(mean.earned - mean.best, np.float64) + best
        return [_rewards({"oracle": np.full(earned.size, best)}, earned, limits["optimal"])]
    machine = solved.machine()
    (found,) = visits(solved, product.core, networks, key, PLAYED)
    earned = expected_rewards(machine, belief_policy(machine, found))
    figures = [_rewards(exact_rewards(solved, machine), earned, limits["optimal"])]
    exact = solved.thompson(machine) if solved.thompson else np.zeros(0)
    if exact.ndim == 2:  # what Thompson sampling does there hangs on the belief alone
        times = sorted({0, earned.size // 4, earned.size // 2, earned.size - 1})
        figures.append(
            matching_portrait(
                "matching",
                "How likely the winner takes action 0, against the exact probability that it is "
                "the best, in the states that it often meets, before the step t. Thompson "
                "sampling lies on the diagonal.",
                {"network": shown(found, machine, exact, times)},
            )
        )
    return figures


def _rewards(
    lines: Mapping[str, np.ndarray], earned: Float[np.ndarray, " time"], optimum: float
) -> Figure:
    return rewards_portrait(
        "rewards",
        f"The winner's expected reward at each step, over tasks from the prior: {earned.sum():.3f} "
        f"an episode, of {optimum:.3f} at best; {optimum - earned.sum():.3f} is its regret.",
        lines,
        {"network": earned[None]},
    )


def exact_rewards(solved: Solved, machine: Machine) -> dict[str, Float[np.ndarray, " time"]]:
    """Return the expected reward at each step of the exact policies that are drawn as lines."""
    assert solved.thompson is not None
    steps = machine.reached.shape[0]
    return {
        "oracle": np.full(steps, solved.limits()["oracle"] / steps),
        "optimal": expected_rewards(machine, best_actions(plan(machine))),
        "greedy": expected_rewards(machine, greedy(machine)),
        "Thompson": expected_rewards(machine, solved.thompson(machine)),
    }


def rewards_portrait(
    name: str,
    caption: str,
    lines: Mapping[str, Float[np.ndarray, " time"]],
    networks: Mapping[str, Float[np.ndarray, "seed time"]],
) -> Figure:
    """Return the figure of rewards step by step."""
    return Figure(
        name,
        caption,
        {**lines, **networks},
        {"lines": list(lines), "networks": list(networks)},
        draw_rewards,
    )


def matching_portrait(
    name: str, caption: str, panels: Mapping[str, Float[np.ndarray, "point 3"]]
) -> Figure:
    """Return the figure of probabilities matched, a panel a network."""
    return Figure(
        name,
        caption,
        panels,
        {"panels": list(panels)},
        draw_matching,
    )


def shown(
    found: Visits,
    machine: Machine,
    exact: Float[np.ndarray, "state action"],
    times: Sequence[int],
) -> Float[np.ndarray, "point 3"]:
    """Return a point for each time and often visited state: the exact probability of action 0, the
    network's average, and the time.
    """
    policy = belief_policy(machine, found)
    points: list[np.ndarray] = []
    for time in times:
        states, count = np.unique(found.state[:, time], return_counts=True)
        states = states[count >= SEEN]
        late = np.full(len(states), float(time))
        points.append(np.stack([exact[states, 0], policy[time, states, 0], late], axis=1))
    return np.concatenate(points)


def draw_rewards(figure: Figure) -> go.Figure:
    """Return the expected reward of each step: a line a policy, a dot a seed of a network."""
    fig = empty("Reward of each step", "step", "expected reward", height=440)
    for name in map(str, figure.labels["lines"]):
        rewards = figure.data[name]
        fig.add_scatter(
            x=np.arange(1, len(rewards) + 1),
            y=rewards,
            mode="lines",
            line=LOOKS[name.lower()],
            name=escape(name),
        )
    for name, colour in zip(map(str, figure.labels["networks"]), OWN, strict=False):
        rows = figure.data[name].T
        add_seeds(fig, np.arange(1, len(rows) + 1), rows, colour, name)
    return fig


def draw_matching(figure: Figure) -> go.Figure:
    """Return a panel a network: how likely it takes an action against how likely that is the best,
    a point a state of belief, coloured by the time.

    A point is (the exact probability, the network's, the time); on the diagonal they agree.
    """
    panels = {str(panel): figure.data[str(panel)] for panel in figure.labels["panels"]}
    fig = make_subplots(
        rows=1,
        cols=len(panels),
        subplot_titles=[escape(name) for name in panels],
        horizontal_spacing=0.09,
    )
    dress(fig, "Probability matching", 480)
    fig.update_layout(legend={"y": 1.09})
    for column, points in enumerate(panels.values(), start=1):
        fig.add_scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"color": INK, "width": 1},
            showlegend=False,
            hoverinfo="skip",
            row=1,
            col=column,
        )
        times = np.unique(points[:, 2])
        for time, colour in zip(times, (INK, COLOURS[4], SECOND, ACCENT), strict=False):
            some = points[points[:, 2] == time]
            fig.add_scatter(
                x=some[:, 0],
                y=some[:, 1],
                mode="markers",
                marker={"color": colour, "size": 6, "opacity": 0.6},
                name=f"t = {time:.0f}",
                legendgroup=f"{time:.0f}",
                showlegend=column == 1,
                row=1,
                col=column,
            )
        fig.update_xaxes(title_text="probability that it is the best", row=1, col=column)
        fig.update_xaxes(range=[-0.03, 1.03], row=1, col=column)
        fig.update_yaxes(range=[-0.03, 1.03], row=1, col=column)
    fig.update_yaxes(title_text="probability that it is taken", row=1, col=1)
    return fig
