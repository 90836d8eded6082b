"""The claims about matching where the effect is known: tables drawn with a planted one, with none,
with a hidden cause, with an effect that turns along the dose.

Each arm is many tables of a few thousand people in communities (worlds/observed/confounded.py),
matched by `og.match` as it is, with the past outcome, the communities and the dose named. The truth
of a table is the mean effect on those of its treated that were matched.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ontogeny.claims.beauty.matched_figures import errors_figure, turns_figure
from ontogeny.claims.beauty.shares import share, shares_told
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.social.matching.match import match
from ontogeny.worlds.observed.confounded import COVARIATES, ConfoundedConfig, confounded

TABLES = (200, 40, 2)  # an arm
PLACEBO_TABLES = (40, 8, 2)
ROWS = (3000, 3000, 1000)
EDGE = 0.5  # the dose at which the planted double edge turns
COVERED, FALSE, FLAGGED, LEFT = 0.90, 0.07, 0.90, 0.10


class Arm(NamedTuple):
    """What is planted."""

    effect: float
    binary: bool = False
    hidden: float = 0.0
    double_edged: bool = False
    more: float = 1.0  # rows, times those of the others


PLANTED = ("an effect", "an effect on a risk")
NOTHING = ("nothing", "nothing, of a risk")
HIDDEN = ("a hidden cause", "a hidden cause, of a risk")
TURNING = "a double edge"
ARMS = {
    PLANTED[0]: Arm(0.5),
    PLANTED[1]: Arm(0.5, binary=True),
    NOTHING[0]: Arm(0.0),
    NOTHING[1]: Arm(0.0, binary=True),
    HIDDEN[0]: Arm(0.0, hidden=0.8, more=4 / 3),
    HIDDEN[1]: Arm(0.0, binary=True, hidden=0.8, more=4 / 3),
    TURNING: Arm(1.0, double_edged=True),
}


class Looked(NamedTuple):
    """What was found in each table of an arm, [table]."""

    truth: np.ndarray
    naive: np.ndarray
    matched: np.ndarray
    covered: np.ndarray
    differs: np.ndarray
    past: np.ndarray
    supported: np.ndarray
    turn: np.ndarray
    """NaN where none was found."""
    turn_covered: np.ndarray


def measure(how: Measuring) -> Found:
    """Return the claims, with the figures of errors and of turns."""
    seeds = how.seeds(how.choose(*TABLES))
    arms: dict[str, Looked] = {}
    for name, arm in ARMS.items():
        arms[name] = look(arm, seeds, how)
        how.progress(f"matched: {name}, {len(seeds)} tables")
    claims = [
        signs(arms, how),
        biases(arms, how),
        coverage(arms, how),
        false_positives(arms, how),
        flagged(arms, how),
        not_believed(arms, how),
        turns(arms, how),
        permuted(how),
    ]
    shown = {name: (a.naive - a.truth, a.matched - a.truth) for name, a in arms.items()}
    return claims, [errors_figure(shown), turns_figure(arms[TURNING].turn, EDGE)]


def drawn(arm: Arm, seed: int, how: Measuring) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return a table of the arm, and each row's effect."""
    rows = round(how.choose(*ROWS) * arm.more)
    config = ConfoundedConfig(
        rows,
        effect=arm.effect,
        hidden=arm.hidden,
        binary=arm.binary,
        double_edged=arm.double_edged,
    )
    world = confounded(config, seed)
    return world.table, world.effect


def look(arm: Arm, seeds: np.ndarray, how: Measuring) -> Looked:
    """Return what matching finds in a table of each seed."""
    found = [_looked(arm, int(seed), how) for seed in seeds]
    return Looked(*(np.array(part) for part in zip(*found, strict=True)))


def _looked(arm: Arm, seed: int, how: Measuring) -> tuple[float | bool, ...]:
    table, effects = drawn(arm, seed, how)
    result = match(
        *(table, "treated", COVARIATES, "outcome"),
        before="before",
        dose="dose",
        cluster="community",
        placebos=0,
        resamples=how.choose(1000, 1000, 100),
    )
    found = result.found
    assert found is not None
    truth = float(effects[result.paired.pairs.unique].mean())
    turn = found.dose.turn if found.dose else None
    return (
        truth,
        found.naive.value,
        found.effect.value,
        found.effect.low <= truth <= found.effect.high,
        found.effect.differs,
        bool(found.controls.past_differs),
        found.verdict.word == "supported",
        turn.dose if turn else float("nan"),
        bool(turn and turn.low <= EDGE <= turn.high),
    )


