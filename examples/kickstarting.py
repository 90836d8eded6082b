"""Give a larger agent a start by a small one, and let the population say how much it is worth.

Needs `ontogeny[worlds]`.
"""

import ontogeny as og
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.terms import space_of
from ontogeny.worlds.by_name import world_named

small = og.grow("breakout", agent=ActorCriticConfig(hidden=(16,)), population=4, rounds=6, steps=32)

# Its weight is tuned by the population, and falls by hand besides: after 64 updates it is nothing.
# The student is ActorCriticConfig's own size, 64 64.
weight = og.teaching.Weight(tuned=og.Log(1e-2, 1e1), schedule=og.teaching.falling("linear", 64))
term = og.kickstart(small.product(), weight=weight)
learner = og.actor_critic(world_named("Breakout-MinAtar"), terms=[term])
space = og.Space({"learning_rate": og.Log(1e-4, 1e-2)} | space_of([term]))

taught = og.grow(learner, space=space, population=4, rounds=6, steps=32)

print("teacher", small.best.score)
print("student by round", taught.metrics()["score"].max(axis=1).round(1))
print("weight by round", taught.metrics()["kickstarting_weight"].mean(axis=1).round(3))
