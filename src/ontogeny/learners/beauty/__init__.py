"""What scores photographs: features of a network trained on photographs, and a small head on them
that learns from ratings.

Source: Aiello et al. 2017, "Beautiful and damned" (arXiv 1711.00536); Talebi and Milanfar 2018,
"NIMA" (arXiv 1709.05424).

>>> og.beauty.ScorerConfig(loss="bins").heads
8
"""

from __future__ import annotations

from ontogeny.learners.beauty.config import ScorerConfig
from ontogeny.learners.beauty.default import default_scorer, technical_scorer
from ontogeny.learners.beauty.graded_features import graded_features
from ontogeny.learners.beauty.product import Scored, Scorer, load_scorer
from ontogeny.learners.beauty.rated import Rated
from ontogeny.learners.beauty.ratings import Ratings
from ontogeny.learners.beauty.scorer import scorer

__all__ = [
    "Rated",
    "Ratings",
    "Scored",
    "Scorer",
    "ScorerConfig",
    "default_scorer",
    "graded_features",
    "load_scorer",
    "scorer",
    "technical_scorer",
]
