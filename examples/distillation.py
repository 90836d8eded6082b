"""Have a grown agent teach one of a tenth of its size, and a rule of thumb teach another."""

import jax.numpy as jnp

import ontogeny as og
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.teacher import teacher_by
from ontogeny.ops.distributions.categorical import Categorical
from ontogeny.worlds.by_name import world_named

teacher = og.grow("cartpole", population=4, rounds=6, steps=32)
small = ActorCriticConfig(hidden=(16, 16))
student = og.grow(
    "distillation",
    world="CartPole-v1",
    teacher=(str(teacher.folder),),
    rule="reverse-kl+task",
    agent=small,
    rounds=6,
    steps=8,
)
print("teacher", teacher.best.score, "student", student.best.score)
print("agreement", student.metrics()["teaching_agreement/student"].mean(axis=1))

# A teacher is any function of what is seen and of its memory: here, push where the pole falls.
world = world_named("CartPole-v1")


def falling(observation, memory):
    angle, speed = observation[2], observation[3]
    return Categorical(10 * jnp.array([0.0, angle + speed])), 0.0, memory


term = distillation("on-policy", teacher_by(falling, world), world)
learner, space = og.actor_critic(world, small, [term]), og.Space({})
run = og.grow(learner, space=space, strategy="random-search", population=4, rounds=4, steps=8)
print(run.metrics()["teaching_kl/student"].mean(axis=1), run.best.score)
