"""One student of several rooms and an expert a room: how the claims about several teachers are
measured. Populations of students, one a seed, are grown side by side in one program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import ends, train
from ontogeny.core.learner import Learner
from ontogeny.core.population import Move, Population, first_hypers
from ontogeny.core.space import Log, Space
from ontogeny.evolution import selection
from ontogeny.evolution.explore import perturb
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.strategy import Strategy
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.teaching.kickstarting import kickstart
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.learners.teaching.teachers import one_a_task
from ontogeny.learners.teaching.weight import Weight
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.runtime.executor import Job
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.worlds.grids.locked_room import locked_room
from ontogeny.worlds.solved.bandits import gaussian_bandit
from ontogeny.worlds.world import World

AGENT = ActorCriticConfig(
    activation="relu", learning_rate=2e-3, environments=32, unroll=32, window=64
)
TINY = ActorCriticConfig(hidden=(4,), environments=2, unroll=4, epochs=1, minibatches=1)
TRIED = 2  # agents a room, of which the better is its expert
WHOLE = Log(1e-3, 1e1, prior=(0.1, 1.0))  # the weight of all tasks
FACTOR = Log(1e-4, 1e2, prior=(0.1, 10.0))  # of one task


class Budget(NamedTuple):
    """How many populations, of how many students, and how long each of these learns."""

    seeds: int
    members: int  # seeds x members is even, so that two cores share them
    rounds: int
    steps: int  # of the learner, a round


class Arm(NamedTuple):
    """Whether there are teachers, and whether each task has a factor of its own."""

    taught: bool
    own: bool


SCRATCH, SHARED, OWN = Arm(False, False), Arm(True, False), Arm(True, True)


class Grown(NamedTuple):
    """What the best student of each seed's last round and its ancestors lived: NumPy arrays."""

    returns: dict[str, np.ndarray]  # by task, [round, seed]
    hypers: dict[str, np.ndarray]  # [round, seed]


class Experts(NamedTuple):
    """The best of the agents tried in each room, and what it earned at the end of its training."""

    teachers: list[Teacher]
    earned: list[float]
    frames: float  # of one agent


def agent_of(how: Measuring) -> ActorCriticConfig:
    """Return the settings of everybody, experts and students."""
    return TINY if how.scale == "tiny" else AGENT


def frames_of(config: ActorCriticConfig, steps: int) -> float:
    """Return the frames that so many steps of the learner live."""
    return float(steps * config.environments * config.unroll)


def rooms_of(sizes: Sequence[int], how: Measuring) -> list[World]:
    """Return a locked room a size; in a tiny look, a bandit of so many pulls."""
    if how.scale == "tiny":
        bandits = (gaussian_bandit(size).world for size in sizes)
        return [world._replace(name=f"{world.time_limit} pulls") for world in bandits]
    return [locked_room(size) for size in sizes]


def experts(rooms: Sequence[World], rounds: int, steps: int, how: Measuring) -> Experts:
    """Return an expert a room, each of rounds x steps updates, once in a process for all parts that
    ask for the same; in a tiny look, one for all.
    """
    asked = "experts", tuple(room.name for room in rooms), rounds, steps
    return how.once(asked, lambda: _experts(rooms, rounds, steps, how))


def _experts(rooms: Sequence[World], rounds: int, steps: int, how: Measuring) -> Experts:
    config = agent_of(how)
    teachers, earned = [], []
    for room in how.choose(rooms, rooms, rooms[:1]):
        learner, what = actor_critic(room, config), f"experts of {room.name}"
        run = train(how, learner, TRIED, rounds, steps, what, quick=True)
        best = int(np.argmax(ends(run.score)))
        state = jax.tree.map(lambda x, best=best: x[best], run.states)
        teachers.append(teacher_of(Policy.of(room, config, state)))
        earned.append(float(ends(run.score)[best]))
    n_each = len(rooms) // len(teachers)
    return Experts(n_each * teachers, n_each * earned, frames_of(config, rounds * steps))


def read_by(learner: Learner[Any], names: Sequence[str]) -> Learner[Any]:
    """Return the learner whose weights, `names` (that of all tasks first), are read off the hypers
    of `weights_of` and the arm's.
    """

    def read(hypers: Mapping[str, Array]) -> dict[str, Array]:
        taught, own = hypers["taught"], hypers["own"]
        factors = [jnp.where(own > 0, hypers[f"task{k}"], 1.0) for k in range(len(names) - 1)]
        return dict(zip(names, [taught * hypers["whole"], *factors], strict=True))

    return Learner(
        lambda key, hypers: learner.init(key, read(hypers)),
        lambda key, state, hypers: learner.step(key, state, read(hypers)),
        lambda key, state, hypers: learner.score(key, state, read(hypers)),
    )


