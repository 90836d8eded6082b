"""Who teaches, by what a person writes: a run, the folder of a saved policy, or TASK=RUN for the
teacher of one of several tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ontogeny.core.errors import ConfigError, unknown
from ontogeny.core.files import absolute
from ontogeny.learners.agents.policy import Policy
from ontogeny.recipes.products import load_product
from ontogeny.runtime.storage.folders import find_run
from ontogeny.worlds.world import World

FIELD = "recipe field teacher"


def named(teacher: str) -> tuple[str, str]:
    """Return the task that a teacher is given for, "" for none, and its run or folder."""
    task, told, place = teacher.partition("=")
    return (task, place) if told and not absolute(teacher).exists() else ("", teacher)


def placed(teacher: str) -> str:
    """Return the folder that a teacher's name asks for, so that it is found from elsewhere too;
    what is none as it is: whoever reads it says what is wrong.
    """
    task, place = named(teacher)
    if absolute(place).exists():
        place = str(absolute(place))
    else:
        with suppress(ConfigError):
            place = str(find_run(place))
    return f"{task}={place}" if task else place


def policies(teachers: Sequence[str], world: World, transfer: bool) -> list[Policy]:
    """Return the teachers of this world, those of tasks in the order of its tasks.

    Raises `ConfigError` for no teacher, for one of another world (unless it is a `transfer`), for
    one that is no actor-critic, and where tasks are named and one is missing or has two;
    `StoreError` where one can't be read.
    """
    if not teachers:
        raise ConfigError(
            "nobody teaches",
            where=FIELD,
            hint="give a run or a saved policy: --teacher RUN",
        )
    pairs = [named(teacher) for teacher in teachers]
    if any(task for task, _ in pairs):
        pairs = _in_order(pairs, world)
    return [_policy(place, task, world, transfer) for task, place in pairs]


def _in_order(pairs: list[tuple[str, str]], world: World) -> list[tuple[str, str]]:
    tasks = [task for task, _ in pairs]
    for task in tasks:
        if task not in world.tasks:
            if world.tasks:
                raise unknown("task", task, world.tasks, FIELD)
            raise ConfigError(
                f"a teacher of the task {task!r}, and {world.name} is one task",
                where=FIELD,
                hint='give the student a world of several tasks, --world "A + B"; or the teacher '
                "without a task",
            )
        if tasks.count(task) > 1:
            raise ConfigError(f"two teachers of the task {task!r}", where=FIELD, hint="give one")
    if missing := [task for task in world.tasks if task not in tasks]:
        raise ConfigError(
            f"nobody teaches the task {missing[0]!r}",
            where=FIELD,
            hint=f'give each task a teacher: "{missing[0]}=RUN"',
        )
    return sorted(pairs, key=lambda pair: world.tasks.index(pair[0]))


def _policy(place: str, task: str, world: World, transfer: bool) -> Policy:
    policy = load_product(place)
    if not isinstance(policy, Policy):
        raise ConfigError(
            f"a {policy.kind} is no teacher of agents",
            where=place,
            hint="take the run of an agents' recipe",
        )
    known = {world.name, *([task] if task else world.tasks)}
    if policy.world.name not in known and not transfer:
        raise ConfigError(
            f"the teacher was grown in {policy.world.name}, and the student lives in "
            f"{task or world.name}",
            where=place,
            hint=f"give the student that world: --world {policy.world.name}; or, where both "
            "see the same, --transfer",
        )
    return policy
