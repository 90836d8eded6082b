"""Beautiful and damned: Aiello et al. 2017 (arXiv 1711.00536).

Learners, ratings and pairs: learners/beauty/. Agreement: ops/agreement.py and its neighbours. A
crowd whose truth is known: worlds/platform/crowds.py. Recipes: recipes/photographs.py. Page:
docs/beauty.md.

`scorer`: heads on a frozen network, on graded damage to photographs that packages ship; `folder`:
the same on a folder of photographs (`--data`); `crowd`: how many judgements an order takes, and
whether measures of agreement recover what they should, on a simulated crowd; `matched`: whether
matching finds effects that were planted, and nothing else; `lalonde`: whether it finds from what
was seen what a trial found (social/matching/, docs/matching.md); `insurance`: whether it finds that
people do what those around them did, as was published; `study`: whether the whole study finds what
was planted on simulated platforms (social/study/, docs/study.md); `recognition`: whether quality is
even and recognition is not, there and on a real network. The paper's photographs, its
model and its ratings are public nowhere: what people find beautiful is not measured here.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Beautiful and damned",
    "1711.00536",
    (
        Part("scorer"),
        Part("folder", "given data", "scorer"),
        Part("crowd"),
        Part("matched"),
        Part("lalonde"),
        Part("insurance"),
        Part("study", "longer", "platforms"),
        Part("recognition"),
    ),
)
