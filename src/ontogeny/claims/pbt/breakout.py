"""The claims about a real game: Population Based Training against random search on MinAtar's
Breakout, at equal compute and with the same first draws.

Both arms of a seed spawn the same members, since keys are computed from the seed, the slot and the
step; they part when the first move is made. What is compared is the score (the mean return of
recent episodes) of the best member and of the population, averaged over the last quarter of the
rounds.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1.
"""

from __future__ import annotations

from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt.arms import ARMS, TINY_ARMS, compare, curves, ends_higher
from ontogeny.learners.agents.config import ActorCriticConfig
from ontogeny.recipes.agents import Breakout

# Fixed, whatever the machine, so that the numbers can be compared. A step is 1,024 frames.
FULL = Breakout(population=16, rounds=24, steps=12)
QUICK = Breakout(population=8, rounds=8, steps=8)
TINY = Breakout(
    population=2,
    rounds=2,
    steps=1,
    agent=ActorCriticConfig(hidden=(8,), environments=2, unroll=4, epochs=1, minibatches=1),
)
SEEDS = 3, 2, 1
PAPER = "147 to 181 % of human on four Atari games (best of 80 agents)"


def measure(how: Measuring) -> Found:
    """Return the claims about the best member and about the population's mean, and their curves.

    The figure's arrays are [arm, seed, round, pop]; `spent` is frames, [round], of one member.
    """
    recipe, seeds = how.choose(FULL, QUICK, TINY), how.seeds(how.choose(*SEEDS))
    arms = how.choose(ARMS, ARMS, TINY_ARMS)
    found = compare(recipe, seeds, how.progress, "breakout", arms)
    frames = recipe.steps * recipe.units()["environment steps"]
    setting = f"{recipe.population} members, {frames * recipe.rounds:,.0f} frames each"
    figure = curves(
        "breakout",
        f"Mean return of recent episodes: {setting}, {len(seeds)} seeds; bands are their range.",
        found,
        frames,
        ["frames of one member", "return"],
    )
    claim = "breakout: the {} scores higher with PBT than with random search"
    setting += how.weak("with few seeds and short growths")
    return ends_higher(claim, (PAPER, PAPER), found, setting), [figure]
