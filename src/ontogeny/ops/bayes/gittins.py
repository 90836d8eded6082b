"""The Gittins index of a Bernoulli arm: the known mean that makes it a matter of indifference.

An arm with belief Beta(a, b) is set beside an arm that pays a known charge for ever, and one may
retire to it at any time. Values are kept in units of a constant reward, so retiring is worth the
charge c, and going on G = (1 - gamma) p + gamma (p V+ + (1 - p) V-), p = a / (a + b),
V = max(c, G). The index is the charge at which G = c: with discounted rewards and independent arms,
always pulling an arm of the highest index is Bayes-optimal. G - c is convex and falls in c.
Source: Gittins 1979; Gittins, Glazebrook and Weber 2011, "Multi-armed Bandit Allocation Indices".
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from ontogeny.core.errors import ConfigError

CHARGES_AT_ONCE = 64  # their values on one diagonal stay in a processor's cache
REACH = 2.5


def gittins_index(alpha: float, beta: float, discount: float, tolerance: float = 1e-6) -> float:
    """Return the index of Beta(alpha, beta), to `tolerance` and a look-ahead of discount^n < 1e-6.

    The bracket around G = c is cut in 16 at each pass. Raises `ConfigError` for a discount outside
    (0, 1) or parameters that are not positive.
    """
    _check(discount, alpha, beta)
    depth = math.ceil(math.log(1e-6) / math.log(discount))
    low, high = alpha / (alpha + beta), 1.0
    while high - low > tolerance:
        charges = np.linspace(low, high, 17)
        *_, (_, _, margin) = _sweep(charges, alpha, beta, depth, discount)
        worth = max(1, int(np.sum(margin[:, 0] > 0)))  # at low it always is
        low, high = charges[worth - 1], charges[min(worth, 16)]
    return float((low + high) / 2)


def gittins_table(
    discount: float, size: int = 200, charges: int = 2000, look_ahead: int | None = None
) -> Float[np.ndarray, "alpha beta"]:
    """Return the index of every Beta(a, b) with a and b from 1 to `size`; entry [a - 1, b - 1].

    One sweep over the lattice of beliefs serves every state at once, for each charge of a grid
    (sin² of even steps: denser near 0 and 1, where certain arms lie close together). Between two
    charges convexity brackets the zero of G - c: the chord lies above, the neighbouring chords
    prolonged lie below; the middle is returned. Beliefs `look_ahead` pulls beyond the table's last
    are taken for settled (as many as leave discount^n < 1/30, 50 or more, when None). Raises
    `ConfigError` for a discount outside (0, 1) or fewer than 1 row.
    """
    _check(discount, size, size)
    if look_ahead is None:
        look_ahead = max(50, math.ceil(math.log(30) / -math.log(discount)))
    grid = np.sin(np.linspace(0.0, np.pi / 2, charges + 1)) ** 2
    table = np.full((size, size), np.nan)
    last = 2 * size - 2
    for begin in range(0, charges, CHARGES_AT_ONCE):
        # Two charges on the left and two on the right of every bracket that is looked at here.
        chunk = grid[max(begin - 1, 0) : begin + CHARGES_AT_ONCE + 2]
        inner = slice(min(begin, 1), min(begin, 1) + CHARGES_AT_ONCE)
        for pulls, first, margin in _sweep(chunk, 1, 1, last + look_ahead, discount):
            if pulls > last:
                continue
            begin_wins, end_wins = max(0, pulls - size + 1), min(size, pulls + 1)
            begin_wins, end_wins = max(begin_wins, first), min(end_wins, first + margin.shape[1])
            wins = np.arange(begin_wins, max(begin_wins, end_wins))
            mine = margin[:, wins - first]
            worth = mine > 0
            crosses = worth[:-1][inner] & ~worth[1:][inner]
            bracket, column = np.nonzero(crosses)
            bracket = bracket + inner.start
            where = wins[column]
            table[where, pulls - where] = _zero(chunk, mine, bracket, column)
    return table


def _sweep(
    charges: Float[np.ndarray, " charge"], alpha: float, beta: float, depth: int, discount: float
) -> Iterator[tuple[int, int, Float[np.ndarray, "charge wins"]]]:
    """Yield (pulls, first wins, G - c) from `depth` - 1 pulls after Beta(alpha, beta) back to none.

    With n = alpha + beta + pulls, means farther than REACH / sqrt(n) from every charge are left
    out, and those beliefs taken for settled: by Azuma's inequality the mean ever crosses that gap
    with a probability below exp(-2 REACH²).
    """
    charge = charges[:, None]

    def window(pulls: int) -> tuple[int, int]:
        n = alpha + beta + pulls
        low = (charges[0] - REACH / math.sqrt(n)) * n - alpha
        high = (charges[-1] + REACH / math.sqrt(n)) * n - alpha
        first = min(max(0, math.floor(low)), pulls)
        return first, max(first, min(pulls, math.ceil(high))) + 1

    above, value = window(depth)[0], None
    for pulls in reversed(range(depth)):
        first, end = window(pulls)
        later = (alpha + np.arange(first, end + 1)) / (alpha + beta + pulls + 1)
        whole = np.maximum(charge, later)
        if value is not None:
            begin, stop = max(above, first), min(above + value.shape[1], end + 1)
            whole[:, begin - first : stop - first] = value[:, begin - above : stop - above]
        mean = (alpha + np.arange(first, end)) / (alpha + beta + pulls)
        worth = whole[:, 1:] - whole[:, :-1]
        worth *= mean
        worth += whole[:, :-1]
        worth *= discount
        worth += (1 - discount) * mean
        yield pulls, first, worth - charge
        above, value = first, np.maximum(worth, charge, out=worth)


def _zero(
    charge: np.ndarray, margin: np.ndarray, left: np.ndarray, column: np.ndarray
) -> Float[np.ndarray, " state"]:
    """Return where a convex falling function crosses zero between `left` and the next charge."""
    # Row 1 is the chord across the bracket, rows 0 and 2 those on either side.
    i = np.clip(left + np.array([[-1], [0], [1]]), 0, charge.shape[0] - 2)
    here, there = margin[i, column], margin[i + 1, column]
    chord = charge[i] + (charge[i + 1] - charge[i]) * here / (here - there)
    above = chord[1]
    below = np.maximum(chord[0], chord[2])
    below = np.clip(below, charge[left], above)
    return (above + below) / 2


def _check(discount: float, alpha: float, beta: float) -> None:
    if not 0 < discount < 1:
        raise ConfigError(
            f"a discount of {discount} is not in (0, 1)",
            where="ops.bayes.gittins",
            hint="without discount there is no index; use machines.plan",
        )
    if min(alpha, beta) <= 0:
        raise ConfigError(f"Beta({alpha}, {beta}) is no belief", where="ops.bayes.gittins")
