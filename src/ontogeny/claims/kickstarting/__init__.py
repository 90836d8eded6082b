"""Kickstarting Deep Reinforcement Learning: Schmitt et al. 2018 (arXiv 1803.03835).

Learners: learners/teaching/kickstarting.py. Recipes: recipes/kickstart.py. Page:
docs/kickstarting.md.

`one-teacher`: a small agent teaches a larger one, by weights of every kind; `entropy`: what a sure
teacher does to the student's entropy, and memory learned from actions alone; `experts`: one teacher
a task; `transfer`: a task whose own teacher fails; `weights`: one weight, or one a task.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Kickstarting",
    "1803.03835",
    (
        Part("one-teacher"),
        Part("entropy"),
        Part("experts", "longer"),
        Part("transfer"),
        Part("weights", "longer"),
    ),
)
