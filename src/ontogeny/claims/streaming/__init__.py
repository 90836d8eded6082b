"""Massively parallel video networks, Carreira, Patraucean, Mazare, Zisserman and Osindero 2018
(arXiv 1806.03863).

Learners: learners/streaming/. Recipes: recipes/videos.py. Page: docs/streaming.md.

`exactness`: one network along clips, on streams and on threads; `prediction`: what joints of
figures a pipeline finds that has to foresee them; `motion`: what a pipeline sees that looks at one
frame a tick; `speed`: how much faster a pipeline is here, and what more workers would do; `sweeps`:
prediction by how late it may be, by stages, by clocks, and of faster figures.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Massively parallel video networks",
    "1806.03863",
    (
        Part("exactness"),
        Part("prediction"),
        Part("speed"),
        Part("motion", "longer"),
        Part("sweeps", "longer"),
    ),
)
