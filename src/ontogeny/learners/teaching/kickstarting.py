"""Kickstarting: imitation of a teacher on the student's own trajectories, added to reinforcement
learning, with a weight that is to end at nothing.

    loss = loss of reinforcement learning + weight Hx(teacher || student)

Its gradient by the student's logits is weight (student - teacher). It is not weighted by how likely
the actions are by now: it asks of states, not of actions. The teacher's value is not used. It is no
gradient of anything (see `field`), and is plain reinforcement learning once the weight is 0.

Source: Schmitt et al. 2018, Kickstarting Deep Reinforcement Learning (arXiv 1803.03835).
"""

from __future__ import annotations

from ontogeny.learners.agents.policy import Policy
from ontogeny.learners.agents.terms import Term
from ontogeny.learners.teaching.distillation import distillation
from ontogeny.learners.teaching.teacher import Teacher, teacher_of
from ontogeny.learners.teaching.weight import Weight
from ontogeny.worlds.by_name import world_named
from ontogeny.worlds.world import World

NAME = "kickstarting"
RULE = "on-policy+task"


def kickstart(
    teacher: Teacher | Policy,
    world: World | None = None,
    weight: Weight | float = 1.0,
    watch: int = 4,
) -> Term:
    """Return the term that kickstarts agents of this world (the teacher's, when None), with a hyper
    called "kickstarting": its weight. See `distillation` for `watch`, and for what is refused.

    >>> from ontogeny.learners.teaching.teacher import teacher_by
    >>> from ontogeny.learners.teaching.weight import falling
    >>> from ontogeny.ops.distributions.categorical import Categorical
    >>> from ontogeny.worlds.solved.bandits import bernoulli_bandit
    >>> world = bernoulli_bandit([(1, 1), (1, 1)], horizon=10).world
    >>> first = teacher_by(lambda seen, memory: (Categorical(jnp.array([3.0, 0])), 0, ()), world)
    >>> weight = og.teaching.Weight(0.3, schedule=falling("linear", 1000))
    >>> learner = og.actor_critic(world, terms=[og.kickstart(first, world, weight)])
    """
    if isinstance(teacher, Policy):
        teacher = teacher_of(teacher)
    world = world_named(teacher.world) if world is None else world
    return distillation(RULE, teacher, world, weight, watch, NAME)
