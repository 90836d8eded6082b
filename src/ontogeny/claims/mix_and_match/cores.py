"""A policy that forgets is grown into one that remembers, where a goal that is seen from near alone
stays where it was found.

Who forgets can learn to sweep the cells and to step onto what is near; who remembers also goes
straight back, again and again. The simple component has a dense layer where the complex one has an
LSTM; torso and heads are one. alpha rises by hand over the first quarter of training, or is moved
by populations, as in the source. Their fitness is what the recurrent component earns alone, of
which their mean is told.

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
from ontogeny.claims.mix_and_match.figures import alphas
from ontogeny.claims.trainings import ends, train
from ontogeny.claims.weighing import grow
from ontogeny.core.learner import Learner
from ontogeny.core.space import Linear, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import ALPHA, Curriculum
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, add_band, empty
from ontogeny.worlds.grids.hidden_goal import hidden_goal
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
MOVES = Linear(0.0, 1.0, prior=(0.0, 0.05), step=0.1)  # alpha, where a population tunes it
WATCHED = 16  # steps in which the recurrent component acts alone beside each rollout
FORGETS, REMEMBERS, MIXED, TUNED, TWICE, ADDED, LEANS = (
    "feed-forward",
    "recurrent",
    "feed-forward into recurrent",
    "feed-forward into recurrent by PBT",
    "recurrent into recurrent",
    "both cores added",
    "the divergence alone",
)


FULL, SHORT = Budget(6, 24, 14, 6), Budget(4, 24, 14)
QUICK, LEAST = Budget(2, 12, 12, 2), Budget(2, 2, 1, 2)


def measure(how: Measuring) -> Found:
    """Return the claims about the mixture of two cores and its controls, the curves of all, and
    alpha by PBT; of the short part, without the controls and PBT.
    """
    short = how.part == "short-cores"
    seeds, rounds, steps, members = how.choose(SHORT if short else FULL, QUICK, LEAST)
    agent, size = AGENT, 7
    if how.scale == "tiny":
        agent, size = replace(agent, **TINY), 3
    world = hidden_goal(size)
    made, score = learners(world, agent, rounds * steps), {}
    arms = (FORGETS, REMEMBERS, MIXED) if short else tuple(made)
    if how.scale == "tiny":  # a program an arm, which takes long to compile
        arms = (FORGETS,) if short else ()
    for arm in arms:
        score[arm] = train(how, made[arm], seeds, rounds, steps, arm, quick=True).score
    frames, drawn = float(steps * agent.environments * agent.unroll), []
    if not short:
        space, table = Space({ALPHA: MOVES}), {ALPHA: np.zeros((rounds, 0))}  # nobody by hand
        given = (seeds, members), how.seed, 0, how.progress, TUNED, steps
        grown = grow(mixed(world, agent, "dense", MOVES, fitness="last"), space, table, *given)
        score[TUNED] = grown.populations(grown.score).mean(axis=-1)
        drawn = [alphas("cores_alpha", grown.lines(ALPHA), frames, RISES)]
    for arm in (FORGETS, MIXED):  # in a tiny look one stands for all
        score.setdefault(arm, next(iter(score.values())))
    cost = f"{seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}"
    drawn.insert(0, curves("short_cores" if short else "cores", score, frames))
    return claims_of(score, cost, how), drawn


def learners(world: World, agent: ActorCriticConfig, updates: int) -> dict[str, Learner[Any]]:
    """Return an agent an arm. `agent` is the recurrent one, who learns for so many updates."""

    def alone(core: Any) -> Learner[Any]:
        return actor_critic(world, replace(agent, core=core))

    def rises(done: Any) -> Any:
        return done / (RISES * updates)

    return {
        FORGETS: alone("dense"),
        REMEMBERS: alone(agent.core),
        MIXED: mixed(world, agent, "dense", rises),
        TWICE: mixed(world, agent, agent.core, rises),
        ADDED: alone(f"{agent.core}+dense"),
        LEANS: mixed(world, agent, "dense", LEANING, TRANSFER / (1 - LEANING)),
    }


def mixed(
    world: World,
    agent: ActorCriticConfig,
    core: Any,
    alpha: Curriculum,
    transfer: float = TRANSFER,
    fitness: Any = "mixture",
) -> Learner[Any]:
    """Return the mixture of an agent of this core and the recurrent one."""
    watch = WATCHED if fitness == "last" else 0
    given: Any = {"values": "mixed", "transfer": transfer, "fitness": fitness, "watch": watch}
    parts = [Component(replace(agent, core=core)), Component(agent)]
    shared = "torso", "policy", "value"
    return actor_critic(world, agent, policy=mix(parts, alpha, shared=shared, **given))


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

    def grown_core(arm: str, by: str) -> list[Claim | None]:
        slow = "0.24 until 300M frames of 2.5B, and ahead from 950M"
        slower = f"a core that is grown{by} is slower at first than the recurrent agent alone"
        above = f"and{by} ends higher than the recurrent agent alone"
        return [
            higher(slower, slow, first, REMEMBERS, arm),
            higher(above, "1.17 and 1.05", "", arm, REMEMBERS),
            higher(
                f"and{by} higher than the feed-forward agent", "1.17 and 0.90", "", arm, FORGETS
            ),
        ]

    claims = [
        higher(
            "an agent that remembers ends higher than one that does not",
            "1.05 and 0.90",
            "",
            REMEMBERS,
            FORGETS,
        ),
        *(one for arm, by in ((MIXED, ""), (TUNED, " by PBT")) for one in grown_core(arm, by)),
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
    caption += f"component's weight falls to 0 over the first {RISES:.0%}; by PBT, of its "
    caption += "populations' mean, what the recurrent component earns alone."
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
