"""The claims about strategies that came after Population Based Training.

PB2 is made for populations of a few members: it is held against PBT on the noisy quadratic and on
real digits (`digit_classifier`), where what is compared is the loss on images held out.

MF-PBT is made for runs with many evolutions, in which evolving at one high frequency is greedy. The
quadratic then has directions 1,000 times flatter than the steepest: lowering the rate pays at once
and costs all that was still to be won along them, the short-horizon bias of Wu et al. 2018 (arXiv
1803.02021). What is greedy in a schedule shows when members live it again without selection, which
here makes up for it: with an exact score, picking the luckiest of many noisy steps is an optimiser
of its own.

The loss of an arm on the quadratic is that of the best member, averaged over the last fifth of the
rounds.

Source: Parker-Holder et al. 2020 (arXiv 2002.02518); Doulazmi et al. 2025 (arXiv 2506.03225).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt import digits as pbt_digits
from ontogeny.claims.pbt.arms import lines_of_the_best, of_the_best
from ontogeny.claims.pbt.digits import grow
from ontogeny.claims.pbt.figures import draw_losses
from ontogeny.claims.trials import replays, trials
from ontogeny.evolution.evolve import Round
from ontogeny.evolution.mf_pbt import MFPBT
from ontogeny.evolution.pb2 import PB2
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.evolution.successive_halving import SuccessiveHalving
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.digits import DigitClassifier
from ontogeny.recipes.quadratic import Quadratic
from ontogeny.views.figure import Figure

SEEDS = 24, 8, 2
SIZES = (4, 8, 16), (4, 8, 16), (4,)
SMALL = (4, 8)  # members, of which PB2 is said to make more
ARMS: dict[str, StrategyConfig] = {
    "successive halving": SuccessiveHalving(),
    "random search": RandomSearch(),
    "MF-PBT": MFPBT(),
    "PB2": PB2(),
    "PBT": PBT(),
}
LATE = ("MF-PBT", "PBT")  # that are held against each other over many evolutions


class Task(NamedTuple):
    """What is grown: the noisy quadratic and the digits, whose population is then replaced, and
    the quadratic of many evolutions.
    """

    short: Quadratic
    digits: DigitClassifier
    long: Quadratic


FULL = Task(
    Quadratic(),
    DigitClassifier(),
    Quadratic(population=16, rounds=400, steps=5, flattest=1e-3),
)
TINY = Task(
    Quadratic(population=4, rounds=3, steps=1),
    pbt_digits.TINY,
    Quadratic(population=4, rounds=3, steps=1),
)


def measure(how: Measuring) -> Found:
    """Return the claims about PB2 in small populations and about MF-PBT over many evolutions, and a
    figure: the loss on the quadratic [size, arm, seed].

    A quick look has fewer seeds.
    """
    seed, seeds, sizes = how.seed, how.seeds(how.choose(*SEEDS)), how.choose(*SIZES)
    short, digits, long = how.choose(FULL, FULL, TINY)
    small = [size for size in sizes if size in SMALL]
    loss: dict[int, dict[str, np.ndarray]] = {}
    grown: dict[str, Round] = {}
    few_arms = {name: ARMS[name] for name in LATE}
    arms = how.choose(ARMS, ARMS, few_arms)  # in a tiny look the last stands for the others
    begun = time.perf_counter()
    for size in sizes:
        recipe = dataclasses.replace(short, population=size)
        how.progress(f"strategies: {size} members, {len(arms)} arms, {len(seeds)} seeds")
        grown = lived(recipe, arms, seeds)
        loss[size] = {name: best(grown.get(name, grown[LATE[-1]])) for name in ARMS}
    seconds = time.perf_counter() - begun
    setting = f"{len(seeds)} seeds, {short.rounds * short.steps:,} updates a member"
    setting = f"{setting}, {seconds:.0f} s{how.weak()}"
    claims = [few("quadratic", size, loss[size], setting, seed) for size in small]
    for size in small:
        claims.append(on_digits(dataclasses.replace(digits, population=size), seeds, how))
    how.progress(f"strategies: {long.population} members, {long.rounds} evolutions")
    begun = time.perf_counter()
    if how.scale != "tiny":  # where it is the short one
        grown = lived(long, few_arms, seeds)
    again = how.of_each(grown, lambda name: alone(long, grown[name], seeds), LATE[-1:])
    seconds = time.perf_counter() - begun
    setting = (
        f"{len(seeds)} seeds, {long.population} members, {long.rounds} evolutions of "
        f"{long.steps} updates, {seconds:.0f} s{how.weak()}"
    )
    found = {name: best(rounds) for name, rounds in grown.items()}
    figure = Figure(
        "strategies",
        f"Loss of the best member on the noisy quadratic, mean and 95 % interval over {len(seeds)} "
        "seeds.",
        {"loss": np.stack([np.stack(list(arms.values())) for arms in loss.values()])},
        {
            "populations": list(sizes),
            "arms": list(ARMS),
            "title": ["Loss by population and strategy"],
        },
        draw_losses,
    )
    return [
        *claims,
        lower(
            "quadratic: MF-PBT has a lower loss than PBT after many evolutions",
            "at one high frequency it can end below random search on long runs",
            "MF-PBT",
            found,
            setting,
            seed,
        ),
        lower(
            "quadratic: MF-PBT's schedule, lived without selection, is less greedy than PBT's",
            "no number",
            "MF-PBT",
            again,
            setting,
            seed,
        ),
    ], [figure]


def lived(
    recipe: Quadratic, arms: Mapping[str, StrategyConfig], seeds: np.ndarray
) -> dict[str, Round]:
    """Return the rounds of each arm, [seed, round, pop]."""
    space = recipe.space()
    built = {name: strategy.build(space) for name, strategy in arms.items()}
    return dict(trials(recipe, built, seeds))


def best(rounds: Round) -> np.ndarray:
    """Return the best member's loss, averaged over the last fifth of the rounds: [seed, round, pop]
    to [seed].
    """
    last = max(1, rounds.score.shape[-2] // 5)
    return -np.asarray(rounds.score)[..., -last:, :].max(axis=-1).mean(axis=-1)


def alone(recipe: Quadratic, rounds: Round, seeds: np.ndarray) -> np.ndarray:
    """Return the mean loss [seed] of members that live the schedule of the best one's ancestry,
    nobody selected.
    """
    lines = lines_of_the_best(rounds.move.parent, rounds.score, rounds.hypers)
    schedules = {name: line[None].astype(np.float32) for name, line in lines.items()}
    again = replays(recipe, schedules, seeds)
    score = np.asarray(again.score)  # [schedule, seed, round, pop]
    return -score[0, :, -1].mean(axis=-1)


def on_digits(recipe: DigitClassifier, seeds: np.ndarray, how: Measuring) -> Claim:
    """Return the claim about PB2 in a population that learns to read digits."""
    how.progress(f"strategies: digits, {recipe.population} members, {len(seeds)} seeds")
    begun = time.perf_counter()

    def under(name: str) -> np.ndarray:
        grown = grow(recipe, ARMS[name].build(recipe.space()), seeds)
        return of_the_best(grown.score, grown.test)

    loss: dict[str, np.ndarray] = how.of_each(("PB2", "PBT"), under, ["PBT"])
    setting = (
        f"{len(seeds)} seeds, {recipe.rounds * recipe.steps:,} updates a member, "
        f"{time.perf_counter() - begun:.0f} s{how.weak()}"
    )
    return few("digits", recipe.population, loss, setting, how.seed)


def few(task: str, size: int, loss: dict[str, np.ndarray], setting: str, seed: int) -> Claim:
    """Return the claim that PB2 has a lower loss than PBT in a population of this size."""
    return lower(
        f"{task}: PB2 has a lower loss than PBT with {size} members",
        "as good with far fewer members than PBT needs (populations of 4 and 8)",
        "PB2",
        loss,
        setting,
        seed,
    )


def lower(
    claim: str, paper: str, name: str, loss: dict[str, np.ndarray], setting: str, seed: int
) -> Claim:
    """Return the claim that the arm called `name` has a lower loss than PBT, seed by seed."""
    gain = bootstrap_interval(loss["PBT"] - loss[name], seed=seed)
    told = ", ".join(f"{arm} {bootstrap_interval(own, seed=seed)}" for arm, own in loss.items())
    return Claim.above(f"strategies: {claim}", paper, f"{told}: lower by {gain}; {setting}", gain)
