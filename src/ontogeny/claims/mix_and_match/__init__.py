"""Mix & Match, curricula over agents: Czarnecki et al. 2018 (arXiv 1806.01780).

Learners: learners/teaching/mix_and_match.py, mixed_network.py. Recipes: recipes/mix_and_match.py.
Page: docs/mix-and-match.md.

`identities`: what holds of any mixture; `rooms`: few actions into many, in four rooms;
`many-actions`: into 768; `breakout`: into 729, of a game; `cores`: a policy that forgets into one
that remembers, and `short-cores` without its controls; `tasks`: a component a task into one of all.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Mix & Match",
    "1806.01780",
    (
        Part("identities"),
        Part("rooms", "unhurried"),
        Part("short-cores", "unhurried", "cores"),
        Part("many-actions", "longer"),
        Part("breakout", "longer"),
        Part("cores", "longer"),
        Part("tasks", "longer"),
    ),
)
