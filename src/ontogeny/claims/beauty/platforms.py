"""The claims about the study where the effects are known: simulated platforms, from their three
tables to what the two experiments say.

E1: who newly follows the best uploads better photos. E2: whose followees are far better declines,
one-sided or with a double edge. Platforms of nothing, of a hidden cause and of a leak (the future
shows in quantities as of today) say what is found where there is nothing. The truth is that of all
treated; matching is of those who have a control.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from ontogeny.claims.beauty.platform_figures import platforms_figure
from ontogeny.claims.beauty.shares import share, shares_told
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.social.matching.matched import Matched
from ontogeny.social.network.communities import communities
from ontogeny.social.network.graph import Graph
from ontogeny.social.study.experiments import Experiments, exposure, imbalance
from ontogeny.social.study.users import users_of
from ontogeny.social.study.windows import windows_of
from ontogeny.social.tables.admission import admit_tables
from ontogeny.social.tables.embedded import Embedded
from ontogeny.worlds.platform.config import PlatformConfig
from ontogeny.worlds.platform.effects import TrueEffect
from ontogeny.worlds.platform.simulated import platform

PLATFORMS = (20, 4, 1)  # of each kind
USERS = (20_000, 5_000, 1_000)
KINDS: tuple[str, ...] = ("one-sided", "double-edged", "nothing", "hidden", "leak")
PLANTED: tuple[str, ...] = ("one-sided", "double-edged")
EMPTY: tuple[str, ...] = ("nothing", "leak")
COVERED, FALSE, FLAGGED = 0.90, 0.07, 0.90


class Seen(NamedTuple):
    """One experiment on the platforms of a kind, [platform]."""

    truth: np.ndarray
    naive: np.ndarray
    matched: np.ndarray
    covered: np.ndarray
    differs: np.ndarray
    past: np.ndarray
    supported: np.ndarray
    share: np.ndarray
    """Of the treated who have a control."""


class Kind(NamedTuple):
    """Both experiments on platforms of a kind, and where the double edge was said to be."""

    exposure: Seen
    imbalance: Seen
    turn: np.ndarray
    """NaN where none was found."""
    turn_truth: np.ndarray
    turn_covered: np.ndarray


def measure(how: Measuring) -> Found:
    """Return the claims, with the figure of plain and matched effects beside the truth."""
    seeds = how.seeds(how.choose(*PLATFORMS))
    kinds: dict[str, Kind] = {}
    for planted in KINDS:
        kinds[planted] = look(planted, seeds, how)
        how.progress(f"study: {planted}, {len(seeds)} platforms")
    claims = [
        signs(kinds, how),
        coverage(kinds, how),
        false_positives(kinds, how),
        flagged(kinds, how),
        turns(kinds, how),
    ]
    shown = {
        f"{name}, {planted}": (seen.truth, seen.naive, seen.matched)
        for planted in KINDS
        for name, seen in (("E1", kinds[planted].exposure), ("E2", kinds[planted].imbalance))
    }
    return claims, [platforms_figure(shown)]


def look(planted: str, seeds: np.ndarray, how: Measuring) -> Kind:
    """Return what the study finds on a platform of each seed."""
    found = [_looked(planted, int(seed), how) for seed in seeds]
    first, second = (
        Seen(*(np.array(part) for part in zip(*(one[i] for one in found), strict=True)))
        for i in (0, 1)
    )
    turn, truth, covered = (np.array([one[2][i] for one in found]) for i in range(3))
    return Kind(first, second, turn, truth, covered)


def _looked(planted: str, seed: int, how: Measuring) -> tuple[tuple, tuple, tuple]:
    config = PlatformConfig(users=how.choose(*USERS), planted=planted)
    lived = platform(config, seed)
    with TemporaryDirectory() as folder:
        tables = admit_tables(
            lived.photos, lived.follows, lived.events, Path(folder) / "tables", Embedded()
        )
        windows = windows_of(tables.first, tables.last)
        users = users_of(tables, windows, Path(folder) / "windows")
    group = communities(Graph.of(users.number, users.source, users.target))
    settings = Experiments(placebos=0, resamples=how.choose(1000, 1000, 100))
    first, second = exposure(users, group, settings), imbalance(users, group, settings)
    along = second.dose.found.dose if second.dose.found else None
    turn = along.turn if along else None
    truth = np.nan if lived.truth.turn is None else lived.truth.turn
    return (
        _seen(first.matched, lived.truth.exposure),
        _seen(second.matched, lived.truth.imbalance),
        (
            turn.dose if turn else np.nan,
            truth,
            bool(turn and turn.low <= truth <= turn.high),
        ),
    )


def _seen(result: Matched, truth: TrueEffect) -> tuple[float | bool, ...]:
    found = result.found
    assert found is not None
    return (
        truth.value,
        found.naive.value,
        found.effect.value,
        found.effect.low <= truth.value <= found.effect.high,
        found.effect.differs,
        bool(found.controls.past_differs),
        found.verdict.word == "supported",
        len(result.paired.pairs.unique) / int(result.rows.treated.sum()),
    )


def signs(kinds: dict[str, Kind], how: Measuring) -> Claim:
    """Return whether the plain difference of E1 misleads and the matched one does not."""
    named = {f"plain wrong, {name}": kinds[name].exposure.naive < 0 for name in PLANTED}
    named |= {f"matched right, {name}": kinds[name].exposure.matched > 0 for name in PLANTED}
    named |= {f"matched right, E2 {name}": kinds[name].imbalance.matched > 0 for name in PLANTED}
    return Claim(
        "of following better people the plain difference has the wrong sign, matching the right",
        "matching detects effects from what was observed",
        shares_told(named, "platforms", how),
        "each on at least 95 % of the platforms",
        all(bool(values.mean() >= 0.95) for values in named.values()),
    )


def coverage(kinds: dict[str, Kind], how: Measuring) -> Claim:
    """Return whether intervals contain the truth, and how far estimates are from it."""
    arms = {
        f"{name} {planted}": seen
        for planted in (*PLANTED, *EMPTY)
        for name, seen in _both(kinds[planted])
    }
    shares = {name: float(seen.covered.mean()) for name, seen in arms.items()}
    every = np.concatenate([seen.covered for seen in arms.values()])
    errors = "; ".join(
        f"{name} {bootstrap_interval(seen.matched - seen.truth, seed=how.seed)} (plain "
        f"{np.mean(seen.naive - seen.truth):+.3f}), {shares[name]:.0%}"
        for name, seen in arms.items()
    )
    matched = np.mean([seen.share.mean() for seen in arms.values()])
    return Claim(
        "95 % intervals contain the truth",
        "not in the paper",
        f"mean error, and covered: {errors}; {matched:.0%} of the treated have a control"
        f"{how.weak()}",
        f"in at least {COVERED:.0%} of all",
        bool(every.mean() >= COVERED),
    )


def false_positives(kinds: dict[str, Kind], how: Measuring) -> Claim:
    """Return whether nothing is found where nothing is planted."""
    named = {
        f"{name} {planted}": seen.differs
        for planted in EMPTY
        for name, seen in _both(kinds[planted])
    }
    together = np.concatenate(list(named.values()))
    return Claim(
        "where nothing is planted nothing is found, though the future shows in what is known today",
        "not in the paper",
        f"together {share(together, how)}; {shares_told(named, 'platforms', how)}",
        f"the interval leaves 0 out in at most {FALSE:.0%} of all",
        bool(together.mean() <= FALSE),
    )


def flagged(kinds: dict[str, Kind], how: Measuring) -> Claim:
    """Return whether the past tells the hidden cause, and how often it cries wolf."""
    seen = {f"told, {name}": one.past for name, one in _both(kinds["hidden"])}
    felt = {f"found, {name}": one.differs for name, one in _both(kinds["hidden"])}
    said = {f"supported, {name}": one.supported for name, one in _both(kinds["hidden"])}
    wolf = {
        f"told where there is none, {name} {planted}": one.past
        for planted in (*PLANTED, *EMPTY)
        for name, one in _both(kinds[planted])
    }
    return Claim(
        "a hidden cause shows in the past, and is not called supported",
        "not in the paper",
        shares_told(seen | felt | said | wolf, "platforms", how),
        f"told on at least {FLAGGED:.0%} of the platforms with one, of each experiment; supported "
        "on at most 5 %",
        all(bool(values.mean() >= FLAGGED) for values in seen.values())
        and all(bool(values.mean() <= 0.05) for values in said.values()),
    )


def turns(kinds: dict[str, Kind], how: Measuring) -> Claim:
    """Return whether the double edge is found where it is, and nowhere else."""
    edge = kinds["double-edged"]
    found = np.isfinite(edge.turn)
    elsewhere = np.concatenate([np.isfinite(kinds[name].turn) for name in ("one-sided", *EMPTY)])
    inside = edge.turn_covered[found]
    off = edge.turn[found] - edge.turn_truth[found]
    place = f"off by {bootstrap_interval(off, seed=how.seed)}" if found.any() else "nowhere"
    return Claim(
        "the double edge is found where it is planted, and not elsewhere",
        "exposure is double-edged",
        f"found {share(found, how)}, {place}, its interval right in "
        f"{share(inside, how) if found.any() else 'none'}; elsewhere {share(elsewhere, how)}"
        f"{how.weak()}",
        f"found on at least {FLAGGED:.0%} of the platforms, elsewhere on at most {FALSE:.0%}",
        bool(found.mean() >= FLAGGED and elsewhere.mean() <= FALSE),
    )


def _both(kind: Kind) -> tuple[tuple[str, Seen], ...]:
    return (("E1", kind.exposure), ("E2", kind.imbalance))
