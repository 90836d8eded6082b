"""An expert a task: a student of three rooms is kickstarted by the three, beside one from scratch
and one that only imitates them.

Each expert, the better of two agents, learns its room about as long as the student learns all
three, which leaves the largest room half learned. The weight falls from 1 to 0 over the first half
of the student's training.

Source: Schmitt et al. 2018 (arXiv 1803.03835), section 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kickstarting.students import (
    TRIED,
    WHOLE,
    Experts,
    agent_of,
    experts,
    frames_of,
    more,
    rooms_of,
)
from ontogeny.claims.kickstarting.students_figures import returns_of_arms
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import ends, frames_to, still
from ontogeny.core.space import Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.kickstarting import NAME, kickstart
from ontogeny.learners.teaching.teachers import one_a_task
from ontogeny.learners.teaching.weight import Weight, falling
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.worlds.multi_task import multi_task
from ontogeny.worlds.world import World

# At full, quick and tiny scale.
SIZES = (6, 9, 12), (6, 9, 12), (3, 4)
LEARNING = (8, 20), (8, 20), (1, 1)  # rounds of updates of an expert
TAUGHT, ALONE, IMITATES = "kickstarted", "from scratch", "distillation alone"
ENOUGH = 0.5  # a mean return, of which about 0.87 is the most
PAPER = "with experts: 9.58 times fewer frames to 50, +42.2 % at the end"


class Budget(NamedTuple):
    """How many students an arm, and how long each learns."""

    seeds: int  # even, so that two cores share them
    rounds: int
    steps: int  # of the learner, a round


BUDGETS = Budget(8, 32, 4), Budget(2, 16, 8), Budget(2, 2, 1)


def measure(how: Measuring) -> Found:
    """Return the claims about what experts save and earn a student, and the curves of each room."""
    rooms = rooms_of(how.choose(*SIZES), how)
    both, budget = multi_task(rooms), how.choose(*BUDGETS)
    taught = experts(rooms, *how.choose(*LEARNING), how)
    teacher = one_a_task(taught.teachers, both)
    weight = Weight(1.0, WHOLE, falling("linear", budget.rounds * budget.steps / 2))
    kicked = kickstart(teacher, both, weight, watch=0)
    imitates = distillation("on-policy", teacher, both, 1.0, watch=0, name=NAME)
    found = lived(both, kicked, {TAUGHT: 1.0, ALONE: 0.0}, budget, how)
    found |= how.unless_tiny(
        lambda: lived(both, imitates, {IMITATES: 1.0}, budget, how), {IMITATES: found[TAUGHT]}
    )
    frames = frames_of(agent_of(how), budget.steps)
    cost = f"{budget.seeds} seeds, {budget.rounds * frames:,.0f} frames each{how.weak()}"
    title = "A student of three rooms, an expert a room"
    figure = returns_of_arms("experts", title, found, frames, taught.earned)
    return claims_of(found, taught, frames, cost, how), [figure]


def lived(
    world: World, term: Term, weights: Mapping[str, float], budget: Budget, how: Measuring
) -> dict[str, dict[str, np.ndarray]]:
    """Return the returns of students with the term, an arm a weight and all one program: by arm and
    task, [round, seed].
    """
    seeds, rounds, steps = budget
    space, learner = Space({NAME: WHOLE}), actor_critic(world, agent_of(how), [term])
    hypers = {NAME: jnp.repeat(jnp.array(list(weights.values()), jnp.float32), seeds)}
    size = len(weights) * seeds
    how.progress(f"{', '.join(weights)}: {seeds} seeds, {rounds * steps} updates")
    job = Job(learner, space, still(), how.seed + 1, size, rounds, steps, hypers)
    past = list(Vectorised().prepare(job, quick=True).rounds())
    how.progress(f"{sum(one.seconds for one in past):.0f} s")
    each = {t: np.stack([one.metrics[f"episode_return/{t}"] for one in past]) for t in world.tasks}
    parted = {t: np.split(score, len(weights), axis=1) for t, score in each.items()}
    return {name: {t: parted[t][k] for t in parted} for k, name in enumerate(weights)}


def claims_of(
    found: Mapping[str, Mapping[str, np.ndarray]],
    taught: Experts,
    frames: float,
    cost: str,
    how: Measuring,
) -> list[Claim]:
    """Return the claims, given the returns by arm and room, [round, seed], `frames` a round."""
    score = {arm: np.mean(list(rooms.values()), axis=0) for arm, rooms in found.items()}
    needed = {arm: frames_to(each, ENOUGH, frames) for arm, each in score.items()}
    sooner = more(needed[ALONE] - needed[TAUGHT], how)
    times = needed[ALONE].mean() / needed[TAUGHT].mean()
    spent = TRIED * taught.frames * len(taught.teachers)
    earned = {arm: more(ends(each), how) for arm, each in score.items()}
    gain = {a: more(ends(score[TAUGHT]) - ends(score[a]), how) for a in (ALONE, IMITATES)}
    own = ", ".join(f"{value:.3g}" for value in taught.earned)
    share = earned[TAUGHT].value / max(earned[ALONE].value, 1e-9) - 1
    apart = ", ".join(
        f"{room} {more(ends(one), how)} and {more(ends(found[ALONE][room]), how)}"
        for room, one in found[TAUGHT].items()
    )
    return [
        Claim.above(
            "an expert a task saves a student frames",
            PAPER,
            f"frames to a mean return of {ENOUGH:g} (one round more than all where it is not "
            f"reached): kickstarted {more(needed[TAUGHT], how)}, from scratch "
            f"{more(needed[ALONE], how)}: {times:.3g} times, fewer by {sooner}; with the "
            f"{spent:,.0f} frames of all agents that experts were chosen from, by "
            f"{more(needed[ALONE] - needed[TAUGHT] - spent, how)}; {cost}",
            sooner,
            threshold="the interval of the difference above 0, the experts' frames not counted",
        ),
        Claim.above(
            "a student of several experts ends above one from scratch",
            PAPER,
            f"kickstarted {earned[TAUGHT]}, from scratch {earned[ALONE]}: more by {gain[ALONE]}, "
            f"{share:+.1%}; {apart}; {cost}",
            gain[ALONE],
        ),
        Claim.above(
            "distillation alone ends below kickstarting",
            "clearly below, and the gap widens",
            f"kickstarted {earned[TAUGHT]}, distillation alone {earned[IMITATES]}, the experts in "
            f"their rooms {own}: more by {gain[IMITATES]}; {cost}",
            gain[IMITATES],
        ),
    ]
