"""The claims about 128 bits in 8,256 numbers, as many as a Hopfield network of 128 spins has: an
energy beside Hopfield's rules, and beside every memory that is meta-trained by the same task for as
many updates.

Half the bits of a query are drawn anew, and every reader knows which. What learned to store 64
strings is asked of fewer too. The source trains for up to two million updates; how the error falls
with updates, and where a power law through it would meet the source's row, is drawn and told.

The LSTM has 1,024: one whose state has 8,256 numbers would have 70 million weights.

Source: Bartunov et al. 2020 (arXiv 1910.02720), table 1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.bits_figures import by_number_figure
from ontogeny.claims.memory.hopfield import PAPER
from ontogeny.claims.memory.hopfield_reading import RULES
from ontogeny.claims.memory.learned import SEEDS, wrong_bits
from ontogeny.claims.memory.long_strings_figure import budget_figure, law
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.memory.baselines import BASELINES, baseline
from ontogeny.learners.memory.config import EBMMConfig, MetaTrainingConfig
from ontogeny.learners.memory.ebmm import ebm_memory
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import AssociativeMemory, n_numbers
from ontogeny.learners.memory.meta_learned import meta_learned
from ontogeny.learners.memory.task import MemoryTask
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

BITS, BROKEN, NUMBERS = 128, 64, 8256
FEWER = {"lstm": 1024}  # numbers stored by what would have too many weights
OWN = "EBMM"

# At full, quick and tiny scale.
FULL = EBMMConfig(units=128, writable=64, gradient_weight=0, prior_weight=0)
LEAST = replace(FULL, units=12, hops=1, writable=11, write_steps=1, read_steps=1)
ENERGY = (FULL, FULL, LEAST)
UPDATES = (600, 100, 2)
BATCH = 4  # memories an update
ASKED = ((16, 32, 48, 64, 96), (64, 96), (4,))
LEARNED = ((64, 96), (64, 96), (4,))  # strings; what was asked is asked of the fewest that suffice
TESTED = (20, 10, 2)
RATES = {OWN: 1e-2}  # learning rate, found on seed 5
RATE = 3e-3  # the others', which nothing was tried against


def measure(how: Measuring) -> Found:
    """Return the claims about long strings, and two figures."""
    asked, learned = how.choose(*ASKED), how.choose(*LEARNED)

    def of_memory(name: str) -> tuple[np.ndarray, dict[int, Trained]]:
        return _measured(name, asked, learned, how)

    measured = how.of_each((OWN, *BASELINES), of_memory, (OWN,))
    rows = {name: wrong for name, (wrong, _) in measured.items()}

    def of_rule(rule: str) -> np.ndarray:
        def wrong(n: int) -> np.ndarray:
            return wrong_bits(hopfield(rule), (), _task(n), how, tested=TESTED, seeds=False)

        return np.stack([wrong(n) for n in asked])

    rows |= how.of_each(RULES, of_rule, RULES[:1])
    numbers = {
        name: n_numbers(_memory(name, learned[-1], how), learned[-1], (BITS,)) for name in measured
    } | dict.fromkeys(RULES, BITS * (BITS - 1) // 2)
    own = measured[OWN][1]
    return claims_of(rows, asked, learned, numbers, own, how), [
        by_number_figure(rows, asked, numbers),
        budget_figure(own, {n: PAPER[OWN].get(n) for n in own}),
    ]


def _measured(
    name: str, asked: tuple[int, ...], learned: tuple[int, ...], how: Measuring
) -> tuple[np.ndarray, dict[int, Trained]]:
    """Return a memory's wrong bits [number of strings, seed], and its trainings by how many strings
    it learned to store.
    """
    updates = how.choose(*UPDATES)
    meta = MetaTrainingConfig(
        updates=updates,
        batch=BATCH,
        learning_rate=RATES.get(name, RATE),
        test_batch=how.choose(*TESTED),
    )
    rounds = min(20, updates)
    trainings: dict[int, Trained] = {}
    for n in learned:
        memory = _memory(name, n, how)
        learner = meta_learned(lambda _, memory=memory: memory, _task(n), meta)
        size, what = how.choose(*SEEDS), f"{name}, {n} strings of {BITS} bits"
        trainings[n] = train(how, learner, size, rounds, updates // rounds, what, quick=how.quick)
    wrong: list[np.ndarray] = []
    for n in asked:
        one = min(k for k in learned if k >= n)
        params = trainings[one].states.params
        wrong.append(wrong_bits(_memory(name, one, how), params, _task(n), how, tested=TESTED))
    return np.stack(wrong), trainings


def _task(n: int) -> MemoryTask:
    return MemoryTask(random_bits(BITS), fresh_bits(BROKEN), n)


def _memory(name: str, n: int, how: Measuring) -> AssociativeMemory:
    if name == OWN:
        config = how.choose(*ENERGY)
        return ebm_memory(config, (BITS,), config.weights)
    return baseline(name, (BITS,), FEWER.get(name, NUMBERS), n)


def claims_of(
    rows: dict[str, np.ndarray],
    asked: tuple[int, ...],
    learned: tuple[int, ...],
    numbers: dict[str, int],
    own: dict[int, Trained],
    how: Measuring,
) -> list[Claim]:
    """Return the claims, given wrong bits by memory, [number of strings, seed]."""

    def interval(values: np.ndarray) -> Any:
        return bootstrap_interval(values, seed=how.seed)

    def told(names: Any, n: int) -> str:
        place = asked.index(n)
        return ", ".join(
            f"{name} ({numbers[name]:,}) {interval(rows[name][place])}" for name in names
        )

    def above(names: Any, n: int) -> list[Any]:
        place = asked.index(n)
        return [interval(rows[name][place] - rows[OWN][place]) for name in names]

    cost = f"{rows[OWN].shape[1]} seeds, {how.choose(*UPDATES):,} updates{how.weak()}"
    paper = PAPER[OWN]
    claims: list[Claim] = []
    for n in learned:
        said = (
            f"{paper.get(n, 0):g} wrong bits of {n} strings; memory networks 0.0 of 64 and 10.5 of "
            "96, all others more than it"
        )
        for kind, names in (("Hopfield's rules", RULES), ("trained memories", tuple(BASELINES))):
            claims.append(
                Claim.above(
                    f"{n} strings of {BITS} bits: an energy leaves fewer wrong bits than each of "
                    + kind,
                    said,
                    f"of {BROKEN / 2:g} by chance: {told((OWN, *names), n)}; {cost}",
                    *above(names, n),
                    threshold="each minus EBMM: the interval above 0",
                )
            )
    published = [paper.get(n, 0.0) for n in asked]
    row = [interval(rows[OWN][place]) for place in range(len(asked))]
    laws = "; ".join(
        f"{n} strings: updates^{law(one).power:.3g}, at {paper.get(n, 0):g} after "
        f"{law(one).reaches(paper.get(n, 0) or 0.1):.2g} updates"
        for n, one in own.items()
    )
    claims.append(
        Claim(
            f"the paper's row of {' / '.join(map(str, asked))} strings is reached",
            f"{' / '.join(f'{p:g}' for p in published)} wrong bits, after up to 2,000,000 updates",
            f"{' / '.join(map(str, row))}; {cost}; a power law through the second half of "
            f"training: {laws}",
            "each interval reaches down to 0.5 above the paper's, or lower",
            all(r.low <= p + 0.5 for r, p in zip(row, published, strict=True)),
        )
    )
    return claims
