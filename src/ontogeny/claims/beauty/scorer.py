"""The claims about scorers: how often a head on a frozen network tells a photograph that it never
saw from a damaged version of it, and what it makes of damage that it never saw.

Squares of photographs are damaged in ten ways at three strengths. Heads learn from five of them, on
other photographs (folds over photographs, for each seed anew), by three losses. The bar of 0.93 is
from a pilot of this project: .937 by a ridge regression on the same features of 54 photographs, .53
for the rank correlation. Intervals are bootstraps over photographs. None of this is beauty.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from ontogeny.claims.beauty.folds import above_damaged, by_photo, folds_of, held_scores
from ontogeny.claims.beauty.plain_measures import by_brisque, by_plain_measures
from ontogeny.claims.beauty.scorer_figures import kinds_figure, methods_figure
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.learners.beauty.config import Loss, ScorerConfig
from ontogeny.learners.beauty.graded_features import GradedFeatures, graded_features
from ontogeny.ops.rank_correlation import spearman
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.worlds.photos.degradations import ALL, KINDS, OTHERS, STRENGTHS
from ontogeny.worlds.photos.graded_photos import graded, photographs_of

LOSSES: tuple[Loss, ...] = ("pairs", "regression", "bins")
CONFIG = ScorerConfig(heads=4, batch=64, bins=STRENGTHS + 1, updates=200)
SEEDS, FOLDS = (4, 2, 1), (4, 4, 2)
SQUARES, FEW_PHOTOS = (4, 1, 1), 4
FEW_KINDS = ("darkening", "overexposure")  # in a tiny look
BAR = 0.93
NONE_PUBLIC = "not given; its own model, photographs and ratings are not public"


def measure(how: Measuring) -> Found:
    """Return the claims about scorers, and the figures of methods and of kinds of damage."""
    tiny = how.scale == "tiny"
    folder = how.data if how.part == "folder" and not tiny else None
    photographs = photographs_of(folder)
    kinds = tuple(ALL)
    if tiny:
        photographs, kinds = photographs[:FEW_PHOTOS], FEW_KINDS
    squares = how.choose(*SQUARES)
    how.progress(f"{len(photographs)} photographs, {squares} squares each, {len(kinds)} damages")
    found = graded_features(photographs, squares, kinds, how.seed)
    about = found.about
    is_seen = np.isin(about.kind, [-1, *(k for k, name in enumerate(kinds) if name in KINDS)])
    config = replace(CONFIG, updates=5, heads=2) if tiny else CONFIG
    seeds, folds = how.seeds(how.choose(*SEEDS)).tolist(), how.choose(*FOLDS)

    def scores_by(loss: Loss) -> Float[np.ndarray, "seed version"]:
        how.progress(f"{loss}: {len(seeds)} seeds, {folds} folds")
        return held_scores(found, is_seen, replace(config, loss=loss), seeds, folds)

    scores: dict[Any, Any] = how.of_each(LOSSES, scores_by, ["pairs"])
    versions = list(graded(photographs, squares, kinds, how.seed)[1])
    plain = by_plain_measures(versions)
    first = np.flatnonzero(about.square % squares == 0)  # one square of each: it takes long
    brisque, why = by_brisque(np.stack([versions[row] for row in first]))
    if brisque is not None:
        whole = np.full(len(about), np.nan)
        whole[first] = brisque
        plain["BRISQUE"] = whole
    won = {name: above_damaged(found, score) for name, score in {**scores, **plain}.items()}
    damaged = is_seen & (about.strength > 0)
    asked = {name: by_photo(found, each, damaged) for name, each in won.items()}
    unseen = _unseen(found, won["pairs"], config, seeds, folds, how)
    words = f"{len(photographs)} photographs, {squares} squares of each; {len(seeds)} seeds, "
    words += f"{folds} folds of photographs{how.weak()}"
    ranks = _ranks(found, scores["pairs"], is_seen, seeds, folds)
    prefix = "" if folder is None else "your folder: "
    return (
        [
            _tells(asked["pairs"], won["pairs"], found, words, how, prefix),
            *_unseen_claims(unseen, words, how, prefix),
            _ranks_claim(ranks, words, how, prefix),
            _losses_claim(asked, words, how, prefix),
            _plain_claim(asked, why, words, how, prefix),
        ],
        [
            methods_figure(asked, how.part),
            kinds_figure(_table(found, won["pairs"]), unseen, how.part),
        ],
    )


def _unseen(
    found: GradedFeatures,
    won: np.ndarray,
    config: ScorerConfig,
    seeds: list[int],
    folds: int,
    how: Measuring,
) -> dict[str, Float[np.ndarray, " photo"]]:
    """Return how often the original is above its damaged versions, by photograph, for each kind
    that was left out of what was learned from, and for those that never were in it.
    """
    about = found.about
    told: dict[str, np.ndarray] = {}
    for k, name in enumerate(about.kinds):
        of = about.kind == k
        if name in OTHERS:
            told[name] = by_photo(found, won, of)
        elif how.scale != "tiny":
            learned = np.array(
                [about.word(row) not in (*OTHERS, name) for row in range(len(about))]
            )
            how.progress(f"without {name}")
            score = held_scores(found, learned, replace(config, loss="pairs"), seeds, folds)
            told[name] = by_photo(found, above_damaged(found, score), of)
    return told


def _ranks(
    found: GradedFeatures, score: np.ndarray, is_seen: np.ndarray, seeds: list[int], folds: int
) -> Float[np.ndarray, " fold"]:
    """Return the rank correlation of scores and damage over the versions of the different held
    photographs of each fold, over all seeds.
    """
    about, told = found.about, list[float]()
    for number, seed in enumerate(seeds):
        fold = folds_of(about.photo, folds, seed)
        for held in range(folds):
            rows = is_seen & (fold[about.photo] == held)
            told.append(float(spearman(score[number, rows], -about.strength[rows])))
    return np.array(told)


def _table(found: GradedFeatures, won: np.ndarray) -> dict[str, Float[np.ndarray, " strength"]]:
    """Return how often the original is above, by kind and strength."""
    about, each = found.about, won.mean(axis=0)
    return {
        name: np.array(
            [
                each[(about.kind == k) & (about.strength == s)].mean()
                for s in range(1, STRENGTHS + 1)
            ]
        )
        for k, name in enumerate(about.kinds)
    }


def _interval(values: np.ndarray, how: Measuring) -> Interval:
    return bootstrap_interval(values, seed=how.seed)


def _tells(
    asked: np.ndarray,
    won: np.ndarray,
    found: GradedFeatures,
    words: str,
    how: Measuring,
    prefix: str,
) -> Claim:
    table = {name: row for name, row in _table(found, won).items() if name in KINDS}
    told = "; ".join(
        f"{name} " + " / ".join(f"{x:.2f}" for x in row) for name, row in table.items()
    )
    overall = _interval(asked, how)
    return Claim(
        f"{prefix}a scorer puts a photograph that it never saw above damaged versions of it",
        NONE_PUBLIC,
        f"{overall} of all; by strength: {told}; {words}",
        f"the mean over photographs at least {BAR}",
        bool(overall.value >= BAR),
    )


def _unseen_claims(
    unseen: dict[str, np.ndarray], words: str, how: Measuring, prefix: str
) -> list[Claim]:
    sorts = {
        "a kind of damage that was left out of what it learned from": KINDS,
        "kinds of damage that are in nothing that is learned from": OTHERS,
    }
    claims: list[Claim] = []
    for sort, kinds in sorts.items():
        intervals = {n: _interval(values, how) for n, values in unseen.items() if n in kinds}
        told = "; ".join(f"{name} {interval}" for name, interval in intervals.items())
        claims += [
            Claim.above(
                f"{prefix}it does so for {sort}, each of them",
                NONE_PUBLIC,
                f"{told}; {words}",
                *(Interval(i.value - 0.5, i.low - 0.5, i.high - 0.5) for i in intervals.values()),
                threshold="of every kind, the interval above chance, 0.5",
            )
        ] * bool(intervals)
    return claims


def _ranks_claim(ranks: np.ndarray, words: str, how: Measuring, prefix: str) -> Claim:
    interval = _interval(ranks, how)
    return Claim.above(
        f"{prefix}it ranks versions of different photographs by their damage, less surely",
        NONE_PUBLIC,
        f"Spearman's rank correlation {interval}, over folds and seeds; {words}",
        interval,
        threshold="the interval above 0",
    )


def _losses_claim(asked: dict[str, np.ndarray], words: str, how: Measuring, prefix: str) -> Claim:
    told = "; ".join(f"{name} {_interval(asked[name], how)}" for name in LOSSES)
    apart = [_interval(asked["pairs"] - asked[name], how) for name in LOSSES[1:]]
    names = [f"pairs minus {name} {d}" for name, d in zip(LOSSES[1:], apart, strict=True)]
    return Claim(
        f"{prefix}learning from pairs orders no worse than regression and than NIMA's bins",
        NONE_PUBLIC,
        f"{told}; {'; '.join(names)}; {words}",
        "no difference below -0.01",
        all(d.value > -0.01 for d in apart),
    )


def _plain_claim(
    asked: dict[str, np.ndarray], why: str, words: str, how: Measuring, prefix: str
) -> Claim:
    others = [name for name in asked if name not in LOSSES]
    told = "; ".join(f"{name} {_interval(asked[name], how)}" for name in others)
    return Claim.above(
        f"{prefix}it does so more often than plain measures of the picture, and than BRISQUE",
        NONE_PUBLIC,
        f"{_interval(asked['pairs'], how)}; {told}{why and '; ' + why}; {words}",
        *(_interval(asked["pairs"] - asked[name], how) for name in others),
        threshold="minus each of those measured: the interval above 0",
    )
