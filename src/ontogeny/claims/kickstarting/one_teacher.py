"""A small agent teaches a larger one, in MinAtar's SpaceInvaders: how soon the student is where its
teacher is, and where weights of every kind lead.

The teacher is the better of two agents, and what it earns is measured while it learns no more. All
that is tuned is the lesson's weight; every arm has the same learning rate. What PBT earns is the
mean of a population, not its best.

Source: Schmitt et al. 2018, Kickstarting (arXiv 1803.03835), section 5.1 and figures 3 and 5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kickstarting.one_teacher_figures import curves, weights
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import ends, frames_to, frames_told, train
from ontogeny.claims.weighing import grow
from ontogeny.core.space import Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.kickstarting import NAME, kickstart
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.solved.bandits import gaussian_bandit
from ontogeny.worlds.world import World

STUDENT = ActorCriticConfig(
    activation="relu",
    learning_rate=3e-3,
    environments=64,
    unroll=128,
    epochs=2,
    minibatches=16,
    window=64,
)
TEACHER = replace(STUDENT, hidden=(16, 16))
TINY = {"hidden": (4,), "environments": 2, "unroll": 4, "epochs": 1, "minibatches": 1}
SCRATCH, CONSTANT, CLONED, TUNED = "from scratch", "constant", "distillation alone", "by PBT"
FAST, MIDDLE, SLOW = (f"linear to 0 at {percent} %" for percent in (10, 20, 40))
FALLS = {FAST: 0.1, MIDDLE: 0.2, SLOW: 0.4}  # weight 1 at first, and 0 after this share
BY_HAND = (SCRATCH, CONSTANT, *FALLS)
BOUNDS = Log(0.01, 1.0)  # where populations begin, evenly in the logarithm, and stay
BEYOND = 1.5  # times the teacher's score
PLATEAU = 0.25  # so far from the teacher's score, in units of it, is at the teacher
NEAR = 0.1  # so much below the best weight by hand, in units of its score, is near it


class Budget(NamedTuple):
    """How many students, and how long everybody learns."""

    seeds: int  # even, so that two cores share them
    members: int  # of the population of a seed; with 0 there are only weights by hand
    teaching: int  # updates of the teacher
    learning: int  # of a student: a round each
    burn_in: int  # before members of a population move


FULL, QUICK, LEAST = Budget(6, 6, 22, 40, 4), Budget(2, 0, 12, 12, 0), Budget(2, 2, 2, 2, 1)


class Lessons(NamedTuple):
    """What the teacher earns, and how students went."""

    level: float
    spent: float  # frames of both agents of which one teaches
    score: dict[str, np.ndarray]  # of each arm, [round, seed]; of a population its mean
    weight: np.ndarray  # along the line of each population's best: [round, seed]
    members: int
    frames: float  # of a student a round


def measure(how: Measuring) -> Found:
    """Return the claims about one teacher, the curves of its students, and PBT's weights."""
    lessons = lived(how)
    rounds, seeds = lessons.score[SCRATCH].shape
    cost = f"{seeds} seeds, {rounds * lessons.frames:,.0f} frames each{how.weak()}"
    caption = (
        "Mean return of the last games, of PBT that of whole populations; bands are the seeds' "
    )
    caption += "range. Dotted: what the teacher earns."
    title, panels = "Students of one small teacher", {"return": lessons.score}
    drawn = curves("one_teacher", title, caption, panels, lessons.frames, [lessons.level])
    if not lessons.members:
        return sooner(lessons, cost, how)[:1], [drawn]
    return claims_of(lessons, cost, how), [drawn, weights(lessons.weight, lessons.frames)]


