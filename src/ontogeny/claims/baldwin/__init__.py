"""Meta-Learning by the Baldwin Effect, Fernando et al. 2018 (arXiv 1806.07917).

Strategy: evolution/baldwin.py. Learners: learners/baldwin/. Recipes: recipes/hinton_nowlan.py,
goal_direction.py, sinusoids.py. Page: docs/baldwin.md.

`needle` is Hinton and Nowlan's model (1987, Complex Systems 1), with its exact facts; `direction`:
no learning, learning, and learning that is inherited, on a goal that only rewards tell;
`sinusoids`: error against task evaluations, beside MAML. Longer: `cheetah`, brax's half-cheetah.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Baldwin effect",
    "1806.07917",
    (Part("needle"), Part("direction"), Part("sinusoids"), Part("cheetah", "longer")),
)
