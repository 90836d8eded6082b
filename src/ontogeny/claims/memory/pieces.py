"""What each piece of an energy-based memory is worth: arms that lack one, on 8 strings of 24 bits;
reading on for longer than was learned; and more strings than were learned.

Source: Bartunov et al. 2020 (arXiv 1910.02720): the gradient's term speeds early training and helps
a little at the end; every read is learned from.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.bits_figures import by_number_figure, course_figure
from ontogeny.claims.memory.learned import BITS, bits_task, energy, memory_of, trained, wrong_bits
from ontogeny.learners.memory.ebmm import more_reads
from ontogeny.learners.memory.memory import n_numbers
from ontogeny.ops.statistics import bootstrap_interval

STORED = 8
WITHOUT: dict[str, dict[str, Any]] = {
    "the gradient's term": {"gradient_weight": 0.0},
    "learned rates": {"learn_rates": False},
    "more than one write step": {"write_steps": 1},
}
LAST = "learning from every read"
ARMS = ((*WITHOUT, LAST), (*WITHOUT, LAST), (LAST,))
MORE_READS = 10
BEYOND = ((8, 12, 16, 24, 32), (8, 16, 32), (8,))  # strings that are asked for
NEAR = 0.1  # wrong bits that reading on may cost


def measure(how: Measuring) -> Found:
    """Return the claims about the pieces, and two figures."""
    config, task = energy(how), bits_task(STORED)
    whole = trained(STORED, how, config)
    params, memory = whole.states.params, memory_of(config)
    learned = {"all of it": whole}
    wrong = {"all of it": wrong_bits(memory, params, task, how)}
    for name in how.choose(*ARMS):
        other = dataclasses.replace(config, **WITHOUT.get(name, {}))
        arm = trained(STORED, how, other, "last" if name == LAST else "all")
        learned[f"without {name}"] = arm
        wrong[name] = wrong_bits(memory_of(other), arm.states.params, task, how)
    longer = jax.vmap(lambda p: more_reads(p, MORE_READS))(params)
    reading_on = wrong_bits(memory, longer, task, how)
    asked = how.choose(*BEYOND)
    beyond = np.stack([wrong_bits(memory, params, bits_task(n), how) for n in asked])
    numbers = {"EBMM": n_numbers(memory, STORED, (BITS,))}
    return claims_of(wrong, reading_on, how), [
        course_figure(learned),
        by_number_figure({"EBMM": beyond}, asked, numbers),
    ]


def claims_of(wrong: dict[str, np.ndarray], reading_on: np.ndarray, how: Measuring) -> list[Claim]:
    """Return the claims, given the wrong bits [seed] of all of it, and without each piece."""

    def interval(values: np.ndarray) -> Any:
        return bootstrap_interval(values, seed=how.seed)

    whole = wrong["all of it"]
    cost = f"{len(whole)} seeds{how.weak()}"
    later = interval(reading_on - whole)
    return [
        *(
            Claim.above(
                f"{name} leaves fewer wrong bits",
                "each piece helps",
                f"with {interval(whole)}, without {interval(without)}; {cost}",
                interval(without - whole),
                threshold="without minus with: the interval above 0",
            )
            for name, without in wrong.items()
            if name != "all of it"
        ),
        Claim(
            f"reading on, {MORE_READS} steps longer than was learned, spoils nothing",
            "(not in the paper)",
            f"{interval(reading_on)} after, {interval(whole)} before; {cost}",
            f"the interval of the difference below {NEAR}",
            bool(later.high < NEAR),
        ),
    ]
