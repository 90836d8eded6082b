"""Distilling Policy Distillation: Czarnecki et al. 2019 (arXiv 1902.02186), and distillation of
language models.

Learners: learners/teaching/. Recipes: recipes/distillation.py, recipes/text.py. Page:
docs/distillation.md.

`landscape`: which rules are gradients, exactly; `ring`: where one that is none runs in circles for
ever; `control`: who should act; `actions`: what many actions do to rules of rewards; `imperfect`:
teachers that err or mislead; `deep`: agents; `tokens`: language models.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Policy distillation",
    "1902.02186",
    (
        Part("landscape"),
        Part("ring"),
        Part("control", "unhurried"),
        Part("actions", "unhurried"),
        Part("imperfect"),
        Part("deep", "unhurried"),
        Part("tokens"),
    ),
)
