"""The claims about a body: brax's half-cheetah learns within a life which way to run.

A genome is a linear policy's weights, two learning rates, and the noise of actions. A life is three
steps of policy gradient on each of two tasks, one a direction. So no behaviour is worth more before
it learns than lying still, which is what evolution without learning can hope for.

What a generation earns is out of sample: its genes were chosen by what their ancestors did, and its
tasks, episodes and noise are its own. Intervals are over growths.

Source: Fernando et al. 2018 (arXiv 1806.07917) and Finn et al. 2017 (arXiv 1703.03400), whose
half-cheetah is MuJoCo's; here it is brax's (arXiv 2106.13281), spring engine. The budget, the
length of lives and the thresholds are this project's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import jax
import numpy as np

from ontogeny.claims.baldwin.figures import draw_direction
from ontogeny.claims.claim import Claim
from ontogeny.claims.growths import grow_rounds
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.core.metrics import BIRTH
from ontogeny.learners.baldwin.lifetime import draw_tasks, layer_names, scores_by_step
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.goal_direction import GoalDirection, HalfCheetah
from ontogeny.views.figure import Figure

Mode = Literal["darwin", "baldwin", "lamarck"]
MODES: tuple[Mode, ...] = ("darwin", "baldwin", "lamarck")
# At full, quick and tiny scale.
SEEDS = (3, 2, 1)  # growths
ROUNDS = (12, 4, 2)
POPULATION = (32, 32, 4)
EPISODES = (48, 16, 2)
HORIZON = (50, 50, 5)
TESTED = (16, 16, 4)  # fresh tasks for a growth's winner

LAST = 3  # generations, over which what a growth came to is averaged
LIVED = 6  # steps of the lives that are drawn

# Returns from a genome and a key, what it earns on fresh tasks: [task, step].
Test = Callable[[Any, Any], Any]


class Arm(NamedTuple):
    """What one inheritance led to; leading axis: growth."""

    before: np.ndarray  # [growth, generation]: mean over the population, on its own tasks
    after: np.ndarray  # [growth, generation]
    rates: np.ndarray  # [growth, generation, layer]: geometric mean over the population
    best: np.ndarray  # [growth, step]: the last generation's best genome on fresh tasks
    seconds: float  # of a growth, compilation left out


def environment_steps(recipe: GoalDirection) -> int:
    """Return how many steps of the body a growth is."""
    episodes = recipe.steps * recipe.episodes + 2 * recipe.scored
    return recipe.population * recipe.rounds * recipe.life.tasks * episodes * recipe.horizon


def measure(how: Measuring) -> Found:
    """Return the claims, and how scores before and after learning evolved; of a quick look most of
    the time is compilation. Raises `MissingExtra` without brax.
    """
    recipe = HalfCheetah(
        population=how.choose(*POPULATION),
        rounds=how.choose(*ROUNDS),
        episodes=how.choose(*EPISODES),
        horizon=how.choose(*HORIZON),
    )
    subject = recipe.subject()

    @jax.jit
    def test(genes: Any, key: Any) -> Any:
        keys = jax.random.split(key, how.choose(*TESTED))

        def one(key: Any, task: Any) -> Any:
            return scores_by_step(subject, genes, key, LIVED, task)

        return jax.vmap(one)(keys, draw_tasks(subject, keys))

    seeds, names = how.seeds(how.choose(*SEEDS)), layer_names(subject)
    arms = how.of_each(
        MODES, lambda mode: _grown(inheriting(recipe, mode), mode, seeds, test, how), MODES[-1:]
    )
    figure = Figure(
        "cheetah",
        f"Half-cheetah: return before (dotted) and after a life of {recipe.steps} steps, mean of "
        f"the population over {len(seeds)} growths; and what a longer life makes of the last "
        "generation's best.",
        {
            f"{mode} {part}": getattr(arm, part)
            for mode, arm in arms.items()
            for part in ("before", "after", "rates", "best")
        },
        {"modes": MODES, "bound": [], "layers": names, "steps": [recipe.steps]},
        draw_direction,
    )
    return claims_of(recipe, arms, names, how), [figure]


def inheriting(recipe: GoalDirection, mode: Mode) -> GoalDirection:
    """Return the recipe with this inheritance; without learning its lives are as short as can
    be.
    """
    recipe = replace(recipe, life=replace(recipe.life, inheritance=mode))
    return replace(recipe, steps=1, episodes=2) if mode == "darwin" else recipe


def _grown(recipe: GoalDirection, mode: Mode, seeds: np.ndarray, test: Test, how: Measuring) -> Arm:
    before, after, rates, best, seconds = [], [], [], [], []
    for number, seed in enumerate(seeds, 1):
        how.progress(
            f"cheetah: {mode}, growth {number} of {len(seeds)}, {recipe.rounds} generations, "
            f"{environment_steps(recipe):,} environment steps"
        )
        rounds = grow_rounds(replace(recipe, seed=int(seed)))
        begun = time.perf_counter()
        lived = list(rounds)
        seconds.append(time.perf_counter() - begun)
        score = [np.where(np.isfinite(one.score), one.score, np.nan) for one in lived]
        before.append([np.nanmean(one.metrics[BIRTH]) for one in lived])
        after.append([np.nanmean(one) for one in score])
        rates.append([np.exp(np.log(one.hypers["rates"]).mean(axis=0)) for one in lived])
        winner = int(np.nanargmax(score[-1]))
        genes = jax.tree.map(lambda x, i=winner: x[i], lived[-1].hypers)
        best.append(np.asarray(test(genes, jax.random.key(int(seed)))).mean(axis=0))
    return Arm(
        np.array(before, np.float64),
        np.array(after, np.float64),
        np.array(rates, np.float64),
        np.array(best, np.float64),
        float(np.median(seconds)),
    )


def claims_of(
    recipe: GoalDirection, arms: Mapping[Mode, Arm], names: list[str], how: Measuring
) -> list[Claim]:
    """Return what is claimed of the arms, and whether it holds."""

    def ends(rows: np.ndarray) -> np.ndarray:
        return rows[:, -LAST:].mean(axis=1)

    def told(values: np.ndarray) -> str:
        return str(bootstrap_interval(values, seed=how.seed))

    darwin, baldwin, lamarck = (arms[mode] for mode in MODES)
    adds = baldwin.after - baldwin.before
    gain = bootstrap_interval(ends(adds), seed=how.seed)
    evolved = bootstrap_interval(ends(adds) - adds[:, 0], seed=how.seed)
    beyond = bootstrap_interval(ends(baldwin.after) - ends(darwin.after), seed=how.seed)
    ahead = bootstrap_interval(ends(baldwin.after) - ends(lamarck.after), seed=how.seed)
    rates = ", ".join(
        f"{name} {told(baldwin.rates[:, 0, i])} to {told(baldwin.rates[:, -1, i])}"
        for i, name in enumerate(names)
    )
    budget = (
        f"{len(adds)} growths of {environment_steps(recipe):,} environment steps in "
        f"{baldwin.seconds:.0f} s{how.weak()}"
    )
    return [
        Claim(
            f"cheetah: a life of {recipe.steps} steps of learning adds to the return in a "
            "direction not told",
            "no number that could be read",
            f"population {told(ends(baldwin.before))} before and {told(ends(baldwin.after))} after "
            f"learning: a life adds {gain}; best genome {told(baldwin.best[:, 0])} before and "
            f"{told(baldwin.best[:, recipe.steps])} after; {budget}",
            "the interval of what a life adds above 0",
            bool(gain.low > 0),
        ),
        Claim(
            "cheetah: plasticity evolves",
            "learning-dependent biases, not fixed behaviours",
            f"what a life adds: {told(adds[:, 0])} in the first generation, {gain} in the last "
            f"{LAST}, so it grew by {evolved}; learning rates: {rates}; {budget}",
            "the interval of the growth above 0",
            bool(evolved.low > 0),
        ),
        Claim(
            "cheetah: learning comes to what evolution without it does not",
            "no number that could be read",
            f"population: with learning {told(ends(baldwin.after))}, without "
            f"{told(ends(darwin.after))}, ahead by {beyond}; {budget}",
            "the interval of the difference above 0",
            bool(beyond.low > 0),
        ),
        Claim(
            "cheetah: writing what was learned back into the genes is worse",
            "what was learned last is not what the next task needs",
            f"population after learning: Baldwin {told(ends(baldwin.after))}, Lamarck "
            f"{told(ends(lamarck.after))}, ahead by {ahead}; {budget}",
            "the interval of the difference above 0",
            bool(ahead.low > 0),
        ),
    ]
