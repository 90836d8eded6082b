"""The agents that teachers, curricula and mixtures work on: IMPALA's V-trace actor-critic, Espeholt
et al. 2018 (arXiv 1802.01561), and PPO, Schulman et al. 2017 (arXiv 1707.06347).

Learner: learners/agents/. Recipes: recipes/agents.py. Page: docs/agents.md.

`cartpole` and `minatar`: what is learned within a budget; `memory`: what only a recurrent agent can
learn; `pendulum`: continuous actions; `lag`: V-trace beside plain n-step returns when those who act
are behind; `tasks`: one agent for four tasks beside four agents. Longer: `cheetah`, torques in a
physics simulation, and the same 729 actions as one choice or as six.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Agents worth teaching",
    "1802.01561",
    (
        Part("cartpole"),
        Part("minatar", "unhurried"),
        Part("memory"),
        Part("pendulum", "unhurried"),
        Part("lag"),
        Part("tasks", "unhurried"),
        Part("cheetah", "longer"),
    ),
)