def weights_of(tasks: Sequence[str]) -> Space:
    """Return where weights are tuned: that of all tasks, "whole", and a factor of each: "task0" and
    so on.
    """
    return Space({"whole": WHOLE, **{f"task{k}": FACTOR for k in range(len(tasks))}})


def impala(space: Space, budget: Budget) -> Strategy[Any]:
    """Return IMPALA's variant of Population Based Training, for few rounds: whoever meets a better
    one copies it, and everybody's hypers double or halve with a probability of 0.33 each, after a
    burn-in of a sixth of the training.
    """
    vary = perturb((0.5, 2.0), probability=0.33)
    burn_in = budget.rounds * budget.steps // 6
    better = selection.margin(0.02)
    return pbt(space, better, vary, mutate_always=True, burn_in=burn_in)


def apart(strategy: Strategy[Any], groups: int) -> Strategy[Any]:
    """Return the strategy of so many populations side by side, none of which knows of another. What
    an arm is ("taught" and "own") is nobody's to vary.
    """

    def parted(tree: Any) -> Any:
        return jax.tree.map(lambda x: x.reshape(groups, -1, *x.shape[1:]), tree)

    def seen(population: Population[Any]) -> Population[Any]:
        hypers = {n: value for n, value in population.hypers.items() if n not in Arm._fields}
        return parted(population._replace(state=(), hypers=hypers))

    def init(key: Array, population: Population[Any]) -> Any:
        return jax.vmap(strategy.init)(jax.random.split(key, groups), seen(population))

    def move(key: Array, state: Any, population: Population[Any], ready: Array) -> Any:
        keys = jax.random.split(key, groups)
        state, moves = jax.vmap(strategy.move)(keys, state, seen(population), parted(ready))
        first = jnp.arange(groups)[:, None] * (population.size // groups)
        moves = moves._replace(parent=moves.parent + first)
        together: Move = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), moves)
        return state, together._replace(hypers=population.hypers | together.hypers)

    return Strategy(init, move)


def grow(
    world: World,
    teachers: Sequence[Teacher],
    arms: Mapping[str, Arm],
    budget: Budget,
    how: Measuring,
) -> dict[str, Grown]:
    """Return for each arm the lines of the best of a population a seed, tuned by `impala`. All arms
    are one program, and begin with the same weights of experts.
    """
    term = kickstart(one_a_task(teachers, world), world, Weight(tuned=WHOLE, tasks=FACTOR), watch=0)
    learner = read_by(actor_critic(world, agent_of(how), [term]), list(term.hypers))
    space, (seeds, members, rounds, steps) = weights_of(world.tasks), budget
    groups, each = len(arms) * seeds, seeds * members
    size = len(arms) * each
    first = first_hypers(space, how.seed + 1, each)  # the same in every arm
    hypers = jax.tree.map(lambda x: jnp.tile(x, len(arms)), first)
    for name in Arm._fields:
        hypers[name] = jnp.repeat(jnp.array([float(getattr(a, name)) for a in arms.values()]), each)
    strategy = apart(impala(space, budget), groups)
    how.progress(f"{', '.join(arms)}: {seeds} seeds, {members} members, {rounds * steps} updates")
    job = Job(learner, space, strategy, how.seed + 1, size, rounds, steps, hypers)
    lived = list(Vectorised().prepare(job, quick=True).rounds())
    parent = np.stack([one.move.parent for one in lived])
    slots = best_slots(parent, np.stack([one.score for one in lived]), groups)
    how.progress(f"{sum(one.seconds for one in lived):.0f} s")

    def along(each: Sequence[np.ndarray], arm: int) -> np.ndarray:
        mine = slots[:, arm * seeds : (arm + 1) * seeds]
        return np.take_along_axis(np.stack(each), mine, axis=1)

    return {
        name: Grown(
            {
                t: along([one.metrics[f"episode_return/{t}"] for one in lived], arm)
                for t in world.tasks
            },
            {h: along([one.hypers[h] for one in lived], arm) for h in space.dimensions},
        )
        for arm, name in enumerate(arms)
    }


def best_slots(parent: np.ndarray, score: np.ndarray, groups: int) -> np.ndarray:
    """Return in which slot the best of each group's last round was in each round, it or its
    ancestor: [round, pop], twice, to [round, group].
    """
    members = score.shape[1] // groups
    slot = np.argmax(score[-1].reshape(groups, members), axis=1) + members * np.arange(groups)
    line = []
    for moved in parent[::-1]:
        line.append(slot)
        slot = moved[slot]
    return np.stack(line[::-1])


def more(values: np.ndarray, how: Measuring) -> Interval:
    """Return the mean over the seeds and its interval."""
    return bootstrap_interval(values, seed=how.seed)
