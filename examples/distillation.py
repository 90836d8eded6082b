"""Have two teach a small agent together: a grown agent, and a rule of thumb.

Needs `ontogeny[worlds]`.
"""

import jax.numpy as jnp

import ontogeny as og
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.terms import space_of
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.worlds.by_name import world_named

world = world_named("CartPole-v1")
grown = og.grow("cartpole", population=4, rounds=6, steps=32)


# A teacher is any function of what is seen and of its memory: here, push where the pole falls.
def falling(observation, memory):
    lean = observation[2] + observation[3]  # the angle, and how fast it grows
    return Categorical(50 * jnp.array([0.0, lean])), 0.0, memory


both = og.teaching.average(
    [og.teaching.teacher_of(grown.product()), og.teaching.teacher_by(falling, world)]
)
term = og.teaching.distillation(
    "on-policy+task", both, world, weight=og.teaching.Weight(tuned=og.Log(0.1, 1))
)
# Returns are large here: the critic is not to drown the lesson in what both share.
small = ActorCriticConfig(hidden=(16, 16), value_cost=0.01)
learner = og.actor_critic(world, small, [term])
space = og.Space({"learning_rate": og.Log(1e-4, 1e-2)} | space_of([term]))
taught = og.grow(learner, space=space, population=4, rounds=6, steps=32)

print("teacher", grown.best.score, "student", taught.best.score, taught.best.hypers)
for whose in ("student", "teacher"):
    agreement = taught.metrics()[f"teaching_agreement/{whose}"].mean(axis=1)
    print(f"agreement on the {whose}'s states, by round", agreement)
