"""Walk four rooms by 48 macro-actions, beginning with the four that are unit moves."""

import ontogeny as og
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.worlds.grids.rooms import SMALL_IN_BIG, four_rooms

agent = ActorCriticConfig(
    loss="vtrace",
    discount=0.97,
    epochs=1,
    environments=4,
    minibatches=1,
    hidden=(64,),
    normalise_observations=True,
    learning_rate=2e-3,
)
few = og.teaching.Component(agent, SMALL_IN_BIG)
many = og.teaching.Component(agent)

# The share of the many rises to 1 over 400 updates; they share what they see by.
policy = og.mix([few, many], lambda updates: updates / 400, transfer=0.1)
learner = og.actor_critic(four_rooms("big"), agent, policy=policy)
space = og.Space({"entropy_cost": og.Log(1e-3, 1e-1)})
run = og.grow(learner, space=space, population=4, rounds=16, steps=50)

metrics = run.metrics()
print("share of the many", metrics["mix_weight"].mean(axis=1).round(2))
print("the mixture earns", metrics["score"].max(axis=1).round(2))
print("the many alone earn", metrics["mix_last_return"].max(axis=1).round(2))
