"""The claims about the noisy quadratic: both halves of Population Based Training are needed, and
the schedule matters.

The loss of an arm is that of the population's best member, averaged over the last 8 rounds. Arms
share their seeds, so they are compared seed by seed: an arm is better when the 95 % bootstrap
interval of the mean of the paired differences is on its side of 0.

Source: the questions are those of Jaderberg et al. 2017 (arXiv 1711.09846), section 4.4, asked
there of agents and networks. The table's numbers are this project's own, from an independent
implementation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring, Progress
from ontogeny.claims.pbt.figures import draw_losses, draw_schedule
from ontogeny.claims.trials import replays, trials
from ontogeny.core.space import Space
from ontogeny.evolution.evolve import Round
from ontogeny.evolution.explore import keep, perturb
from ontogeny.evolution.pbt import pbt
from ontogeny.evolution.random_search import random_search
from ontogeny.evolution.selection import truncation
from ontogeny.evolution.strategy import Strategy
from ontogeny.ops.statistics import bootstrap_interval, standard_error
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.views.figure import Figure

SEEDS, TINY_SEEDS = 40, 2
LAST = 8  # rounds that the loss is averaged over
POPULATIONS = (4, 8, 16, 32)
STUDIED = 8  # the population whose schedule is taken apart
ARMS = ("random search", "hypers only", "weights only", "full PBT")
FIXED_RATES = tuple(10 ** (power / 4) for power in range(-12, 1))
HALF_UNIT = 0.0005  # of the table's last digit


class Cell(NamedTuple):
    """A number of the table and its standard error, over 40 seeds of another implementation."""

    mean: float
    error: float


TABLE = {  # in the order of ARMS
    4: (Cell(0.187, 0.027), Cell(0.116, 0.014), Cell(0.079, 0.013), Cell(0.075, 0.016)),
    8: (Cell(0.101, 0.010), Cell(0.069, 0.004), Cell(0.047, 0.003), Cell(0.025, 0.002)),
    16: (Cell(0.073, 0.003), Cell(0.047, 0.002), Cell(0.039, 0.002), Cell(0.012, 0.001)),
    32: (Cell(0.057, 0.002), Cell(0.038, 0.001), Cell(0.033, 0.001), Cell(0.007, 0.000)),
}

COMPARED = {  # with full PBT, and what the paper says
    "random search": "better than random search (four games, three populations of four)",
    "weights only": "worse without the hypers (three levels of four)",
    "hypers only": "worse without the weights (four levels of four)",
}


def strategies(space: Space) -> dict[str, Strategy[Any]]:
    """Return the four arms of the table."""
    select, vary = truncation(0.25), perturb((0.8, 1.25))
    return {
        "random search": random_search(space),
        "hypers only": pbt(space, select, vary, copy="hypers"),
        "weights only": pbt(space, select, keep(), copy="weights"),
        "full PBT": pbt(space, select, vary),
    }


def best_loss(rounds: Round) -> np.ndarray:
    """Return the best member's loss, averaged over the last rounds: [..., round, pop] to [...]."""
    return np.mean(-np.max(rounds.score[..., -LAST:, :], axis=-1), axis=-1)


class Study(NamedTuple):
    """The losses [seed] that were measured."""

    table: dict[int, dict[str, np.ndarray]]  # by population, then arm
    schedule: np.ndarray  # [seed, round]: the geometric mean rate that the studied PBT lived with
    constant: np.ndarray  # [rate, seed]
    final_fixed: np.ndarray
    replayed: np.ndarray


def measure(how: Measuring) -> Found:
    """Return the claims and two figures: the loss by population, and the schedule found.

    A quick look measures the population of 8 only.
    """
    seed, seeds = how.seed, how.seeds(how.choose(SEEDS, SEEDS, TINY_SEEDS))
    study = _study(seeds, (STUDIED,) if how.quick else POPULATIONS, how.progress)
    claims = [_row(p, losses, seed) for p, losses in study.table.items()]
    claims += [_better(arm, study.table, seed) for arm in COMPARED]
    claims += [_final_rate(study, seed), _schedule(study, seed)]
    loss = np.stack([np.stack([row[arm] for arm in ARMS]) for row in study.table.values()])
    best = int(np.argmin(np.mean(study.constant, axis=1)))
    return claims, [
        Figure(
            "losses",
            f"Loss of the best member, mean and 95 % interval over {len(seeds)} seeds.",
            {"loss": loss},
            {
                "populations": list(study.table),
                "arms": ARMS,
                "title": ["Loss of the best member"],
            },
            draw_losses,
        ),
        Figure(
            "schedule",
            f"The learning rate that a population of {STUDIED} found, over {len(seeds)} seeds.",
            {
                "schedule": study.schedule,
                "constant": study.constant,
                "final_fixed": study.final_fixed,
                "replayed": study.replayed,
            },
            {"rates": FIXED_RATES, "best": [FIXED_RATES[best]]},
            draw_schedule,
        ),
    ]


