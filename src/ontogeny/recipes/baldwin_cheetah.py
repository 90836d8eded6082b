"""The claim about a body: brax's half-cheetah learns which way to run.

The budget is stated in environment steps and small: 32 genomes of a linear policy, whose lives are
three steps of policy gradient. It is a look at whether the effect is there, from one growth, and no
estimate of what more would bring.

Source: Fernando et al. 2018 (arXiv 1806.07917) and Finn et al. 2017 (arXiv 1703.03400), whose
half-cheetah is MuJoCo's; here it is brax's (arXiv 2106.13281), spring engine.
"""

from __future__ import annotations

import time
from typing import Any

import jax
import numpy as np

from ontogeny.adaptation.lifetimes import LifetimeConfig
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.baldwin_figures import learning_figure
from ontogeny.recipes.claims import Claim, Figure, Progress
from ontogeny.recipes.goal_direction import GoalDirection

TESTED = 32  # fresh tasks


def cheetah(seed: int, quick: bool) -> GoalDirection:
    """Return the growth: 32 genomes, lives of 3 steps of 16 episodes on 2 tasks.

    A gradient here is some thousand times the point mass's (more steps, larger rewards), and the
    rates are as much smaller.
    """
    return GoalDirection(
        population=32,
        rounds=8 if quick else 60,
        steps=3,
        seed=seed,
        evolution=Baldwin(deviation=0.15, weights_deviation=0.15),
        body="halfcheetah",
        horizon=50,
        effort=0.05,
        episodes=16,
        life=LifetimeConfig(tasks=2, rates=(1e-7, 1e-1), first_rates=(1e-6, 1e-3)),
    )


def measure_cheetah(seed: int, quick: bool, progress: Progress) -> tuple[list[Claim], list[Figure]]:
    """Return the claim, and what a life makes of the winner's genes. Raises `MissingExtra` without
    brax.
    """
    recipe = cheetah(seed, quick)
    a_life = recipe.life.tasks * recipe.horizon * (recipe.steps * recipe.episodes + 2)
    budget = recipe.population * recipe.rounds * a_life
    progress(f"cheetah: {recipe.rounds} generations, {budget:,} environment steps")
    program = recipe.executor.prepare(recipe.job())
    begun = time.perf_counter()
    lived = list(program.rounds())
    seconds = time.perf_counter() - begun
    last = lived[-1]
    best = int(np.argmax(last.score))
    state: Any = jax.tree.map(lambda x: x[best], lived[-1].snapshot().population.state)
    product = recipe.product(state)
    scores = np.asarray(product(jax.random.key(1), TESTED), np.float64)
    before = bootstrap_interval(scores[:, 0], seed=seed)
    after = bootstrap_interval(scores[:, -1], seed=seed)
    gain = bootstrap_interval(scores[:, -1] - scores[:, 0], seed=seed)
    crowd = [(one.score - one.metrics["before"]).mean() for one in (lived[0], last)]
    claim = Claim(
        "cheetah: a life of three steps of learning adds to the return in a direction not told",
        "no number that could be read",
        f"winner {before} before and {after} after learning, so {gain}, {TESTED} fresh tasks; what "
        f"a life adds, population's mean: {crowd[0]:.2f} at first, {crowd[1]:.2f} at the end; "
        f"one growth of {budget:,} environment steps in {seconds:.0f} s",
        "the interval of what learning adds above 0",
        bool(gain.low > 0),
    )
    return [claim], [learning_figure(product)._replace(name="cheetah")]
