"""What a sure teacher does to its student's entropy, in MinAtar's Breakout, and memory that is
learned from a teacher's actions alone.

The sure teacher is a grown agent at a temperature near 0. The lesson's loss asks the student to be
as sure, and its policy explores no more when the lesson is over. That a softer teacher or a weaker
lesson mends it is no claim of the source, but a finding of this project's.

The memory is bsuite's MemoryChain (Osband et al. 2020, arXiv 1908.03568), which shows a bit, then
nothing, and asks for the bit: who does not remember earns 0 on average.

Source: Schmitt et al. 2018, Kickstarting (arXiv 1803.03835): section 5.3 on memory.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple, TypeAlias

import jax
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.kickstarting.one_teacher import TINY, grown, setting
from ontogeny.claims.kickstarting.one_teacher_figures import curves
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import ends, train
from ontogeny.claims.weighing import grow
from ontogeny.core.space import Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.kickstarting import RULE
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.learners.teaching.teachers import tempered
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.world import World

Core: TypeAlias = Literal["gru", "none"]
SURE, SOFT = 0.1, 2.0  # temperatures
WEAK = 0.2  # the weight of a weak lesson at first, where others begin at 1
FALL = 0.2  # the share of training after which the weight is 0, where it falls
EMPTY = 1 / 3  # less of the entropy from scratch is left when it is emptied
SCRATCH, STAYS, FALLS, WEAKLY, SOFTLY = (
    "from scratch",
    "sure teacher, constant 1",
    "sure teacher, 1 to 0",
    f"sure teacher, {WEAK:g} to 0",
    "soft teacher, 1 to 0",
)
CHAIN, WHO_REMEMBERS = "MemoryChain-bsuite", ActorCriticConfig(core="gru", window=256)
ABLE, UNABLE = "with a GRU", "without memory"
REMEMBERS: dict[Core, str] = {"gru": ABLE, "none": UNABLE}
REMEMBERED, CHANCE = 0.9, 0.1  # a right answer is worth 1 and a wrong one -1


class Budget(NamedTuple):
    """How many students, and how long everybody learns."""

    seeds: int  # even, so that two cores share them
    teaching: int  # updates of the teacher
    learning: int  # of a student: a round each
    teaching_memory: int  # rounds of the teacher; with 0 it knows nothing
    remembering: int  # of its students; a quick look has none


FULL, QUICK, LEAST = Budget(6, 26, 40, 10, 6), Budget(2, 12, 12, 0, 0), Budget(2, 2, 2, 0, 2)


class Went(NamedTuple):
    """What was measured of students, by arm, each [round, seed]."""

    score: dict[str, np.ndarray]
    entropy: dict[str, np.ndarray]
    frames: float  # of a student a round


def measure(how: Measuring) -> Found:
    """Return the claims about entropy, and about memory, and both their curves. A quick look has no
    memory, and is too short for where students end.
    """
    went = taught(how)
    panels = {"return": went.score, "entropy": went.entropy}
    caption = "Breakout: mean return of the last games, and entropy; bands are the seeds' range."
    title = "What is left of the entropy"
    claims, figures = claims_of(went, how), [curves("entropy", title, caption, panels, went.frames)]
    if how.scale == "quick":
        return claims[:3], figures
    students, frames = remembering(how)
    caption = "MemoryChain: mean return of the last episodes of students who are taught actions "
    caption += "alone; bands are the seeds' range. Dotted: what needs no memory."
    panels, title = {"return": students}, "Memory from actions alone"
    figures.append(curves("memory", title, caption, panels, frames, [0.0]))
    return claims + memory_claims(students, frames, how), figures


def taught(how: Measuring) -> Went:
    """Return how the students of a sure teacher and of a soft one went."""
    world, config, student = setting("Breakout-MinAtar", how)
    seeds, teaching, rounds, *_ = how.choose(FULL, QUICK, LEAST)
    teacher, _ = grown(world, config, teaching, how)
    falls = np.maximum(0, 1 - np.arange(rounds) / rounds / FALL)
    none = 0 * falls
    weights = {
        SCRATCH: (none, none),
        STAYS: (none + 1, none),
        FALLS: (falls, none),
        WEAKLY: (WEAK * falls, none),
        SOFTLY: (none, falls),
    }
    kinds = {"sure": SURE, "soft": SOFT}
    learner = actor_critic(
        world, student, [lesson(teacher, world, *kind) for kind in kinds.items()]
    )
    space = Space(dict.fromkeys(kinds, Log(0.01, 1.0)))
    each = np.repeat(np.array(list(weights.values())), seeds, axis=0)  # [arm × seed, kind, round]
    tables = dict(zip(kinds, each.transpose(1, 2, 0), strict=True))
    given = how.seed + 1, 0, how.progress, "students"
    run = grow(learner, space, tables, (0, 1), *given)

    def by_arm(values: np.ndarray) -> dict[str, np.ndarray]:
        return dict(zip(weights, np.split(values, len(weights), axis=1), strict=True))

    frames = student.environments * student.unroll
    return Went(by_arm(run.score), by_arm(run.metrics["entropy"]), frames)


def lesson(teacher: Teacher, world: World, name: str, temperature: float) -> Term:
    """Return kickstarting by the teacher at a temperature, under a name of its own."""
    return distillation(RULE, tempered(teacher, temperature), world, watch=0, name=name)


def remembering(how: Measuring) -> tuple[dict[str, np.ndarray], float]:
    """Return the scores of students of a teacher with memory who are taught its actions and no
    more, with memory and without, [round, seed], and the frames of one a round.
    """
    world, agent = world_named(CHAIN), WHO_REMEMBERS
    if how.scale == "tiny":
        agent = replace(agent, **TINY, core_units=3)
    seeds, *_, teaching, rounds = how.choose(FULL, QUICK, LEAST)
    steps = how.choose(10, 10, 1)
    learner = actor_critic(world, agent)
    if teaching:
        run = train(how, learner, 2, teaching, steps, "teachers of memory", quick=True)
        best = int(np.argmax(ends(run.score)))
        state = jax.tree.map(lambda x: x[best], run.states)
    else:
        state = jax.jit(lambda key: learner.init(key, {}))(jax.random.key(how.seed))
    terms = [distillation("on-policy", teacher_of(Policy.of(world, agent, state)), world, watch=0)]

    def student(core: Core) -> np.ndarray:
        learner = actor_critic(world, replace(agent, core=core), terms)
        size, first = (seeds, rounds, steps), how.seed + 1
        return train(how, learner, *size, REMEMBERS[core], first_seed=first, quick=True).score

    learned = how.of_each(REMEMBERS, student, ["none"])
    score = {arm: learned[core] for core, arm in REMEMBERS.items()}
    return score, steps * agent.environments * agent.unroll


def claims_of(went: Went, how: Measuring) -> list[Claim]:
    """Return the claims about entropy."""

    def more(values: np.ndarray) -> Interval:
        return bootstrap_interval(values, seed=how.seed)

    score = {arm: ends(values) for arm, values in went.score.items()}
    entropy = {arm: ends(values) for arm, values in went.entropy.items()}
    cost = told(went.score[SCRATCH], went.frames, how)

    def both(*arms: str) -> str:
        each = (f"{arm}: entropy {more(entropy[arm])}, score {more(score[arm])}" for arm in arms)
        return "; ".join(each)

    def mends(claim: str, of: dict[str, np.ndarray], arm: str) -> Claim:
        gain = more(of[arm] - of[FALLS])
        measured = f"{both(arm, FALLS)}; more by {gain}; {cost}"
        return Claim.above(claim, "no claim of the source", measured, gain)

    share = more(entropy[STAYS] / entropy[SCRATCH])
    missing, behind = (more(of[SCRATCH] - of[FALLS]) for of in (entropy, score))
    return [
        Claim(
            "a near-deterministic teacher with a weight that stays empties the student's entropy",
            "the lesson is an entropy bonus towards the teacher's distribution",
            f"{both(STAYS, SCRATCH)}; in that from scratch {share}; {cost}",
            f"the interval below {EMPTY:.2g}",
            bool(share.high < EMPTY),
        ),
        mends("a softer teacher leaves more entropy", entropy, SOFTLY),
        mends("a weaker lesson leaves more entropy", entropy, WEAKLY),
        Claim.above(
            "when the weight has fallen to 0 the entropy does not come back, and the student ends "
            "below one from scratch",
            "no claim of the source",
            f"{both(FALLS, SCRATCH)}; less by {missing} and {behind}; {cost}",
            missing,
            behind,
            threshold="the intervals of both differences above 0",
        ),
        mends("a softer teacher's student ends higher", score, SOFTLY),
        mends("a weaker lesson's student ends higher", score, WEAKLY),
    ]


def memory_claims(students: dict[str, np.ndarray], frames: float, how: Measuring) -> list[Claim]:
    """Return the claims about memory, given scores [round, seed]."""
    end = {arm: bootstrap_interval(ends(score), seed=how.seed) for arm, score in students.items()}
    cost, able, unable = told(students[ABLE], frames, how), end[ABLE], end[UNABLE]
    return [
        Claim(
            "a student with memory who is taught actions alone learns a task of memory",
            "the student learns to remember from its teacher's actions",
            f"{able}; {cost}",
            f"the interval above {REMEMBERED:g}, over the last quarter of the frames",
            bool(able.low > REMEMBERED),
        ),
        Claim(
            "the same student without memory does not",
            "at most 300 without memory (explore_goal_locations_small)",
            f"{unable}; {cost}",
            f"the interval below {CHANCE:g}",
            bool(unable.high < CHANCE),
        ),
    ]


def told(score: np.ndarray, frames: float, how: Measuring) -> str:
    """Return how many seeds lived how long."""
    return f"{score.shape[1]} seeds, {len(score) * frames:,.0f} frames each{how.weak()}"
