"""What a mixture of two policies with one torso costs, beside its last component alone and beside
two agents.

One member in four rooms with 48 macro-actions, four of which the simple component takes; and in
MinAtar's Breakout, a component without memory beside one with a GRU. Alpha is a number in the
program: a population over it compiles nothing again.
"""

from __future__ import annotations

from typing import Any

from benchmarks.beside import living
from benchmarks.result import Figure, Result, Target, by_turns, pairwise
from ontogeny.core.space import Space
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.learners.teaching.transfer import ALPHA, CURRICULUM
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.grids.rooms import SMALL_IN_BIG

UPDATES = 6
PLAIN = ActorCriticConfig()
PAIRS: dict[str, tuple[str, tuple[Component, Component], dict[str, Any]]] = {
    "actions": ("four-rooms-big", (Component(PLAIN, SMALL_IN_BIG), Component(PLAIN)), {}),
    "cores": (
        "Breakout-MinAtar",
        (Component(ActorCriticConfig(core="dense")), Component(ActorCriticConfig(core="gru"))),
        {"shared": ("torso", "policy", "value"), "values": "mixed"},
    ),
}


def measure(quick: bool) -> Result:
    """Return the cost of a mixture's update in those of its last component, for each pair."""
    figures: list[Figure] = []
    for name, (called, parts, how) in PAIRS.items():
        world, last = world_named(called), parts[-1].config
        mixed = actor_critic(world, last, policy=mix(parts, **how))
        arms = {
            "last alone": living(actor_critic(world, last), 1, UPDATES),
            "mixture": living(mixed, 1, UPDATES, space=Space({ALPHA: CURRICULUM})),
        }
        rates = by_turns(arms, 3 if quick else 15)
        figures += [Figure(f"{name}: {arm}", "updates/s", rates[arm]) for arm in arms]
        cost = pairwise(rates["last alone"], rates["mixture"])
        label = f"{name}: a mixture's update / its last component's"
        figures.append(Figure(label, "ratio", cost, Target(high=1.5)))
    return Result({"members": 1, "updates a turn": UPDATES}, figures)
