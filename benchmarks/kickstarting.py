"""What kickstarting costs an agent, and what it costs a population that each member has a weight of
its own.

The teacher is a network of the student's size, and its weight falls by hand. One member is held
against a plain one; and eight members, each with its own weight, against one member as many times
as there are cores. All members are one program: a weight is a number in it, so no move compiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from benchmarks.beside import living
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.space import Log, Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.network import policy_network
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.kickstarting import NAME, kickstart
from ontogeny.learners.teaching.weight import Weight, falling
from ontogeny.runtime.machine import cores
from ontogeny.worlds.by_name import world_named

WORLD, UPDATES, MEMBERS = "Breakout-MinAtar", 6, 8
AGENTS = {
    "PPO": ActorCriticConfig(),
    "PPO with a GRU": ActorCriticConfig(core="gru"),
    "V-trace": ActorCriticConfig(loss="vtrace"),
}
WEIGHT = Log(1e-3, 1e1)


def measure(quick: bool) -> Result:
    """Return the cost of a kickstarted update in plain ones, and what eight members do in what one
    does, for each agent.
    """
    figures: list[Figure] = []
    for name, config in AGENTS.items():
        plain = actor_critic(world_named(WORLD), config)
        taught = actor_critic(world_named(WORLD), config, terms(config))
        arms = {
            "plain": living(plain, 1, UPDATES),
            "kickstarted": living(taught, 1, UPDATES),
            "eight": living(taught, MEMBERS, UPDATES, space=Space({NAME: WEIGHT})),
            "eight plain": living(plain, MEMBERS, UPDATES),
        }
        rates = by_turns(arms, 3 if quick else 15)
        figures += [Figure(f"{name}, {arm}", "updates/s", rates[arm]) for arm in arms]
        cost = pairwise(rates["plain"], rates["kickstarted"])
        figures.append(
            Figure(f"{name}: kickstarted / plain, a update", "ratio", cost, Target(high=1.35))
        )
        for eight, one, target in (
            ("eight", "kickstarted", Target(low=0.95)),
            ("eight plain", "plain", None),  # the ceiling: what eight do without any teacher
        ):
            share = [x / min(cores(), MEMBERS) for x in pairwise(rates[eight], rates[one])]
            label = f"{name}: {eight} members / one {one}, a core"
            figures.append(Figure(label, "ratio", share, target))
    setting = {"world": WORLD, "updates a turn": UPDATES, "members": MEMBERS, "cores": cores()}
    return Result(setting, figures)


def terms(config: ActorCriticConfig) -> Sequence[Term]:
    """Return the term of a teacher of the student's own size, its weight tuned and falling."""
    world = world_named(WORLD)
    network = policy_network(world, config).init(jax.random.key(1))
    teacher: Any = Policy(world, config, network)
    return [kickstart(teacher, world, Weight(tuned=WEIGHT, schedule=falling("linear", 10**6)))]
