"""The claims about a real game: Population Based Training against random search on MinAtar's
Breakout, at equal compute and with the same first draws.

Both arms of a seed spawn the same members, since keys are computed from the seed, the slot and the
step; they part when the first move is made. What is compared is the score (the mean return of
recent episodes) of the best member and of the population, averaged over the last quarter of the
rounds.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.strategy import Evolution
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.claims import Claim, Figure, Progress, seeds_from
from ontogeny.recipes.pbt_figures import draw_breakout
from ontogeny.recipes.recipe import Recipe

if TYPE_CHECKING:
    from ontogeny.runtime.executor import Lived

ARMS: dict[str, Evolution] = {"random search": RandomSearch(), "PBT": PBT()}


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


def grow_rounds(recipe: Recipe) -> Iterator[Lived]:
    """Yield the recipe's rounds from its own executor. Nothing is recorded."""
    return recipe.executor.prepare(recipe.job()).rounds()


def compare(
    recipe: Recipe, seeds: np.ndarray, progress: Progress
) -> dict[str, dict[str, np.ndarray]]:
    """Return for each arm its `score` and each of its hypers, [seed, round, pop]."""
    found: dict[str, dict[str, list[Any]]] = {}
    for seed in seeds.tolist():
        for name, evolution in ARMS.items():
            grown = dataclasses.replace(recipe, seed=seed, evolution=evolution)
            rounds = list(grow_rounds(grown))
            score = np.stack([lived.score for lived in rounds])
            progress(f"breakout: seed {seed}, {name}: best {score[-1].max():.2f}")
            columns = found.setdefault(name, {})
            columns.setdefault("score", []).append(score)
            for hyper in rounds[0].hypers:
                values = np.stack([lived.hypers[hyper] for lived in rounds])
                columns.setdefault(hyper, []).append(values)
    return {
        name: {key: np.stack(values) for key, values in columns.items()}
        for name, columns in found.items()
    }


def measure_breakout(
    seed: int, quick: bool, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return the claims about the best member and about the population's mean, and their curves.

    The figure's arrays are [arm, seed, round, pop]; `frames` is [round], of one member.
    """
    size = QUICK if quick else FULL
    recipe = breakout(size)
    found = compare(recipe, seeds_from(seed, size.seeds), progress)
    frames = recipe.steps * recipe.updates_per_step()["environment steps"]
    last = max(1, recipe.rounds // 4)
    setting = f"{size.population} members, {frames * size.rounds:,.0f} frames each"
    claims = [
        _claim(kind, {n: reduce(f["score"][:, -last:]) for n, f in found.items()}, setting, quick)
        for kind, reduce in (("best member", best_member), ("population's mean", population_mean))
    ]
    data = {key: np.stack([found[arm][key] for arm in ARMS]) for key in found["PBT"]}
    data["frames"] = frames * np.arange(1, recipe.rounds + 1)
    figure = Figure(
        "breakout",
        f"Mean return of recent episodes: {setting}, {size.seeds} seeds; bands are their range.",
        data,
        {"arms": list(ARMS)},
        draw_breakout,
    )
    return claims, [figure]


def best_member(score: np.ndarray) -> np.ndarray:
    """Return the best of the population, averaged over rounds: [..., round, pop] to [...]."""
    return score.max(axis=-1).mean(axis=-1)


def population_mean(score: np.ndarray) -> np.ndarray:
    """Return the mean over the population and rounds, the dead left out: [..., round, pop] to
    [...].
    """
    return np.nanmean(np.where(np.isfinite(score), score, np.nan), axis=(-2, -1))


def _claim(kind: str, scores: dict[str, np.ndarray], setting: str, quick: bool) -> Claim:
    """Return the claim that PBT's score is higher, seed by seed."""
    told = [f"{name} {bootstrap_interval(values)}" for name, values in scores.items()]
    gain = bootstrap_interval(scores["PBT"] - scores["random search"])
    seeds = scores["PBT"].size
    weak = "; under-powered: a quick look with 2 seeds and short growths" if quick else ""
    return Claim(
        claim=f"breakout: the {kind} scores higher with PBT than with random search",
        paper="147 to 181 % of human on four Atari games (best of 80 agents)",
        measured=f"{', '.join(told)}: higher by {gain}; {seeds} seeds, {setting}{weak}",
        threshold="the interval of the difference above 0 (of so few seeds it is their range)",
        holds=gain.low > 0,
    )