def signs(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether the plain difference misleads and the matched one does not."""
    wrong = {f"plain wrong, {name}": arms[name].naive < 0 for name in PLANTED}
    right = {f"matched right, {name}": arms[name].matched > 0 for name in PLANTED}
    return Claim(
        "the sign of the plain difference is wrong, and that of the matched one right",
        "matching detects effects from what was observed",
        shares_told(wrong | right, "tables", how),
        "each in at least 95 % of the tables",
        all(bool(np.mean(v) >= 0.95) for v in (wrong | right).values()),
    )


def biases(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether matching takes nine tenths of the bias away."""
    measured: list[str] = []
    holds = True
    for name in PLANTED + NOTHING:
        arm = arms[name]
        left = bootstrap_interval(arm.matched - arm.truth, seed=how.seed)
        most = LEFT * abs(float(np.mean(arm.naive - arm.truth)))
        measured.append(f"{name}: {left}, plain {np.mean(arm.naive - arm.truth):.3g}")
        holds &= -most <= left.low and left.high <= most
    return Claim(
        "matching takes nine tenths of the bias of the plain difference away",
        "not in the paper",
        f"mean error {'; '.join(measured)}{how.weak()}",
        "the interval of the mean error within a tenth of the plain difference's",
        bool(holds),
    )


def coverage(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether intervals contain the truth as often as they say, about."""
    named = {name: arms[name].covered for name in (*PLANTED, *NOTHING, TURNING)}
    return Claim(
        "95 % intervals contain the truth",
        "not in the paper",
        shares_told(named, "tables", how),
        f"in at least {COVERED:.0%} of the tables of each arm",
        all(bool(values.mean() >= COVERED) for values in named.values()),
    )


def false_positives(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether nothing is found where nothing is planted."""
    named = {name: arms[name].differs for name in NOTHING}
    together = np.concatenate(list(named.values()))
    return Claim(
        "where nothing is planted nothing is found",
        "not in the paper",
        f"together {share(together, how)}; {shares_told(named, 'tables', how)}",
        f"the interval leaves 0 out in at most {FALSE:.0%} of both arms' tables together",
        bool(together.mean() <= FALSE),
    )


def flagged(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether the past outcome tells a hidden cause, and does not cry wolf."""
    seen = {name: arms[name].past for name in HIDDEN}
    wolf = {name: arms[name].past for name in PLANTED + NOTHING}
    return Claim(
        "the outcome before the treatment tells a hidden cause",
        "not in the paper",
        shares_told(
            seen | {f"where there is none, {name}": v for name, v in wolf.items()}, "tables", how
        ),
        f"told in at least {FLAGGED:.0%} of the tables with one, of each arm, and in at most 10 % "
        "of those without",
        all(bool(v.mean() >= FLAGGED) for v in seen.values())
        and all(bool(v.mean() <= 0.1) for v in wolf.values()),
    )


def not_believed(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether the verdict keeps an effect that is none from being believed."""
    felt = {f"found, {name}": arms[name].differs for name in HIDDEN}
    said = {f"supported, {name}": arms[name].supported for name in HIDDEN}
    true = {f"supported, {name}": arms[name].supported for name in PLANTED}
    return Claim(
        "an effect that only a hidden cause makes is not called supported",
        "not in the paper",
        shares_told(felt | said | true, "tables", how),
        "supported in at most 5 % of the tables with a hidden cause and no effect, of each arm",
        all(bool(values.mean() <= 0.05) for values in said.values()),
    )


def turns(arms: dict[str, Looked], how: Measuring) -> Claim:
    """Return whether the double edge is found where it is, and nowhere else."""
    edge = arms[TURNING]
    found = np.isfinite(edge.turn)
    elsewhere = np.concatenate([np.isfinite(arms[name].turn) for name in PLANTED + NOTHING])
    inside = edge.turn_covered[found]
    place = f"at {bootstrap_interval(edge.turn[found])}" if found.any() else "nowhere"
    return Claim(
        "the double edge is found where it is planted, at its place, and not elsewhere",
        "exposure is double-edged",
        f"found {share(found, how)}, {place} for {EDGE}, its interval right in "
        f"{share(inside, how) if found.any() else 'none'}; elsewhere {share(elsewhere, how)}; "
        f"{len(found)} tables an arm{how.weak()}",
        f"found in at least {FLAGGED:.0%}, of which {COVERED:.0%} with a right interval; elsewhere "
        f"in at most {FALSE:.0%}",
        bool(
            found.mean() >= FLAGGED
            and found.any()
            and inside.mean() >= COVERED
            and elsewhere.mean() <= FALSE
        ),
    )


def permuted(how: Measuring) -> Claim:
    """Return whether permuted treatments do what they should where nothing is wrong."""
    counts: list[float] = []
    fails: list[bool] = []
    each = how.choose(20, 10, 5)
    for seed in how.seeds(how.choose(*PLACEBO_TABLES)):
        table, _ = drawn(ARMS[PLANTED[0]], int(seed), how)
        result = match(
            *(table, "treated", COVARIATES, "outcome"),
            cluster="community",
            placebos=each,
            resamples=how.choose(1000, 1000, 100),
        )
        assert result.found is not None
        counts.append(result.found.controls.found / each)
        fails.append(bool(result.found.controls.placebo_fails))
    how.progress(f"matched: {len(fails)} tables with permuted treatments")
    return Claim(
        "permuted treatments have no effect",
        "not in the paper",
        f"an interval leaves 0 out in {share(np.array(counts), how)} of {each} permutations a "
        f"table; the control fails in {share(np.array(fails), how)} of {len(fails)} tables"
        f"{how.weak()}",
        f"at most {FALSE:.0%} of the permutations, and of the tables",
        bool(np.mean(counts) <= FALSE and np.mean(fails) <= FALSE),
    )