def lived(how: Measuring) -> Lessons:
    """Return how the teacher and its students went."""
    world, config, student = setting("SpaceInvaders-MinAtar", how)
    seeds, members, teaching, learning, burn_in = how.choose(FULL, QUICK, LEAST)
    teacher, level = grown(world, config, teaching, how)
    learner = actor_critic(world, student, [kickstart(teacher, world, watch=0)])
    table, tuned = by_hand(learning, seeds), (seeds if members else 0, max(members, 1))
    given = how.seed + 1, burn_in, how.progress, "students"
    each = grow(learner, Space({NAME: BOUNDS}), {NAME: table}, tuned, *given)
    arms = np.split(each.score[:, : table.shape[1]], len(BY_HAND), axis=1)
    score = dict(zip(BY_HAND, arms, strict=True))
    frames = student.environments * student.unroll
    spent = 2 * teaching * frames
    if not members:
        return Lessons(level, spent, score, np.ones((learning, 0)), 0, frames)

    def cloned() -> np.ndarray:
        cloning = actor_critic(world, student, [distillation("on-policy", teacher, world, watch=0)])
        size, first = (seeds, learning, 1), how.seed + 1
        return train(how, cloning, *size, CLONED, first_seed=first, quick=True).score

    score[CLONED] = how.unless_tiny(cloned, score[CONSTANT])
    score[TUNED] = each.populations(each.score).mean(axis=-1)
    return Lessons(level, spent, score, each.lines(NAME), members, frames)


def setting(game: str, how: Measuring) -> tuple[World, ActorCriticConfig, ActorCriticConfig]:
    """Return the world, the teacher and the student: of a tiny look a bandit, and smaller ones."""
    if how.scale == "tiny":
        world = gaussian_bandit(horizon=4).world
        return world, replace(TEACHER, **TINY), replace(STUDENT, **TINY)
    return world_named(game), TEACHER, STUDENT


def grown(
    world: World, config: ActorCriticConfig, updates: int, how: Measuring
) -> tuple[Teacher, float]:
    """Return the better of two agents as a teacher, and what it earns: in the second half of some
    further rounds, where nothing is learned. It is grown once in a process, for the parts that ask
    for the same.
    """
    asked = "teacher", world.name, config, updates
    return how.once(asked, lambda: _grown(world, config, updates, how))


