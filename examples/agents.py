"""Grow recurrent agents that keep a bit in mind, with a loss of one's own plugged in.

Needs `ontogeny[worlds]`.
"""

import jax
import jax.numpy as jnp

import ontogeny as og
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term, Tunable, space_of
from ontogeny.worlds.by_name import world_named


def small_logits(outputs, trajectory, notes, hypers):
    size = jnp.mean(outputs.distribution.logits**2)
    return hypers["calm"] * size, {"size": size}


# The hyper that the loss brings is tuned beside the agent's own.
calm = Term("calm", small_logits, {"calm": Tunable(1e-3, og.Log(1e-5, 1e-1))})
world = world_named("MemoryChain-bsuite")
config = ActorCriticConfig(core="gru", hidden=(32,), core_units=32)
learner = og.actor_critic(world, config, [calm])
space = og.Space({"learning_rate": og.Log(3e-4, 1e-2)} | space_of([calm]))
run = og.grow(learner, space=space, population=8, rounds=8, steps=10)
print(run.best)

# A bit is shown, then nothing; the memory is handed from step to step.
policy = Policy.of(world, config, run.best.state)
say, live = jax.jit(policy.step), jax.jit(world.step)
state, observation = jax.jit(world.reset)(jax.random.key(1))
memory = policy.begin()
for _ in range(6):
    distribution, value, memory = say(observation, memory)
    state, came = live(jax.random.key(2), state, distribution.mode())
    observation = came.observation
    print(float(value), float(came.reward))
