"""Few actions into more than 700, in a game: MinAtar's Breakout by sequences of six of its three
actions. Of the 729 sequences, each of whose steps is chosen by itself, 7 are few: to stay, or to go
one way for one, three or six steps and then stay.

What is told of a mixture is what it earns as it acts; from where alpha is 1, that is what its last
component earns alone. A component is drawn at each step and learned from, since the entropy of a
mixture would be a sum over all sequences.

Source: Czarnecki et al. 2018, Mix & Match (arXiv 1806.01780). Frames here are decisions of one
agent, of six steps of the game each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.mix_and_match.budget import Budget
from ontogeny.claims.mix_and_match.figures import curves
from ontogeny.claims.mix_and_match.many_actions import claims_of, trained
from ontogeny.claims.mix_and_match.rooms import BIG, SCHEDULED, SMALL, TINY, UNTAUGHT
from ontogeny.core.learner import Learner
from ontogeny.learners.agents.actor_critic import actor_critic
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.mix_and_match import mix
from ontogeny.learners.teaching.mixed_network import Component
from ontogeny.worlds.by_name import world_named

STEPS = 6  # of a sequence
STAY, WAYS, FAR = 0, (1, 2), (1, 3, 6)
FEW = (
    (STAY,) * STEPS,
    *((way,) * far + (STAY,) * (STEPS - far) for way in WAYS for far in FAR),
)
AGENT = ActorCriticConfig(
    hidden=(64,),
    activation="relu",
    epochs=2,
    learning_rate=2e-3,
    discount=0.97,
    entropy_cost=0.03,
    window=64,
)
LEVEL = 4.0  # bricks a game
TRANSFER = 0.1
RISES = 0.2  # the share of the training after which alpha is 1


FULL, QUICK, LEAST = Budget(6, 24, 10), Budget(2, 12, 10), Budget(2, 2, 1)


def measure(how: Measuring) -> Found:
    """Return the claims about the 729 sequences, and the arms' curves."""
    seeds, rounds, steps, _ = how.choose(FULL, QUICK, LEAST)
    config = replace(AGENT, **how.choose({}, {}, {**TINY, "epochs": 1, "minibatches": 1}))
    score = trained(learners(config, rounds * steps), seeds, rounds, steps, how)
    frames = float(steps * config.environments * config.unroll)
    cost = f"{seeds} seeds, {rounds * frames:,.0f} frames each{how.weak()}"
    title = "Breakout: 7 sequences into 729"
    drawn = curves("breakout", title, score, frames, LEVEL, "Mean return of the last games")
    claims = claims_of(score, frames, LEVEL, len(FEW), "729 sequences", cost, how)
    return claims, [drawn]


def learners(config: ActorCriticConfig, updates: int) -> dict[str, Learner[Any]]:
    """Return an agent an arm, who learns for so many updates."""
    world = world_named(f"Breakout-MinAtar/sequences{STEPS}")
    parts = [Component(config, FEW), Component(config)]

    def mixed(alpha: Any, transfer: float) -> Learner[Any]:
        given: Any = {"masked": True, "index": "drawn", "watch": 0}
        return actor_critic(world, config, policy=mix(parts, alpha, transfer=transfer, **given))

    def rises(done: Any) -> Any:
        return done / (RISES * updates)

    return {
        SMALL: mixed(0.0, 0.0),
        BIG: actor_critic(world, config),
        SCHEDULED: mixed(rises, TRANSFER),
        UNTAUGHT: mixed(rises, 0.0),
    }
