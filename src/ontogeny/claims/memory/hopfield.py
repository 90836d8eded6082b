"""The claims about memories that are formulas: Hopfield networks by three rules on strings of 128
bits, beside the paper's table and theory, and memories that keep every pattern.

Half the bits of a query are replaced by fair ones. A reader that is told which holds the others;
one that is not may change every bit. The paper does not say which of the two its networks were.

Sources: Bartunov et al. 2020 (arXiv 1910.02720, table 1); theory: ops/hopfield_theory.py.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.hopfield_figures import first_step_figure, wrong_bits_figures
from ontogeny.claims.memory.hopfield_reading import (
    BITS,
    KEEPERS,
    RULES,
    draw,
    first_steps,
    pseudo_inverse_stays,
    wrong_bits,
)
from ontogeny.ops.hopfield_theory import exact_first_step_error, first_step_error
from ontogeny.ops.statistics import Interval, bootstrap_interval

# At full, quick and tiny scale.
ALL_SIZES = (16, 32, 48, 64, 96)
SIZES: tuple[tuple[int, ...], ...] = (ALL_SIZES, ALL_SIZES, (32,))  # patterns in a memory
SEEDS = (5, 3, 2)
SETS = (20, 10, 1)  # memories of a size, for each seed
ALL_FIRST = ((128, 16), (128, 32), (1000, 138))  # spins and patterns of the first step
FIRST = (ALL_FIRST, ALL_FIRST, ALL_FIRST[:1])
FIRST_SETS = (100, 30, 5)

PAPER = {  # wrong bits of 128, by number of patterns
    "hebb": {16: 0.4, 32: 5.0, 48: 9.8, 64: 13.0, 96: 16.5},
    "storkey": {16: 0.0, 32: 0.9, 48: 6.3, 64: 11.3, 96: 17.1},
    "pseudo-inverse": {16: 0.0, 32: 0.0, 48: 0.3, 64: 4.3, 96: 22.5},
    "EBMM": {16: 0.0, 32: 0.0, 48: 0.1, 64: 0.5, 96: 4.2},
}
WITHIN = {"hebb": 1.0, "pseudo-inverse": 2.5}  # wrong bits


def measure(how: Measuring) -> Found:
    """Return the claims about memories that are formulas, and their figures."""
    sizes, n_seeds, sets = how.choose(*SIZES), how.choose(*SEEDS), how.choose(*SETS)
    drawn = draw(jnp.asarray(how.seeds(n_seeds)), sets, max(sizes))
    names = (*RULES, *KEEPERS)
    wrong = np.zeros((len(names), 2, len(sizes), n_seeds))  # told which are broken, and not
    for column, n in enumerate(sizes):
        each = np.stack(wrong_bits(drawn.first(n)))  # [memory, told or not, set]
        wrong[:, :, column] = each.reshape(len(names), 2, n_seeds, sets).mean(axis=-1)
        how.progress(f"{n} patterns of {BITS} bits: " + _row(names, wrong[:, 0, column]))
    told, free = (dict(zip(names, wrong[:, part], strict=True)) for part in (0, 1))

    first = {
        pair: first_steps(*pair, how.choose(*FIRST_SETS), how.seed) for pair in how.choose(*FIRST)
    }
    stays = pseudo_inverse_stays(drawn.first(max(sizes)))
    cost = f"{n_seeds} seeds of {sets} memories a size{how.weak()}"
    claims = [
        *claims_of(told, free, sizes, cost, how.seed),
        *theory_claims(first, stays, max(sizes), how.seed, how.weak()),
    ]
    figures = wrong_bits_figures(told, free, PAPER, sizes, BITS, f"{n_seeds} seeds of {sets} each")
    return claims, [*figures, first_step_figure(first)]


def claims_of(
    told: dict[str, np.ndarray],
    free: dict[str, np.ndarray],
    sizes: tuple[int, ...],
    cost: str,
    seed: int,
) -> list[Claim]:
    """Return the claims, given the wrong bits [size, seed] of readers that are told which bits are
    broken, and of those that are not.
    """

    def intervals(rows: np.ndarray) -> list[Interval]:
        return [bootstrap_interval(row, seed=seed) for row in rows]

    def said(rows: np.ndarray) -> str:
        return " / ".join(map(str, intervals(rows)))

    counted = " / ".join(map(str, sizes))
    published = {name: " / ".join(f"{row[n]:g}" for n in sizes) for name, row in PAPER.items()}
    claims: list[Claim] = []
    for rule, within in WITHIN.items():
        apart = [abs(told[rule][i].mean() - PAPER[rule][n]) for i, n in enumerate(sizes)]
        claims.append(
            Claim(
                f"Hopfield, {rule}: the paper's row, where the reader knows which bits are broken",
                f"{published[rule]} wrong bits of {counted} patterns",
                f"{said(told[rule])}; {cost}",
                f"each mean within {within} of the paper's",
                bool(max(apart) <= within),
            )
        )
    below = [i for i, n in enumerate(sizes) if n <= 64]
    gained = intervals((told["hebb"] - told["storkey"])[below])
    beyond = WITHIN["hebb"] + np.array([[PAPER["hebb"][n]] for n in sizes])
    last = len(sizes) - 1
    best = min(RULES, key=lambda rule: told[rule][last].mean())
    spared = [told[best][last] - told[name][last] for name in KEEPERS]
    return [
        *claims,
        Claim.above(
            "Storkey's rule leaves fewer wrong bits than Hebb's, up to 64 patterns",
            f"{published['storkey']} against {published['hebb']}",
            f"Storkey {said(told['storkey'])}; Hebb minus Storkey " + " / ".join(map(str, gained)),
            *gained,
            threshold="each interval of the difference above 0",
        ),
        Claim.above(
            "the paper's networks knew which bits were broken: a reader that does not leaves more"
            " wrong",
            f"{published['hebb']}; it does not say which",
            f"all bits free: Hebb {said(free['hebb'])}, Storkey {said(free['storkey'])}, "
            f"pseudo-inverse {said(free['pseudo-inverse'])}",
            *intervals(free["hebb"] - beyond),
            threshold=f"Hebb: each interval more than {WITHIN['hebb']} above the paper's",
        ),
        Claim.above(
            f"memories that keep all {sizes[last] * BITS:,} numbers of {sizes[last]} patterns give "
            f"back what {BITS * (BITS - 1) // 2:,} can't",
            "dense memory: capacity grows as n^(power - 1); modern Hopfield: exponentially",
            "; ".join(
                f"{name}: {bootstrap_interval(told[name][last], seed=seed)} wrong bits told, "
                f"{bootstrap_interval(free[name][last], seed=seed)} free"
                for name in KEEPERS
            )
            + f"; {best}: {bootstrap_interval(told[best][last], seed=seed)} told",
            *(bootstrap_interval(row, seed=seed) for row in spared),
            threshold="the best Hopfield rule minus each: the interval above 0",
        ),
    ]


def theory_claims(
    first: dict[tuple[int, int], np.ndarray], stays: bool, most: int, seed: int, weak: str
) -> list[Claim]:
    """Return the claims of theory, given the share of bits that the first step turns over in each
    memory, by (spins, patterns), and whether every pattern is fixed under the pseudo-inverse.
    """
    found = {
        pair: bootstrap_interval(shares, confidence=0.99, seed=seed)
        for pair, shares in first.items()
    }
    exact = {pair: exact_first_step_error(*pair) for pair in first}
    return [
        Claim(
            "Hebb's rule: the first step from a stored pattern turns over as many bits as theory"
            " says",
            "1/2 erfc(sqrt(n / (2 p))) of many spins; of n, the tail of a binomial",
            "; ".join(
                f"{n} spins, {p} patterns: {found[n, p]}, exactly {exact[n, p]:.4g}, of many "
                f"{first_step_error(p / n):.4g}"
                for n, p in first
            )
            + f"; {min(map(len, first.values()))} memories each{weak}",
            "the exact probability within each 99 % interval",
            all(bool(found[pair].low <= exact[pair] <= found[pair].high) for pair in first),
        ),
        Claim(
            "the pseudo-inverse rule: every pattern is a fixed point, as long as they are"
            " independent",
            "up to n patterns",
            f"{'every' if stays else 'not every'} bit of {most} patterns stays as it is, in every"
            f" memory{weak}",
            "no bit turns over",
            stays,
        ),
    ]


def _row(names: tuple[str, ...], rows: np.ndarray) -> str:
    return ", ".join(f"{name} {row.mean():.1f}" for name, row in zip(names, rows, strict=True))
