"""Beauty: what photographs are worth to people, from ratings, Aiello et al. 2017 (arXiv
1711.00536).

Ratings and pairs: learners/beauty/. Agreement: ops/agreement.py and its neighbours. A crowd whose
truth is known: worlds/crowds.py.

`crowd`: how many judgements an order takes, and whether measures of agreement recover what they
should, on a simulated crowd.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Beauty of photographs",
    "1711.00536",
    (Part("crowd"),),
)
