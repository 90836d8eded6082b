"""Meta-Learning with Latent Embedding Optimization, Rusu et al. 2019 (arXiv 1807.05960).

Learners: learners/few_shot/. Recipes: recipes/few_shot.py. Page: docs/leo.md.

`characters`, `glyphs`, `embedded-glyphs`: LEO beside a generator that is not adapted, a head that
is adapted without one, prototypes, and what learns nothing before a task; `ablations`: what each
piece of LEO is worth, and that the names of the classes don't matter; `published`: the paper's own
table, where its embeddings are. The thresholds are this project's own, set before the first
measurement.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "LEO",
    "1807.05960",
    (
        Part("characters", module="order"),
        Part("glyphs", "unhurried", "order"),
        Part("embedded-glyphs", "unhurried", "order"),
        Part("ablations"),
        Part("published", "given data"),
    ),
)
