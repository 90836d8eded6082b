"""The claims about a real game: Population Based Training against random search on MinAtar's
Breakout, at equal compute and with the same first draws.

Both arms of a seed spawn the same members, since keys are computed from the seed, the slot and the
step; they part when the first move is made. What is compared is the score (the mean return of
recent episodes) of the best member and of the population, averaged over the last quarter of the
rounds.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ontogeny.recipes.claims import Claim, Figure, Progress, seeds_from
from ontogeny.recipes.comparison import best_member, compare, higher, population_mean
from ontogeny.recipes.pbt_figures import draw_arms
from ontogeny.recipes.recipe import Recipe


class Size(NamedTuple):
    """How much is grown. Fixed, whatever the machine, so that the numbers can be compared."""

    population: int
    rounds: int
    frames: int  # of a member in a round
    seeds: int


FULL = Size(population=16, rounds=24, frames=12 * 1024, seeds=3)
QUICK = Size(population=8, rounds=8, frames=8 * 1024, seeds=2)


def breakout(size: Size) -> Recipe:
    """Return what is grown, but for its strategy and its seed."""
    from ontogeny.recipes.actor_critic import Breakout

    frames = int(Breakout().updates_per_step()["environment steps"])
    steps = max(1, size.frames // frames)
    return Breakout(population=size.population, rounds=size.rounds, steps=steps)


def measure_breakout(
    seed: int, quick: bool, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return the claims about the best member and about the population's mean, and their curves.

    The figure's arrays are [arm, seed, round, pop]; `spent` is frames, [round], of one member.
    """
    size = QUICK if quick else FULL
    recipe = breakout(size)
    found = compare(recipe, seeds_from(seed, size.seeds), progress, "breakout")
    frames = recipe.steps * recipe.updates_per_step()["environment steps"]
    last = max(1, recipe.rounds // 4)
    setting = f"{size.population} members, {frames * size.rounds:,.0f} frames each"
    claims = [
        _claim(kind, {n: reduce(f["score"][:, -last:]) for n, f in found.items()}, setting, quick)
        for kind, reduce in (("best member", best_member), ("population's mean", population_mean))
    ]
    data = {key: np.stack([arm[key] for arm in found.values()]) for key in found["PBT"]}
    data["spent"] = frames * np.arange(1, recipe.rounds + 1)
    figure = Figure(
        "breakout",
        f"Mean return of recent episodes: {setting}, {size.seeds} seeds; bands are their range.",
        data,
        {"arms": list(found), "axes": ["frames of one member", "return"]},
        draw_arms,
    )
    return claims, [figure]


def _claim(kind: str, scores: dict[str, np.ndarray], setting: str, quick: bool) -> Claim:
    """Return the claim that PBT's score is higher, seed by seed."""
    weak = "; under-powered: a quick look with 2 seeds and short growths" if quick else ""
    return higher(
        f"breakout: the {kind} scores higher with PBT than with random search",
        "147 to 181 % of human on four Atari games (best of 80 agents)",
        scores,
        setting + weak,
    )
