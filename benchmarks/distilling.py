"""What an update with a teacher costs an agent, beside a plain one.

The teacher is a network of the student's own size, its weights as they are drawn: what it says does
not change what it costs. It is asked once a rollout, and agreement with it is told on both sides'
states, as in `ontogeny distill`. One member in MinAtar's Breakout, in the recipe's own batch. Both
the seconds and the processor's seconds are measured, since others may use the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax

from benchmarks.beside import living
from benchmarks.result import Figure, Result, Target, pairwise
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.teacher import teacher_of
from ontogeny.worlds.by_name import world_named

WORLD, UPDATES = "Breakout-MinAtar", 6
AGENTS = {
    "PPO": ActorCriticConfig(),
    "PPO with a GRU": ActorCriticConfig(core="gru"),
    "V-trace": ActorCriticConfig(loss="vtrace"),
}
RULES = ("on-policy+task", "n-distill+task")


def measure(quick: bool) -> Result:
    """Return the cost of each rule's update in that of a plain one, for each agent."""
    figures: list[Figure] = []
    for name, config in AGENTS.items():
        arms = {rule: timed(config, rule) for rule in ("", *RULES)}
        spent: dict[str, list[tuple[float, float]]] = {rule: [] for rule in arms}
        for turn in range(3 if quick else 15):
            for rule in list(arms)[:: 1 if turn % 2 == 0 else -1]:
                spent[rule].append(arms[rule]())
        plain, rate = spent.pop(""), f"{name}, plain"
        figures.append(Figure(rate, "updates/s", [UPDATES / wall for wall, _ in plain]))
        for rule, taught in spent.items():
            for kind, which in (("time", 0), ("processor time", 1)):
                ratios = pairwise([t[which] for t in taught], [p[which] for p in plain])
                label = f"{name}, {rule}: {kind} with a teacher / plain"
                figures.append(Figure(label, "ratio", ratios, Target(high=1.35)))
    return Result({"world": WORLD, "members": 1, "updates a turn": UPDATES}, figures)


def timed(config: ActorCriticConfig, rule: str) -> Callable[[], tuple[float, float]]:
    """Return what lives some updates, and gives the seconds and the processor's seconds of it."""
    world = world_named(WORLD)
    network = policy_network(world, config).init(jax.random.key(1))
    teacher = teacher_of(Policy(world, config, network))
    terms: Any = [distillation(rule, teacher, world)] if rule else ()
    live = living(actor_critic(world, config, terms), 1, UPDATES)

    def turn() -> tuple[float, float]:
        wall, spent = time.perf_counter(), time.process_time()
        live()
        return time.perf_counter() - wall, time.process_time() - spent

    turn()  # once for nothing: the first call of a program is slower
    return turn
