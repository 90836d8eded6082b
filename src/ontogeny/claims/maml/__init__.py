"""Model-Agnostic Meta-Learning, Finn, Abbeel and Levine 2017 (arXiv 1703.03400), and its family.

Learners: learners/maml/. Recipe: recipes/sinusoids.py. Page: docs/maml.md.

`sinusoids`: MAML and its family (Meta-SGD: Li et al. 2017, arXiv 1707.09835), each meta-trained
from nothing, and what each makes of ten points of a fresh sinusoid after 0 to 10 gradient steps,
beside the ideal learner; `tuning`: a population of MAML learners tunes its own inner and outer
rate. The thresholds are this project's own, from pilots with another implementation.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "MAML and its family",
    "1703.03400",
    (Part("sinusoids"), Part("tuning")),
)
