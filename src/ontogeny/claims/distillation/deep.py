"""A grown agent teaches one a quarter of its size, in MinAtar's Breakout: which rules do so, and
where they lead.

The teacher is the better of two agents after as many frames as the students have; all have its
settings, but for 16 units in each layer of 64. The source makes no claims about games: what it says
of rules (sections 4 and 5) is held against them here, and the bounds are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np
import plotly.graph_objects as go

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import Trained, ends, frames_to, frames_told, train
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.distillation import NAME, distillation
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.learners.teaching.teachers import tempered
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.views.theme import COLOURS, QUIET, add_band, empty
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.grids.random_grids import grid_world
from ontogeny.worlds.world import World

AGENT = ActorCriticConfig(
    activation="relu", learning_rate=3e-3, environments=64, unroll=128, minibatches=8
)
STUDENT = replace(AGENT, hidden=(16, 16))
TINY = {"hidden": (4,), "environments": 2, "unroll": 4, "epochs": 1, "minibatches": 1}
SOFT = 2.0  # the temperature of the soft teacher
PULL = 0.3  # the weight of its rule: the task's reward is to lead beyond it
SHARE = 0.9  # of the teacher's return
ALONE, TAUGHT, BESIDE, SEEKS, PAID = (
    "alone",
    "on-policy",
    "on-policy+task",
    "reverse-kl+task",
    "expected-entropy",
)
SOFTLY = "on-policy+task, soft teacher"
ARMS = (ALONE, TAUGHT, BESIDE, SEEKS, PAID, SOFTLY)


class Budget(NamedTuple):
    """How many students, and how long each learns."""

    seeds: int  # even, so that two cores share them
    rounds: int
    steps: int  # of the learner, a round


FULL, QUICK, LEAST = Budget(4, 20, 4), Budget(2, 8, 4), Budget(2, 2, 1)


class Lessons(NamedTuple):
    """What teachers earn where they act, by temperature, and how students went, by arm."""

    teachers: dict[float, float]  # at full scale alone
    students: Mapping[str, Trained]
    frames: float  # of a student a round


def measure(how: Measuring) -> Found:
    """Return the claims about the rules, and the curves of their students."""
    lessons = lived(how)
    budget = how.choose(FULL, QUICK, LEAST)
    cost = f"{budget.seeds} seeds, {budget.rounds * lessons.frames:,.0f} frames each{how.weak()}"
    return claims_of(lessons, cost, how), [curves(lessons)]


def lived(how: Measuring) -> Lessons:
    """Return how the teacher's students went, those of the arms that this scale has."""
    world = world_named("Breakout-MinAtar") if how.scale != "tiny" else grid_world(size=3)
    budget = how.choose(FULL, QUICK, LEAST)
    small = {} if how.scale != "tiny" else TINY
    config, student = replace(AGENT, **small), replace(STUDENT, **small)
    teacher = grown(world, config, budget, how)

    def train_arm(name: str, terms: list[Term], rounds: int = budget.rounds) -> Trained:
        learner = actor_critic(world, student, terms)
        size = budget.seeds, rounds, budget.steps
        return train(how, learner, *size, name, first_seed=how.seed + 1, quick=True)

    def term(rule: str, temperature: float = 1.0, weight: float = 1.0) -> list[Term]:
        return [distillation(rule, tempered(teacher, temperature), world, weight, watch=0)]

    def acting(temperature: float) -> float:
        rounds = max(2, budget.rounds // 2)
        name = f"the teacher acts, temperature {temperature:g}"
        acts = train_arm(name, term("teacher", temperature), rounds)
        return float(acts.score[rounds // 2 :].mean())

    arms = how.choose(ARMS, (ALONE, BESIDE), ARMS)
    terms = {arm: term(arm) for arm in arms if arm not in (ALONE, SOFTLY)}
    terms |= {ALONE: [], SOFTLY: term(BESIDE, SOFT, PULL)}
    temperatures = (1.0, SOFT) if SOFTLY in arms else ()
    tiny = how.scale == "tiny"  # where a student stands for the teachers that act, too
    teachers = {} if tiny else {one: acting(one) for one in temperatures}
    students: Mapping[str, Trained] = how.of_each(
        arms, lambda arm: train_arm(arm, terms[arm]), [TAUGHT]
    )
    if tiny:
        teachers = dict.fromkeys(temperatures, float(students[TAUGHT].score.mean()))
    return Lessons(teachers, students, budget.steps * student.environments * student.unroll)


def grown(world: World, config: ActorCriticConfig, budget: Budget, how: Measuring) -> Teacher:
    """Return the better of two agents as a teacher; of a tiny look one that knows nothing."""
    learner, (_, rounds, steps) = actor_critic(world, config), budget
    if how.scale == "tiny":
        state = jax.jit(lambda key: learner.init(key, {}))(jax.random.key(how.seed))
        return teacher_of(Policy.of(world, config, state))
    run = train(how, learner, 2, rounds, steps, "teachers", quick=True)
    best = int(np.argmax(ends(run.score)))
    return teacher_of(Policy.of(world, config, jax.tree.map(lambda x: x[best], run.states)))


def claims_of(lessons: Lessons, cost: str, how: Measuring) -> list[Claim]:
    """Return the claims, those whose arms there are."""
    teachers, students, frames = lessons
    score = {arm: run.score for arm, run in students.items()}

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    def gain(one: str, other: str) -> Interval:
        return more(ends(score[one]) - ends(score[other]))

    several = [arm for arm in students if arm != SOFTLY]
    earned = ", ".join(f"{arm} {more(ends(score[arm]))}" for arm in several)
    claims = [
        Claim.above(
            "imitation on the student's states with the task's reward earns more than the reward",
            "a teacher saves a student frames (kickstarting)",
            f"{earned}: more by {gain(BESIDE, ALONE)}; {cost}",
            gain(BESIDE, ALONE),
        )
    ]
    if not teachers:
        return claims
    level = SHARE * teachers[1.0]
    needed = {arm: frames_to(score[arm], level, frames) for arm in several}
    told = ", ".join(
        f"{arm} {frames_told(needed[arm], len(score[arm]) * frames)}" for arm in needed
    )
    for arm in (BESIDE, SEEKS):
        sooner = more(needed[ALONE] - needed[arm])
        claims.append(
            Claim.above(
                f"a student by {arm} has {SHARE:.0%} of the teacher's return before one alone",
                "a teacher saves a student frames (kickstarting)",
                f"frames to {level:.3g} of {teachers[1.0]:.3g}: {told}: fewer by {sooner}; {cost}",
                sooner,
            )
        )
    entropy = {arm: ends(students[arm].metrics["entropy"]) for arm in students}
    taught = students[TAUGHT].metrics
    # Hx(pi || pi_s) = KL(pi || pi_s) + H(pi), on the states of the student
    theirs = ends(taught[f"{NAME}_loss"] - taught[f"{NAME}_kl/student"])
    covers, seeks = more(entropy[TAUGHT] / theirs), more(entropy[PAID] / theirs)
    length, others = (students[arm].metrics["episode_length"] for arm in (PAID, ALONE))
    beyond = more(ends(score[SOFTLY]) - teachers[SOFT])
    return [
        *claims,
        Claim.above(
            "the task's reward on top of imitation earns more than imitation",
            "cloning ends at the teacher, and before it where the student is too small for it",
            f"more by {gain(BESIDE, TAUGHT)}; {cost}",
            gain(BESIDE, TAUGHT),
        ),
        Claim(
            "Hx(teacher || student) covers the teacher's mass, Hx(student || teacher) seeks a mode",
            "the one is least at the teacher's distribution, the other at a sure choice",
            f"entropy in the teacher's (on the {TAUGHT} student's states): {TAUGHT} {covers}, "
            f"{PAID} {seeks}; {cost}",
            "the one's interval above 0.9, the other's below 0.1",
            bool(covers.low > 0.9 and seeks.high < 0.1),
        ),
        Claim.above(
            "expected entropy regularised, the source's default, teaches more than learning alone",
            "the recommended default (section 5); near on-policy distillation in speed",
            f"{PAID} {more(ends(score[PAID]))}, alone {more(ends(score[ALONE]))}: more by "
            f"{gain(PAID, ALONE)}; steps of a game {more(ends(length))}, alone "
            f"{more(ends(others))}; {cost}",
            gain(PAID, ALONE),
        ),
        Claim.above(
            "with the task's reward a student passes a soft teacher",
            "only rules with the true reward go beyond the teacher",
            f"the teacher at temperature {SOFT:g} earns {teachers[SOFT]:.3g}, its student by "
            f"{BESIDE} of weight {PULL:g} {more(ends(score[SOFTLY]))}; {cost}",
            beyond,
        ),
    ]


def curves(lessons: Lessons) -> Figure:
    """Return the returns of each arm over its frames, and the teachers'."""
    arms = list(lessons.students)
    score = np.stack([lessons.students[arm].score for arm in arms])
    data = {
        "score": score,
        "frames": lessons.frames * np.arange(1, score.shape[1] + 1),
        "teachers": np.array(list(lessons.teachers.values())),
    }
    labels: Mapping[str, list[str]] = {"arms": arms}
    caption = "Mean return of the 32 last games; bands are the seeds' range. Dotted: what the "
    caption += "teacher earns where it acts, as it is and softened."
    return Figure("deep", caption, data, labels, draw_curves)


def draw_curves(figure: Figure) -> go.Figure:
    """Return a line an arm, with the seeds' range, and a dotted line a teacher."""
    fig = empty("Students a quarter of their teacher's size", "frames of one student", "return")
    spent = figure.data["frames"]
    for index, (arm, score) in enumerate(
        zip(figure.labels["arms"], figure.data["score"], strict=True)
    ):
        colour = COLOURS[index % len(COLOURS)]
        add_band(fig, spent, score.min(axis=1), score.max(axis=1), colour)
        line = {"color": colour, "width": 2.5}
        fig.add_scatter(x=spent, y=score.mean(axis=1), mode="lines", line=line, name=str(arm))
    for level in figure.data["teachers"]:
        fig.add_hline(float(level), line={"color": QUIET, "dash": "dot"})
    return fig
