"""Meta-learning of Sequential Strategies, Ortega et al. 2019 (arXiv 1905.03030).

Learners: learners/sequential/. Recipes: recipes/sequences.py, bandits.py. Page: docs/sequential.md.

`prediction`: predictors become Bayes mixtures; `machine`: their memory is a state machine of
sufficient statistics; `thompson`: imitating experts by log-loss gives posterior sampling;
`control`: rewards alone give the Bayes-optimal explorer.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Memory-based meta-learning",
    "1905.03030",
    (Part("prediction"), Part("machine"), Part("thompson"), Part("control")),
)