def _study(seeds: np.ndarray, populations: tuple[int, ...], progress: Progress) -> Study:
    table: dict[int, dict[str, np.ndarray]] = {}
    schedule = np.ones((len(seeds), 1))
    for population in populations:
        recipe = Quadratic(population=population)
        table[population] = {}
        progress(f"quadratic: population of {population}, {len(ARMS)} arms, {len(seeds)} seeds")
        for name, rounds in trials(recipe, strategies(recipe.space()), seeds):
            table[population][name] = best_loss(rounds)
            if (population, name) == (STUDIED, "full PBT"):
                schedule = np.exp(np.mean(np.log(rounds.hypers["learning_rate"]), axis=-1))
    progress(f"quadratic: fixed rates and the schedule replayed, population of {STUDIED}")
    fixed = [np.full_like(schedule, rate) for rate in FIXED_RATES]
    final = np.broadcast_to(schedule[:, -1:], schedule.shape)
    rates = {"learning_rate": np.stack([*fixed, final, schedule])}
    lived = best_loss(replays(Quadratic(population=STUDIED), rates, seeds))
    return Study(table, schedule, lived[:-2], lived[-2], lived[-1])


def _row(population: int, losses: dict[str, np.ndarray], seed: int) -> Claim:
    """Return the claim that a row of the table is found again."""
    told: list[str] = []
    apart: list[float] = []
    for arm, cell in zip(ARMS, TABLE[population], strict=True):
        told.append(f"{arm} {bootstrap_interval(losses[arm], seed=seed)}")
        error = np.sqrt(standard_error(losses[arm]) ** 2 + cell.error**2 + HALF_UNIT**2)
        apart.append(float(abs(np.mean(losses[arm]) - cell.mean) / error))
    row, seeds = zip(ARMS, TABLE[population], strict=True), losses[ARMS[0]].size
    return Claim(
        claim=f"quadratic, population of {population}: "
        + ", ".join(f"{arm} {cell.mean:.3f}" for arm, cell in row),
        paper="not in the paper: this project's own table",
        measured=f"{'; '.join(told)}; {seeds} seeds; at most {max(apart):.1f} s.e. apart",
        threshold="each within 3 standard errors (of both measurements and the rounding)",
        holds=max(apart) <= 3,
    )


def _better(arm: str, table: dict[int, dict[str, np.ndarray]], seed: int) -> Claim:
    """Return the claim that full PBT is better than another arm, for 8 members or more."""
    gaps = {
        population: bootstrap_interval(losses[arm] - losses["full PBT"], seed=seed)
        for population, losses in table.items()
        if population >= STUDIED
    }
    return Claim.above(
        f"quadratic: full PBT has a lower loss than {arm}",
        COMPARED[arm],
        "; ".join(f"{size} members: lower by {gap}" for size, gap in gaps.items()),
        *gaps.values(),
        threshold="every interval above 0",
    )


def _final_rate(study: Study, seed: int) -> Claim:
    full = study.table[STUDIED]["full PBT"]
    worse = bootstrap_interval(study.final_fixed - full, seed=seed)
    fixed, median = bootstrap_interval(study.final_fixed, seed=seed), np.median(study.final_fixed)
    return Claim.above(
        "quadratic: the rate that PBT ended with, fixed from the start, is worse than PBT",
        "the final hypers, fixed, are worse than the schedule",
        f"{fixed} (median {median:.3f}) against {bootstrap_interval(full, seed=seed)}: "
        f"worse by {worse}",
        worse,
    )


def _schedule(study: Study, seed: int) -> Claim:
    best = int(np.argmin(np.mean(study.constant, axis=1)))
    gain = bootstrap_interval(study.constant[best] - study.replayed, seed=seed)
    replayed = bootstrap_interval(study.replayed, seed=seed)
    constant = bootstrap_interval(study.constant[best], seed=seed)
    return Claim.above(
        "quadratic: the schedule replayed without selection beats the best fixed rate",
        "no number; it says that what is found is a schedule",
        f"{replayed} against {constant} (rate {FIXED_RATES[best]:.3g}, the best of "
        f"{len(FIXED_RATES)}): better by {gain}",
        gain,
    )
