"""The claims about ratings, on a simulated crowd whose truth is known: how many judgements an order
takes, with random pairs and with those that are expected to say most; whether the page's promise of
how right the order is holds; whether measures of agreement recover what they should.

Nothing here is about what people find beautiful: that takes people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ontogeny.claims.beauty.crowd_figures import known_figure, promise_figure, recovery_figure
from ontogeny.claims.beauty.crowd_judging import Curve, Way, expected_alpha, judged, times_as_many
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.beauty.raters import two_way
from ontogeny.ops.agreement import LEVELS, alpha_of
from ontogeny.ops.attenuation import disattenuated, reliability_of_means
from ontogeny.ops.rank_correlation import pearson, spearman
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.views.figure import Figure
from ontogeny.worlds.platform.crowds import CrowdConfig, crowd, drawn_raters

UNSAID = "not in the paper"
SEEDS = (6, 4, 2)
CROWDS = (24, 8, 2)  # that give single ratings, which is quick
GRADES = (1, 5)  # the paper's scale: unacceptable to exceptional
EACH = 5  # ratings a photo, the least of the paper
RATED = CrowdConfig(photos=400, raters=20, spread=1.0, bias=0.5, noise=0.8)
ALIKE = 0.02  # how far a mean may be from what is known
HALF = 2.0  # times as many judgements with random pairs


class Regime(NamedTuple):
    """Photos, and how many pairs are judged for each: chosen, and random."""

    name: str
    title: str
    spread: float
    photos: tuple[int, int, int]
    per_photo: tuple[int, int]
    lapses: float = 0.0


REGIMES = (
    Regime("very_wide", "From hopeless to superb", 8.0, (100, 60, 12), (10, 36)),
    Regime("wide", "Of widely different quality", 4.0, (200, 60, 12), (10, 30)),
    Regime(
        "lapsing",
        "Of such quality, every tenth answer at random",
        4.0,
        (100, 60, 12),
        (10, 30),
        0.1,
    ),
    Regime("narrow", "Of similar quality", 1.0, (100, 60, 12), (10, 30)),
)


def measure(how: Measuring) -> Found:
    """Return the claims about a simulated crowd, and their figures."""
    claims: list[Claim] = []
    figures: list[Figure] = []
    curves: list[Curve] = []
    for regime in REGIMES:
        found, figure, drawn = of_pairs(regime, how)
        claims.append(found)
        figures.append(figure)
        curves += drawn
    claims.append(promise(curves, how))
    figures.append(
        promise_figure(
            *(np.concatenate([getattr(c, w) for c in curves]) for w in ("promised", "kendall"))
        )
    )
    agreement, figure = of_ratings(how)
    return [*claims, *agreement], [*figures, figure]


def of_pairs(regime: Regime, how: Measuring) -> tuple[Claim, Figure, list[Curve]]:
    """Return whether chosen pairs need half the judgements, with its figure, and all curves."""
    config = CrowdConfig(how.choose(*regime.photos), 1, spread=regime.spread, lapses=regime.lapses)
    chosen, random = how.choose(regime.per_photo, regime.per_photo, (2, 3))
    lengths: dict[Way, int] = {"chosen": chosen, "random": random}
    seeds = how.seeds(how.choose(*SEEDS))
    curves: dict[Way, list[Curve]] = {
        way: [judged(config, way, length, int(seed)) for seed in seeds]
        for way, length in lengths.items()
    }
    times = bootstrap_interval(
        np.array(
            [times_as_many(a, b) for a, b in zip(curves["chosen"], curves["random"], strict=True)]
        ),
        seed=how.seed,
    )
    reached = bootstrap_interval(
        np.array([one.spearman[-1] for one in curves["chosen"]]), seed=how.seed
    )
    how.progress(f"{regime.title}: random pairs take {times} times as many judgements")
    n = config.photos
    claim = Claim(
        f"photos {regime.title[0].lower()}{regime.title[1:]}: chosen pairs need at most half the "
        "judgements of random ones for the same rank correlation",
        UNSAID,
        f"random pairs take {times} times as many to the Spearman correlation of {reached} that "
        f"{lengths['chosen'] * n} chosen ones give; {n} photos, quality spread {regime.spread:g} "
        f"(logits), {len(seeds)} seeds, random ones up to {lengths['random'] * n}{how.weak()}",
        f"the interval of the ratio above {HALF:g}",
        bool(times.low > HALF),
    )
    figure = recovery_figure(
        regime.name,
        regime.title,
        {way: some[0].judgements / n for way, some in curves.items()},
        {way: np.stack([one.spearman for one in some], 1) for way, some in curves.items()},
    )
    return claim, figure, [one for some in curves.values() for one in some]


def promise(curves: list[Curve], how: Measuring) -> Claim:
    """Return whether the order is as right as the posterior says, at the end of each judging."""
    off = np.array([one.kendall[-1] - one.promised[-1] for one in curves])
    found = bootstrap_interval(off, seed=how.seed)
    return Claim(
        "the page's promise: Kendall's correlation with the truth is what the posterior expects",
        UNSAID,
        f"true minus expected {found}, furthest {np.abs(off).max():.3g}, at the end of "
        f"{len(curves)} judgings{how.weak()}",
        "the mean within 0.05",
        bool(abs(found.value) <= 0.05),
    )


def of_ratings(how: Measuring) -> tuple[list[Claim], Figure]:
    """Return whether measures of agreement come out as they are known to, with their figure."""
    seeds = how.seeds(how.choose(*CROWDS))
    rows = [_rated(int(seed)) for seed in seeds]
    known = {name: np.array([row[name][0] for row in rows]) for name in rows[0]}
    measured = {name: np.array([row[name][1] for row in rows]) for name in rows[0]}
    off = {name: bootstrap_interval(measured[name] - known[name], seed=how.seed) for name in known}
    cost = f"{RATED.photos} photos, {EACH} of {RATED.raters} raters each, {len(seeds)} seeds"
    close = f"the mean within {ALIKE} of what is known"
    alphas = [f"alpha, {level}" for level in LEVELS]

    def said(name: str) -> str:
        means = f"{measured[name].mean():.3f} (known {known[name].mean():.3f})"
        return f"{means}, off by {off[name]}"

    plain, taken = measured["mean ratings"], measured["raters apart"]
    gained = bootstrap_interval(taken - plain, seed=how.seed)
    claims = [
        Claim(
            "Krippendorff's alpha recovers its known value: nominal, ordinal, interval",
            UNSAID,
            "; ".join(map(said, alphas)) + f"; {cost}{how.weak()}",
            close,
            all(abs(off[name].value) <= ALIKE for name in alphas),
        ),
        _attenuation(off, measured, known, cost + how.weak(), close),
        Claim.above(
            "mean ratings without raters' biases are nearer to the truth than plain ones",
            UNSAID,
            f"correlation with the quality: plain {plain.mean():.3f}, raters apart "
            f"{taken.mean():.3f}, gained {gained}; {cost}{how.weak()}",
            gained,
        ),
    ]
    shown = [*alphas, "reliability", "corrected correlation"]
    return claims, known_figure(*({name: of[name] for name in shown} for of in (known, measured)))


def _attenuation(
    off: dict[str, Interval],
    measured: dict[str, np.ndarray],
    known: dict[str, np.ndarray],
    cost: str,
    close: str,
) -> Claim:
    corrected, plain, truth = (
        "corrected correlation",
        measured["correlation"].mean(),
        known["corrected correlation"].mean(),
    )
    return Claim(
        "a score's rank correlation with the truth is recovered from noisy ratings, corrected for "
        "attenuation",
        UNSAID,
        f"with the truth {truth:.3f}; with mean ratings {plain:.3f}; corrected "
        f"{measured[corrected].mean():.3f}, off by {off[corrected]}; reliability "
        f"{measured['reliability'].mean():.3f} (known {known['reliability'].mean():.3f}); {cost}",
        close,
        bool(abs(off[corrected].value) <= ALIKE and abs(off["reliability"].value) <= ALIKE),
    )


def _rated(seed: int) -> dict[str, tuple[float, float]]:
    """Return what is known of one crowd, and what its ratings say."""
    rng = np.random.default_rng([seed, 3])
    truth = crowd(RATED, rng)
    photo, rater = drawn_raters(RATED, EACH, rng)
    graded = truth.rate(photo, rater, rng, GRADES)
    found = {
        f"alpha, {level}": (expected_alpha(truth, GRADES, level), alpha_of(photo, graded, level))
        for level in LEVELS
    }
    said = truth.rate(photo, rater, rng)
    means = np.bincount(photo, said) / EACH
    score = truth.quality + 0.75 * RATED.spread * rng.normal(size=RATED.photos)
    between, within = truth.quality.var(ddof=1), truth.bias.var(ddof=1) + RATED.noise**2
    reliability = reliability_of_means(photo, said)
    apart = two_way(photo, rater, said)
    without = np.bincount(photo, said - apart.rater[rater]) / EACH
    real, noisy = (float(spearman(score, one)) for one in (truth.quality, means))
    found |= {
        "reliability": (float(between / (between + within / EACH)), reliability),
        "correlation": (real, noisy),
        "corrected correlation": (real, disattenuated(noisy, reliability)),
        "mean ratings": (1.0, float(pearson(means, truth.quality))),
        "raters apart": (1.0, float(pearson(without, truth.quality))),
    }
    return found
