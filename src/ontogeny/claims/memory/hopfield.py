"""The claims about memories that are formulas: Hopfield networks by three rules on strings of 128
bits, beside the paper's table and theory, and memories that keep every pattern.

Half the bits of a query are replaced by fair ones. A reader that is told which holds the others;
one that is not may change every bit. The paper does not say which of the two its networks were.

Sources: Bartunov et al. 2020 (arXiv 1910.02720, table 1); theory: ops/hopfield_theory.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.memory.hopfield_figures import first_step_figure, wrong_bits_figures
from ontogeny.learners.memory.dense import dense_memory, modern_hopfield
from ontogeny.learners.memory.hopfield import hopfield
from ontogeny.learners.memory.memory import AssociativeMemory
from ontogeny.ops.hopfield_theory import exact_first_step_error, first_step_error
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.corruptions import fresh_bits
from ontogeny.worlds.patterns import random_bits

BITS, BROKEN = 128, 64
RULES = ("hebb", "storkey", "pseudo-inverse")
KEEPERS = {"dense, power 3": dense_memory(3), "modern Hopfield": modern_hopfield(1.0)}

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


class Drawn(NamedTuple):
    """Patterns, queries, and which of their numbers may be wrong: [set, pattern, bit] each."""

    patterns: Any
    queries: Any
    changed: Any

    def first(self, n: int) -> Drawn:
        """Return the sets with their first n patterns."""
        return Drawn(*(part[:, :n] for part in self))


def measure(how: Measuring) -> Found:
    """Return the claims about memories that are formulas, and their figures."""
    sizes, n_seeds, sets = how.choose(*SIZES), how.choose(*SEEDS), how.choose(*SETS)
    drawn = _drawn(jnp.asarray(how.seeds(n_seeds)), sets, max(sizes))
    names = (*RULES, *KEEPERS)
    wrong = np.zeros((len(names), 2, len(sizes), n_seeds))  # told which are broken, and not
    for column, n in enumerate(sizes):
        each = np.stack(_wrong_bits(drawn.first(n)))  # [memory, told or not, set]
        wrong[:, :, column] = each.reshape(len(names), 2, n_seeds, sets).mean(axis=-1)
        how.progress(f"{n} patterns of {BITS} bits: " + _row(names, wrong[:, 0, column]))
    told, free = (dict(zip(names, wrong[:, part], strict=True)) for part in (0, 1))

    first = {
        pair: _first_steps(*pair, how.choose(*FIRST_SETS), how.seed) for pair in how.choose(*FIRST)
    }
    stays = _pseudo_inverse_stays(drawn.first(max(sizes)))
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


@partial(jax.jit, static_argnums=(1, 2))
def _drawn(seeds: Any, sets: int, most: int) -> Drawn:
    """Return so many sets for each seed, along one axis."""
    source, corrupt = random_bits(BITS), fresh_bits(BROKEN)

    def one(key: Any) -> Drawn:
        pattern_key, broken_key = jax.random.split(key)
        patterns = source.draw(pattern_key, most)
        broken = jax.vmap(corrupt)(jax.random.split(broken_key, most), patterns)
        return Drawn(patterns, *broken)

    keys = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed), sets))(seeds)
    return jax.vmap(one)(keys.reshape(-1))


def _wrong_bits(drawn: Drawn) -> list[np.ndarray]:
    """Return the mean wrong bits [told or not, set] of each rule, and of each that keeps all."""
    wrong: list[np.ndarray] = []
    memories = [hopfield(rule) for rule in RULES]
    # a program that only writes, for XLA would write anew for every query; and one that reads what
    # any of the rules wrote
    stored = [jax.jit(jax.vmap(partial(one.write, ())))(drawn.patterns) for one in memories]
    read = _reading(memories[0])
    wrong += [np.asarray(read(matrix, drawn)) for matrix in stored]
    return wrong + [
        np.asarray(_reading(memory)(drawn.patterns, drawn)) for memory in KEEPERS.values()
    ]


def _reading(memory: AssociativeMemory) -> Any:
    """Return the program that reads every query of every set, told which bits are broken and not,
    and counts the wrong bits.
    """

    def of_pattern(stored: Any, pattern: Any, query: Any, changed: Any) -> Any:
        def wrong(known: Any) -> Any:
            answer = memory.read((), stored, query, known)[-1]
            return jnp.sum(jnp.abs(jnp.round(answer) - pattern))

        return jax.vmap(wrong)(jnp.stack([~changed, jnp.zeros_like(changed)]))

    def of_set(stored: Any, one: Drawn) -> Any:
        return jnp.mean(jax.vmap(partial(of_pattern, stored))(*one), axis=0)

    # set by set: all at once would not fit into the processor's cache
    return jax.jit(lambda stored, drawn: jax.lax.map(lambda one: of_set(*one), (stored, drawn)).T)


def _first_steps(n_spins: int, n_patterns: int, sets: int, seed: int) -> np.ndarray:
    """Return the share of bits that one step from a stored pattern turns over, of each memory.

    In whole numbers, for a field of 0 would else be a little on either side.
    """
    rng, shares = np.random.default_rng([seed, n_spins, n_patterns]), np.zeros(sets)
    for one in range(sets):
        spins = (2 * rng.integers(0, 2, (n_patterns, n_spins), np.int8) - 1).astype(np.float32)
        fields = (spins @ spins.T) @ spins - n_patterns * spins  # n W x, without the diagonal
        shares[one] = np.mean(fields * spins < 0)
    return shares


def _pseudo_inverse_stays(drawn: Drawn) -> bool:
    """Return whether one sweep from every pattern, all bits free, changes none."""
    memory = hopfield("pseudo-inverse", sweeps=1)
    stored = jax.jit(jax.vmap(partial(memory.write, ())))(drawn.patterns)
    as_stored = Drawn(drawn.patterns, drawn.patterns, jnp.ones_like(drawn.changed))
    return bool(np.all(np.asarray(_reading(memory)(stored, as_stored)) == 0))


def _row(names: tuple[str, ...], rows: np.ndarray) -> str:
    return ", ".join(f"{name} {row.mean():.1f}" for name, row in zip(names, rows, strict=True))
