"""Few actions into more than 700: the four rooms by 4 unit moves, and by 768 macro-actions. A
mixture is to be as soon as few actions and to end above all of them alone.

As in the source the many actions are chosen in parts, each by itself: a direction, a speed, and one
of 64 flags, of which half cancel the move. What is told of an agent is what its last component
earns alone: see `rooms`, where there are 48. `breakout` is the same in a game.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780). Frames here are those of one agent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.mix_and_match.budget import Budget
from ontogeny.claims.mix_and_match.figures import curves
from ontogeny.claims.mix_and_match.rooms import (
    AGENT,
    BIG,
    SCHEDULED,
    SMALL,
    TINY,
    UNTAUGHT,
    judged,
)
from ontogeny.claims.trainings import ends, frames_to, frames_told, train
from ontogeny.core.learner import Learner
from ontogeny.learners.agents.actor_critic import AgentState, actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.grids.rooms import SMALL_IN_VAST, four_rooms

LEVEL = 0.4  # of the return
TRANSFER = 0.1
RISES = 0.3  # the share of the training after which alpha is 1
NEAR = 0.8  # of what few actions earn in the first quarter


FULL, QUICK, LEAST = Budget(6, 96, 8), Budget(2, 48, 16), Budget(2, 2, 1)


def measure(how: Measuring) -> Found:
    """Return the claims about 768 actions, and the arms' curves."""
    seeds, rounds, updates, _ = how.choose(FULL, QUICK, LEAST)
    config = replace(AGENT, **how.choose({}, {}, TINY))
    score = trained(learners(config, rounds, updates), seeds, rounds, 1, how)
    frames = float(updates * config.environments * config.unroll)
    cost = f"{seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}"
    drawn = curves("many_actions", "4 actions into 768", score, frames, LEVEL)
    return claims_of(score, frames, LEVEL, 4, "768 actions", cost, how), [drawn]


def trained(
    learners: Mapping[str, Learner[Any]], seeds: int, rounds: int, steps: int, how: Measuring
) -> dict[str, np.ndarray]:
    """Return the scores of each arm, [round, seed]. In a tiny look one stands for all: a program
    each takes long to compile.
    """

    def one(arm: str) -> np.ndarray:
        return train(how, learners[arm], seeds, rounds, steps, arm, quick=True).score

    return how.of_each(learners, one, [BIG])


def learners(config: ActorCriticConfig, rounds: int, updates: int) -> dict[str, Learner[Any]]:
    """Return an agent an arm, who learns for so many rounds of so many updates."""
    few, all_ = four_rooms("small"), four_rooms("vast")

    def risen(done: Any) -> Any:
        return (done // updates) / (RISES * rounds)

    return {
        SMALL: judged(actor_critic(few, config), few, config, updates),
        BIG: judged(actor_critic(all_, config), all_, config, updates),
        SCHEDULED: mixed(config, updates, risen, TRANSFER),
        UNTAUGHT: mixed(config, updates, risen, 0.0),
    }


def mixed(
    config: ActorCriticConfig, updates: int, alpha: Any, transfer: float
) -> Learner[AgentState]:
    """Return a mixture of few actions and all, judged by the latter."""
    world = four_rooms("vast")
    parts = [Component(config, SMALL_IN_VAST), Component(config)]
    policy = mix(parts, alpha, transfer=transfer, watch=0)
    return judged(actor_critic(world, config, policy=policy), world, config, updates)


def claims_of(
    score: Mapping[str, np.ndarray],
    frames: float,
    level: float,
    few: int,
    many: str,
    cost: str,
    how: Measuring,
) -> list[Claim]:
    """Return the claims about few actions and many, given the scores of each arm, [round, seed], so
    many frames a round, and the return to reach.
    """
    quarter = max(1, len(score[BIG]) // 4)
    needed = {arm: frames_to(went, level, frames) for arm, went in score.items()}
    end = {arm: ends(went) for arm, went in score.items()}
    first = {arm: went[:quarter].mean(axis=0) for arm, went in score.items()}
    budget = len(score[BIG]) * frames

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def told(values: dict[str, np.ndarray]) -> str:
        return ", ".join(f"{arm} {more(each)}" for arm, each in values.items())

    to = ", ".join(f"{arm} {frames_told(each, budget)}" for arm, each in needed.items())
    near = more(first[SCHEDULED] - NEAR * first[SMALL])
    above = {arm: more(end[SCHEDULED] - end[arm]) for arm in (BIG, SMALL)}
    later = more(first[SCHEDULED] - first[UNTAUGHT])
    sooner, further = more(needed[BIG] - needed[SMALL]), more(end[BIG] - end[SMALL])
    return [
        Claim.above(
            f"of {many} few are learned sooner, and all lead to more",
            "few actions ahead until half of the frames; .86 at the end, all .96",
            f"sooner by {sooner} frames, more at the end by {further}; frames to {level:g}: {to}; "
            f"{cost}",
            sooner,
            further,
        ),
        Claim.above(
            f"a mixture of {few} and {many} is as fast as few: over the first quarter it earns "
            f"{NEAR:.0%} or more of what they do",
            "as fast as few actions at first",
            f"above that by {near}; over the first quarter: {told(first)}; {cost}",
            near,
        ),
        Claim.above(
            "and ends above all actions alone, and above few",
            "1.18, all actions .96, few .86",
            f"above all by {above[BIG]}, few by {above[SMALL]}; at the end: {told(end)}; {cost}",
            *above.values(),
        ),
        Claim.above(
            "without the divergence it is later",
            "whoever earns takes the responsibility, and the other is left behind",
            f"over the first quarter less by {later}; {cost}",
            later,
        ),
    ]
