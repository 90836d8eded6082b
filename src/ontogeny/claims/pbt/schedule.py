"""The claims about the schedule: is it worth more than the setting that it ends with?

A population learns to classify digits (`digit_classifier`). Of its best member's ancestry the
schedule of rate and dropout is read off; then fresh members, alone and from their own first
weights, live it again, and others live its last setting from beginning to end. All of them are
compared on images that neither the learning nor the selection has seen, seed by seed.

The task was chosen before anything was measured: a real learner on real images that takes seconds,
so that twenty seeds fit into minutes, and whose best rate falls as it learns.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.4.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt.arms import lines_of_the_best, of_the_best
from ontogeny.claims.pbt.digits import TINY, grow, replayed
from ontogeny.claims.pbt.figures import draw_schedules, draw_settings
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.digits import DigitClassifier
from ontogeny.views.figure import Figure

GROWN = DigitClassifier(population=16)
SEEDS = 20, 6, 2
ALONE = 4  # fresh members of each seed that live a schedule; their mean is compared
ARMS = ("final setting, fixed", "schedule, replayed", "population's best")


def measure(how: Measuring) -> Found:
    """Return two claims, that the schedule and the population beat the final setting, and two
    figures: the losses [arm, seed], and the schedules [seed, round].

    A quick look has fewer seeds.
    """
    recipe, seeds = how.choose(GROWN, GROWN, TINY), how.seeds(how.choose(*SEEDS))
    begun = time.perf_counter()
    how.progress(f"schedule: {len(seeds)} populations of {recipe.population}")
    grown = grow(recipe, recipe.strategy.build(recipe.space()), seeds)
    score = grown.score
    lines = lines_of_the_best(grown.rounds.move.parent, score, grown.rounds.hypers)
    how.progress(f"schedule: {ALONE} members a seed live each schedule, and its end")
    alone = dataclasses.replace(recipe, population=ALONE)
    fixed = {name: np.broadcast_to(line[:, -1:], line.shape) for name, line in lines.items()}
    loss = {
        ARMS[0]: replayed(alone, fixed, seeds).test.mean(axis=-1),
        ARMS[1]: replayed(alone, lines, seeds).test.mean(axis=-1),
        ARMS[2]: of_the_best(score, grown.test),
    }
    seconds = time.perf_counter() - begun
    setting = (
        f"{len(seeds)} seeds, {recipe.population} members, {recipe.rounds * recipe.steps:,} "
        f"updates each, {seconds:.0f} s{how.weak()}"
    )
    return [better(name, loss, setting, how.seed) for name in ARMS[1:]], [
        Figure(
            "settings",
            f"Loss on images that were held out, mean and 95 % interval: {setting}.",
            {"loss": np.stack(list(loss.values()))},
            {"arms": ARMS},
            draw_settings,
        ),
        Figure(
            "found",
            f"What the best member's ancestry lived with, in {len(seeds)} populations.",
            lines,
            {"logarithmic": ["learning_rate"]},
            draw_schedules,
        ),
    ]


def better(name: str, loss: dict[str, np.ndarray], setting: str, seed: int) -> Claim:
    """Return the claim that an arm has a lower loss than the final setting, fixed; `loss` is [seed]
    for each arm.
    """
    fixed, own = loss[ARMS[0]], loss[name]
    gain = bootstrap_interval(fixed - own, seed=seed)
    told = (
        f"{bootstrap_interval(own, seed=seed)} against {bootstrap_interval(fixed, seed=seed)} nats "
        f"an image: lower by {gain}, in {np.mean(own < fixed):.0%} of the seeds"
    )
    return Claim.above(
        f"schedule: digits, {name}: a lower loss than the final setting, fixed",
        "the final hypers, fixed, are worse than the schedule",
        f"{told}; {setting}",
        gain,
    )
