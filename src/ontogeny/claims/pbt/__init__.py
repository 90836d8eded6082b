"""Population Based Training of Neural Networks, Jaderberg et al. 2017 (arXiv 1711.09846).

Strategy: evolution/pbt.py, on any learner. Recipes: recipes/toy.py, quadratic.py, agents.py,
digits_gan.py, translation.py. Page: docs/pbt.md.

`toy` is the paper's two-parameter example, with its traps; `quadratic` asks in seconds what its
ablations ask of agents; `breakout` holds it against random search in a real game. Longer: `gan` and
`translation` tune networks that make something, `schedule` asks whether it is the schedule that is
worth something, `size` how many members it takes, and `strategies` what those that came after add.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Population Based Training",
    "1711.09846",
    (
        Part("toy"),
        Part("quadratic"),
        Part("breakout"),
        Part("gan", "longer"),
        Part("translation", "longer"),
        Part("schedule", "longer"),
        Part("size", "longer"),
        Part("strategies", "longer"),
    ),
)
