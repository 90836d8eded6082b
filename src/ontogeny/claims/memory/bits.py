"""The claim about equal numbers: an energy that stores strings of 24 bits in 275 numbers, beside
Hopfield's matrix of 276.

Half the bits of a query are drawn anew, and every reader knows which. Energies learned to store 4
strings, 8 or 16, and those that learned 16 are asked of 12 too. Source: Bartunov et al. 2020 (arXiv
1910.02720); the sizes are this project's own.
"""

from __future__ import annotations

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.bits_figures import by_number_figure, course_figure
from ontogeny.claims.memory.hopfield_reading import RULES
from ontogeny.claims.memory.learned import (
    BITS,
    BROKEN,
    UPDATES,
    bits_task,
    energy,
    memory_of,
    trained,
)
from ontogeny.claims.memory.learned import wrong_bits as of_energy
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.ops.statistics import bootstrap_interval

ASKED = (4, 8, 12, 16)
LEARNED = {4: 4, 8: 8, 12: 16, 16: 16}  # how many it learned to store, by how many are asked
TINY = (8,)
PILOT = 0.42  # wrong bits of 8 strings after 3,000 updates, another implementation's


def measure(how: Measuring) -> Found:
    """Return the claims about equal numbers, and two figures."""
    config = energy(how)
    memory = memory_of(config)
    asked = how.choose(ASKED, TINY, TINY)
    learned = {n: trained(n, how, config) for n in sorted({LEARNED[n] for n in asked})}
    wrong: dict[str, list[np.ndarray]] = {"EBMM": []}
    for n in asked:
        params = learned[LEARNED[n]].states.params
        wrong["EBMM"].append(of_energy(memory, params, bits_task(n), how))
    formulas = {rule: hopfield(rule) for rule in RULES}

    def of_rule(rule: str) -> list[np.ndarray]:
        return [of_energy(formulas[rule], (), bits_task(n), how, seeds=False) for n in asked]

    wrong |= how.of_each(RULES, of_rule, RULES[:1])
    numbers = {
        name: n_numbers(one, asked[-1], (BITS,))
        for name, one in {"EBMM": memory, **formulas}.items()
    }
    rows = {name: np.stack(row) for name, row in wrong.items()}  # [number, seed]
    cost = f"{rows['EBMM'].shape[1]} seeds, {how.choose(*UPDATES):,} updates{how.weak()}"
    return claims_of(rows, asked, numbers, cost, how.seed), [
        by_number_figure(rows, asked, numbers),
        course_figure({f"{n} strings": one for n, one in learned.items()}),
    ]


def claims_of(
    wrong: dict[str, np.ndarray],
    asked: tuple[int, ...],
    numbers: dict[str, int],
    cost: str,
    seed: int,
) -> list[Claim]:
    """Return the claims, given wrong bits by memory, [number of strings, seed]."""
    claims: list[Claim] = []
    for place, n in enumerate(asked):
        each = {name: bootstrap_interval(row[place], seed=seed) for name, row in wrong.items()}
        gained = [
            bootstrap_interval(wrong[rule][place] - wrong["EBMM"][place], seed=seed)
            for rule in RULES
        ]
        claims.append(
            Claim.above(
                f"{n} strings of {BITS} bits: an energy leaves fewer wrong bits than each of "
                "Hopfield's rules in as many numbers",
                f"EBMM is below all of them (128 bits); a pilot here: {PILOT} of 8 strings",
                f"of {BROKEN / 2:g} by chance: "
                + ", ".join(f"{name} ({numbers[name]} numbers) {each[name]}" for name in each)
                + f"; {cost}",
                *gained,
                threshold="each rule minus EBMM: the interval above 0",
            )
        )
    return claims
