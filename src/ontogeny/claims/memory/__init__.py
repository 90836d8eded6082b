"""Energy-based associative memory (EBMM), Bartunov, Rae, Osindero and Lillicrap 2020 (arXiv
1910.02720), and the memories that it is held against.

Learners: learners/memory/. Patterns and what breaks them: worlds/patterns.py, corruptions.py.

`hopfield`: memories that are formulas, on random strings of 128 bits of which 64 are replaced:
Hopfield networks by three rules against the paper's table and against theory, and what memories
that keep every pattern make of it; `bits`: energies that learned to store strings of 24 bits, in as
many numbers as Hopfield's matrix has; `anomaly`: whether an energy tells what was stored from what
was not; `online`: what it costs to write one string after another, to write over and to erase;
`pieces`: what each piece of the method is worth; `long-strings`: 128 bits in 8,256 numbers, beside
every other memory; `pictures`: the error of pictures that are given back by how many numbers are
stored, likewise.
"""

from __future__ import annotations

from ontogeny.claims.system import Part, System

SYSTEM = System(
    __name__,
    "Energy-based associative memory",
    "1910.02720",
    (
        Part("hopfield"),
        Part("bits"),
        Part("anomaly"),
        Part("online", "unhurried"),
        Part("pieces", "longer"),
        Part("long-strings", "longer"),
        Part("pictures", "longer"),
    ),
)