def _grown(
    world: World, config: ActorCriticConfig, updates: int, how: Measuring
) -> tuple[Teacher, float]:
    still = max(2, updates // 4)
    rate = np.full((updates + still, 2), config.learning_rate)
    rate[updates:] = 0
    name, given = "learning_rate", (how.seed, 0, how.progress, "teachers")
    space = Space({name: Log(1e-4, 1.0)})
    run = grow(actor_critic(world, config), space, {name: rate}, (0, 1), *given)
    score = run.score[-(still // 2) :].mean(axis=0)
    best = int(np.argmax(score))
    policy = Policy.of(world, config, jax.tree.map(lambda x: x[best], run.states))
    return teacher_of(policy), float(score[best])


def by_hand(rounds: int, seeds: int) -> np.ndarray:
    """Return the weight of each student by hand in each round, [round, arm × seed]."""
    gone = np.arange(rounds) / rounds
    weight = {SCRATCH: 0 * gone, CONSTANT: 0 * gone + 1}
    weight |= {arm: np.maximum(0, 1 - gone / share) for arm, share in FALLS.items()}
    return np.repeat(np.stack([weight[arm] for arm in BY_HAND], axis=1), seeds, axis=1)


def claims_of(lessons: Lessons, cost: str, how: Measuring) -> list[Claim]:
    """Return the claims about the arms."""
    score, level = lessons.score, lessons.level

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    end = {arm: ends(went) for arm, went in score.items()}
    earned = f"the teacher {level:.4g}, "
    earned += ", ".join(f"{arm} {more(values)}" for arm, values in end.items())
    best = max((CONSTANT, *FALLS), key=lambda arm: float(end[arm].mean()))
    near = more(end[TUNED] - (1 - NEAR) * end[best])
    plateaus = {arm: more(end[arm] / level) for arm in (CONSTANT, CLONED)}
    passes = {arm: more(end[arm] - level) for arm in (FAST, MIDDLE)}
    first, last = (more(lessons.weight[at]) for at in (0, -1))
    beyond, tuned_beyond = (more(end[arm] - end[SCRATCH]) for arm in (MIDDLE, TUNED))
    percent = 100 * (end[MIDDLE].mean() / end[SCRATCH].mean() - 1)
    return [
        *sooner(lessons, cost, how),
        Claim(
            "a weight that stays keeps the student at its teacher, and so does imitation alone",
            "39.6 to 41.2 after all frames, by weights that stay: the teacher 39.7",
            f"in the teacher's score: {_told(plateaus)}; {earned}; {cost}",
            f"both intervals within {1 - PLATEAU:g} to {1 + PLATEAU:g}",
            all(abs(bound - 1) <= PLATEAU for one in plateaus.values() for bound in one[1:]),
        ),
        Claim.above(
            "a weight that falls fast leads beyond the teacher, and beyond a weight that stays",
            "59.4 and 60.8 by weights that fall fast, the teacher 39.7",
            f"more than the teacher: {_told(passes)}; {MIDDLE} more than a constant by "
            f"{more(end[MIDDLE] - end[CONSTANT])}; {cost}",
            *passes.values(),
            more(end[MIDDLE] - end[CONSTANT]),
        ),
        Claim.above(
            "PBT's weight is near the best by hand, without a sweep",
            "56.9 by PBT, the best of six by hand 60.8, the worst 39.6",
            f"{TUNED} {more(end[TUNED])}, by hand the best is {best}, {more(end[best])}; "
            f"more than {1 - NEAR:g} of it by {near}; its weight from {first} to {last}; {cost}",
            near,
            threshold=f"the interval of what it has above {1 - NEAR:g} of the best's, above 0",
        ),
        Claim.above(
            "a kickstarted student ends above one from scratch",
            "by PBT 9.6 % more after all frames, by a weight that falls fast 17 %",
            f"{MIDDLE} more by {beyond} ({percent:.3g} %), {TUNED} by {tuned_beyond}; {earned}; "
            f"{cost}",
            beyond,
        ),
    ]


def sooner(lessons: Lessons, cost: str, how: Measuring) -> list[Claim]:
    """Return the claims about frames: to the teacher's score, beyond it, and with its own."""
    score, frames, claims = lessons.score, lessons.frames, []

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    saved = []
    for times in (1.0, BEYOND):
        least = times * lessons.level
        needed = {arm: frames_to(went, least, frames) for arm, went in score.items()}
        saved.append(needed[SCRATCH] - needed[MIDDLE])
        all_frames = len(score[SCRATCH]) * frames
        told = ", ".join(f"{arm} {frames_told(each, all_frames)}" for arm, each in needed.items())
        fewer = needed[SCRATCH].mean() / needed[MIDDLE].mean()
        what = "the teacher's score" if times == 1 else f"{times:g} times the teacher's score"
        claims.append(
            Claim.above(
                f"a kickstarted student has {what} before one from scratch",
                "to 30, 40 (the teacher's score) and 50 in 7.6, 2.35 and 1.53 times fewer frames",
                f"frames to {least:.4g}: {told}; {MIDDLE} in {fewer:.3g} times fewer, fewer by "
                f"{more(saved[-1])}; {cost}",
                more(saved[-1]),
            )
        )
    one, several = (more(n * saved[0] - lessons.spent) for n in (1, lessons.members))
    return [
        *claims,
        Claim.above(
            f"a teacher's own frames are paid back by the {lessons.members} students of a "
            "population, on the way to its score",
            "the teacher's frames are not counted",
            f"its {lessons.spent:,.0f} frames (of both agents whose better it is) counted, one "
            f"student saves {one}, {lessons.members} save {several}; {cost}",
            several,
        ),
    ]


def _told(each: dict[str, Interval]) -> str:
    return ", ".join(f"{arm} {interval}" for arm, interval in each.items())
