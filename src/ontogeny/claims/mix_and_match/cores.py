"""A policy that forgets is grown into one that remembers, where a goal that is seen from near alone
stays where it was found.

Who forgets can learn to sweep the cells and to step onto what is near; who remembers also goes
straight back, again and again. The simple component has a dense layer where the complex one has an
LSTM; torso and heads are one. alpha rises by hand over the first quarter of training, where the
source lets a population move it.

The divergence alone: the recurrent agent does nine of ten parts of the acting from first to last,
and the divergence weighs as much as it does at the mixture's beginning.

Source: Czarnecki et al. 2018 (arXiv 1806.01780); its numbers are read off a figure.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.mix_and_match.budget import Budget
from ontogeny.claims.trainings import ends, train
from ontogeny.core.learner import Learner
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import Curriculum
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_band, empty
from ontogeny.worlds.hidden_goal import hidden_goal
from ontogeny.worlds.world import World

AGENT = ActorCriticConfig(
    core="lstm",
    core_units=32,
    hidden=(32,),
    activation="relu",
    environments=64,
    unroll=32,
    learning_rate=2e-3,
    window=256,
)
TINY = {
    "hidden": (4,),
    "core_units": 3,
    "environments": 2,
    "unroll": 4,
    "epochs": 1,
    "minibatches": 1,
}
TRANSFER = 0.3
RISES = 0.25  # the share of training after which the recurrent component is alone
FIRST = 0.12  # the share of training in which the source's mixture is slow: 300M frames of 2.5B
LEANING = 0.9  # the recurrent component's weight, where the divergence is alone
FORGETS, REMEMBERS, MIXED, TWICE, ADDED, LEANS = (
    "feed-forward",
    "recurrent",
    "feed-forward into recurrent",
    "recurrent into recurrent",
    "both cores added",
    "the divergence alone",
)


FULL, SHORT, QUICK, LEAST = Budget(6, 24, 14), Budget(4, 24, 14), Budget(2, 12, 12), Budget(2, 2, 1)


def measure(how: Measuring) -> Found:
    """Return the claims about the mixture of two cores and its controls, and the curves of all; of
    the short part, without the controls.
    """
    short = how.part == "short-cores"
    seeds, rounds, steps, _ = how.choose(SHORT if short else FULL, QUICK, LEAST)
    agent, size = AGENT, 7
    if how.scale == "tiny":
        agent, size = replace(agent, **TINY), 3
    world = hidden_goal(size)
    made, score = learners(world, agent, rounds * steps), {}
    arms = (FORGETS, REMEMBERS, MIXED) if short else tuple(made)
    if how.scale == "tiny":  # a program an arm, which takes long to compile
        arms = (FORGETS,) if short else (FORGETS, MIXED)
    for arm in arms:
        given = seeds, how.seed, rounds, steps, how.progress, arm
        score[arm] = train(made[arm], *given, quick=True).score
    score.setdefault(MIXED, score[FORGETS])
    frames = steps * agent.environments * agent.unroll
    cost = f"{seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}"
    return claims_of(score, cost, how), [curves("short_cores" if short else "cores", score, frames)]


def learners(world: World, agent: ActorCriticConfig, updates: int) -> dict[str, Learner[Any]]:
    """Return an agent an arm. `agent` is the recurrent one, who learns for so many updates."""

    def having(core: Any) -> ActorCriticConfig:
        return replace(agent, core=core)

    def mixed(core: Any, alpha: Curriculum, transfer: float) -> Learner[Any]:
        parts = [Component(having(core)), Component(agent)]
        shared = "torso", "policy", "value"
        given: Any = {"shared": shared, "values": "mixed", "transfer": transfer, "watch": 0}
        return actor_critic(world, agent, policy=mix(parts, alpha, **given))

    def rises(done: Any) -> Any:
        return done / (RISES * updates)

    return {
        FORGETS: actor_critic(world, having("dense")),
        REMEMBERS: actor_critic(world, agent),
        MIXED: mixed("dense", rises, TRANSFER),
        TWICE: mixed(agent.core, rises, TRANSFER),
        ADDED: actor_critic(world, having(f"{agent.core}+dense")),
        LEANS: mixed("dense", LEANING, TRANSFER / (1 - LEANING)),
    }


def claims_of(score: dict[str, np.ndarray], cost: str, how: Measuring) -> list[Claim]:
    """Return the claims whose arms there are, given the scores of each, [round, seed]."""
    end = {arm: ends(values) for arm, values in score.items()}
    n_first = max(1, round(FIRST * len(score[MIXED])))
    begin = {arm: values[:n_first].mean(axis=0) for arm, values in score.items()}

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def higher(claim: str, paper: str, when: str, one: str, other: str) -> Claim | None:
        if not {one, other} <= set(score):
            return None
        of = begin if when else end
        gain = more(of[one] - of[other])
        measured = f"{when}{one} {more(of[one])}, {other} {more(of[other])}: more by {gain}; {cost}"
        return Claim.above(claim, paper, measured, gain)

    first = f"over the first {FIRST:.0%}: "
    claims = [
        higher(
            "an agent that remembers ends higher than one that does not",
            "1.05 and 0.90",
            "",
            REMEMBERS,
            FORGETS,
        ),
        higher(
            "a core that is grown is slower at first than the recurrent agent alone",
            "0.24 until 300M frames of 2.5B, and ahead from 950M",
            first,
            REMEMBERS,
            MIXED,
        ),
        higher(
            "and ends higher than the recurrent agent alone", "1.17 and 1.05", "", MIXED, REMEMBERS
        ),
        higher("and higher than the feed-forward agent", "1.17 and 0.90", "", MIXED, FORGETS),
        higher(
            "two recurrent components mixed are slower than the feed-forward into the recurrent",
            "slow and poor: the gain needs the simpler core",
            first,
            MIXED,
            TWICE,
        ),
        higher(
            "and end lower",
            "0.95 and 1.16, the mean of four levels",
            "",
            MIXED,
            TWICE,
        ),
        higher(
            "the divergence without the mixture ends lower than with it",
            "the gain is not the divergence's alone",
            "",
            MIXED,
            LEANS,
        ),
        higher(
            "both cores added, a larger network, end lower than the mixture",
            "1.14 and 1.23, the mean of three levels; in the fourth higher, 1.45 and 0.97",
            "",
            MIXED,
            ADDED,
        ),
    ]
    return [claim for claim in claims if claim]


def curves(name: str, score: dict[str, np.ndarray], frames: float) -> Figure:
    """Return the returns of each arm, [round, seed], against the frames of an agent."""
    values = np.stack(list(score.values()))
    data = {"score": values, "frames": frames * np.arange(1, values.shape[1] + 1)}
    caption = "Mean return of the last episodes; bands are the seeds' range. The feed-forward "
    caption += f"component's weight falls to 0 over the first {RISES:.0%}."
    return Figure(name, caption, data, {"arms": list(score)}, draw_curves)


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm, with the seeds' range."""
    fig = empty("From forgetting to memory", "frames of one agent", "return")
    spent = figure.data["frames"]
    for arm, score, colour in zip(
        figure.labels["arms"], figure.data["score"], COLOURS, strict=False
    ):
        add_band(fig, spent, score.min(axis=1), score.max(axis=1), colour, opacity=0.08)
        line = {"color": colour, "width": 2.5}
        fig.add_scatter(x=spent, y=score.mean(axis=1), mode="lines", line=line, name=str(arm))
    return fig
