"""The claims about the size of a population: with few members Population Based Training can lose to
random search, and with many it does not.

Populations of 4, 8, 16 and 32 classify digits, every member for equally many updates. An arm's loss
is that of the member with the best score, on images that neither the learning nor the selection has
seen; the arms of a seed begin with the same members.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1 and figure 4: with 10 members it lost
two games of four, with 20 and more none.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt.arms import ARMS, of_the_best
from ontogeny.claims.pbt.digits import TINY, grow
from ontogeny.claims.pbt.figures import draw_losses
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.digits import DigitClassifier
from ontogeny.views.figure import Figure

SIZES = (4, 8, 16, 32), (4, 8, 16), (4, 16)
SMALL = 10  # members; below, the paper says, it can lose
SEEDS = 20, 6, 2


def measure(how: Measuring) -> Found:
    """Return a claim for each population of 16 and more, one about the smaller ones, and a figure:
    the loss [size, arm, seed].

    A quick look has fewer seeds, and no population of 32.
    """
    sizes, seeds = how.choose(*SIZES), how.seeds(how.choose(*SEEDS))
    one = how.choose(DigitClassifier(), DigitClassifier(), TINY)
    begun = time.perf_counter()

    def of_arm(size: int, name: str) -> np.ndarray:
        recipe = dataclasses.replace(one, population=size)
        grown = grow(recipe, ARMS[name].build(recipe.space()), seeds)
        loss = of_the_best(grown.score, grown.test)
        how.progress(f"size: {size} members, {name}: loss {loss.mean():.4f}")
        return loss

    def of_size(size: int) -> dict[str, np.ndarray]:
        return how.of_each(ARMS, lambda name: of_arm(size, name), ["PBT"])

    loss = how.of_each(sizes, of_size, sizes[:1])
    seconds = time.perf_counter() - begun
    setting = (
        f"{len(seeds)} seeds, {one.rounds * one.steps:,} updates a member, {seconds:.0f} s in all"
        f"{how.weak()}"
    )
    claims = [wins(size, loss[size], setting, how.seed) for size in sizes if size >= SMALL]
    return [*claims, can_lose(loss, setting, how.seed)], [
        Figure(
            "sizes",
            f"Loss on held-out images of the member with the best score, mean and 95 % interval: "
            f"{setting}.",
            {"loss": np.stack([np.stack(list(arms.values())) for arms in loss.values()])},
            {
                "populations": list(sizes),
                "arms": list(ARMS),
                "title": ["Loss by population and strategy"],
            },
            draw_losses,
        )
    ]


def wins(size: int, loss: dict[str, np.ndarray], setting: str, seed: int) -> Claim:
    """Return the claim that PBT's loss is lower in a population of this size; `loss` is [seed]."""
    gain = bootstrap_interval(loss["random search"] - loss["PBT"], seed=seed)
    told = ", ".join(f"{name} {bootstrap_interval(own, seed=seed)}" for name, own in loss.items())
    return Claim.above(
        f"size: digits, {size} members: PBT has a lower loss than random search",
        "20 to 40 members suffice: higher in four games of four with 20, 40 and 80 members",
        f"{told} nats an image: lower by {gain}; {setting}",
        gain,
    )


def can_lose(loss: dict[int, dict[str, np.ndarray]], setting: str, seed: int) -> Claim:
    """Return the claim that PBT loses more seeds with fewer than 10 members than with more; `loss`
    is [seed] by size and arm.
    """
    lost = {
        size: np.asarray(arms["PBT"] > arms["random search"], float) for size, arms in loss.items()
    }
    few, many = (
        np.mean([own for size, own in lost.items() if (size < SMALL) is small], axis=0)
        for small in (True, False)
    )
    more = bootstrap_interval(few - many, seed=seed)
    told = ", ".join(f"{own.mean():.0%} of the seeds with {size}" for size, own in lost.items())
    gains = "; ".join(
        f"{size} members lower by "
        f"{bootstrap_interval(arms['random search'] - arms['PBT'], seed=seed)}"
        for size, arms in loss.items()
        if size < SMALL
    )
    return Claim.above(
        f"size: digits: below {SMALL} members PBT loses to random search more often",
        "with 10 members it lost two games of four (1742 to 1511, 5635 to 5509)",
        f"lost {told}; below {SMALL} more often by {more}; {gains} nats an image; {setting}",
        more,
        threshold="the interval of the difference of the shares above 0",
    )
