"""The claims about direction: three inheritances, on a goal that only rewards tell.

A genome is a linear policy's weights, a learning rate a leaf, and the noise of actions. Half of all
tasks reward going forward, half going back, so whatever a genome does before it learns is worth
nothing on average. Every arm is evolved alike; then every genome of its last generation lives on
fresh tasks, the best by one half of them being judged on the other half. Intervals are over seeds.

Source: the question is that of Fernando et al. 2018 (arXiv 1806.07917), asked there of a
half-cheetah; the point mass, its bound and the thresholds are this project's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.baldwin.figures import draw_direction
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trials import QUICK_TO_COMPILE
from ontogeny.core.metrics import BIRTH
from ontogeny.evolution.evolve import evolve
from ontogeny.learners.baldwin.lifetime import layer_names, scores_by_step
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.goal_direction import GoalDirection
from ontogeny.views.figure import Figure
from ontogeny.worlds.bodies.goals import best_return

Mode = Literal["darwin", "baldwin", "lamarck"]
MODES: tuple[Mode, ...] = ("darwin", "baldwin", "lamarck")
# At full, quick and tiny scale.
SEEDS = (8, 3, 2)
ROUNDS = (60, 30, 2)
POPULATION = (64, 64, 4)
EPISODES = (20, 20, 2)
TESTED = (64, 64, 4)  # fresh tasks, half to choose the best genome by and half to judge it on

LIVED = 6  # steps of the lives that are drawn


class Arm(NamedTuple):
    """What one inheritance led to; leading axis: seed."""

    before: np.ndarray  # [seed, round]: mean over the population, on its own tasks
    after: np.ndarray  # [seed, round]
    spread: np.ndarray  # [seed, round]: deviation of initial weights over the population
    rates: np.ndarray  # [seed, round, layer]: geometric mean over the population
    best: np.ndarray  # [seed, step]: the best genome's returns on fresh tasks
    mean: np.ndarray  # [seed, step]: the population's


def measure(how: Measuring) -> Found:
    """Return the claims, and how scores before and after learning evolved."""
    recipe = GoalDirection(
        population=how.choose(*POPULATION),
        rounds=how.choose(*ROUNDS),
        episodes=how.choose(*EPISODES),
    )
    seeds = how.seeds(how.choose(*SEEDS))
    arms = how.of_each(MODES, lambda mode: _evolved(recipe, mode, seeds, how), MODES[-1:])
    names = layer_names(recipe.subject())
    figure = Figure(
        "direction",
        f"Return before (dotted) and after a life of {recipe.steps} steps, mean of the population "
        f"over {len(seeds)} seeds; and what a longer life makes of the last generation's best. "
        f"The grey line is the most that can be earned, {best_return():.2f}.",
        {
            **{
                f"{mode} {part}": getattr(arm, part)
                for mode, arm in arms.items()
                for part in ("before", "after", "spread", "rates", "best", "mean")
            },
        },
        {"modes": MODES, "layers": names, "bound": [best_return()], "steps": [recipe.steps]},
        draw_direction,
    )
    return claims_of(recipe, arms, names, how), [figure]


def _evolved(recipe: GoalDirection, mode: Mode, seeds: np.ndarray, how: Measuring) -> Arm:
    tested = how.choose(*TESTED)
    recipe = replace(recipe, life=replace(recipe.life, inheritance=mode))
    how.progress(f"direction: {mode}, {len(seeds)} seeds, {recipe.rounds} generations")
    learner, space = recipe.learner(), recipe.space()
    strategy = recipe.strategy.build(space)
    subject = recipe.subject()

    def lives(genes: Any, key: Any) -> Any:
        return jax.vmap(lambda k: scores_by_step(subject, genes, k, LIVED))(
            jax.random.split(key, tested)
        )

    def one(seed: Any) -> Any:
        _, rounds = evolve(
            learner, space, strategy, seed, recipe.population, recipe.rounds, recipe.steps
        )
        score = jnp.where(jnp.isfinite(rounds.score), rounds.score, jnp.nan)
        key = jax.random.fold_in(jax.random.key(20), seed)
        earned = jax.vmap(lambda h: lives(h, key))(_last(rounds.hypers))
        by_one_half = jnp.mean(earned[:, : tested // 2], axis=1)  # [pop, step]
        by_the_other = jnp.mean(earned[:, tested // 2 :], axis=1)
        step = 0 if mode == "darwin" else recipe.steps
        best = by_the_other[jnp.argmax(by_one_half[:, step])]
        return (
            jnp.nanmean(rounds.metrics[BIRTH], axis=-1),
            jnp.nanmean(score, axis=-1),
            jnp.mean(jnp.std(rounds.hypers["weights"], axis=1), axis=-1),
            jnp.exp(jnp.mean(jnp.log(rounds.hypers["rates"]), axis=1)),
            best,
            jnp.mean(by_the_other, axis=0),
        )

    program: Any = jax.jit(jax.vmap(one), compiler_options=QUICK_TO_COMPILE)
    found = program(jnp.asarray(seeds, jnp.uint32))
    return Arm(*(np.asarray(rows, np.float64) for rows in found))


def _last(hypers: Any) -> Any:
    """Return the genes that the last round was lived with."""
    return jax.tree.map(lambda x: x[-1], hypers)


def claims_of(
    recipe: GoalDirection, arms: Mapping[Mode, Arm], names: list[str], how: Measuring
) -> list[Claim]:
    """Return what is claimed of the arms, and whether it holds."""
    bound, steps = best_return(), recipe.steps
    weak = how.weak()
    worth = {m: a.best[:, 0 if m == "darwin" else steps] for m, a in arms.items()}
    crowd = {m: a.mean[:, 0 if m == "darwin" else steps] for m, a in arms.items()}
    n = len(worth["darwin"])

    def told(values: np.ndarray) -> str:
        return str(bootstrap_interval(values, seed=how.seed))

    darwin = bootstrap_interval(worth["darwin"], seed=how.seed)
    baldwin = bootstrap_interval(worth["baldwin"], seed=how.seed)
    ahead = bootstrap_interval(crowd["baldwin"] - crowd["lamarck"], seed=how.seed)
    innate = bootstrap_interval(arms["baldwin"].mean[:, 0], seed=how.seed)
    gained = arms["baldwin"].after - arms["baldwin"].before
    grown = bootstrap_interval(gained[:, -1] - gained[:, 0], seed=how.seed)
    growth = arms["baldwin"].rates[:, -1] / arms["baldwin"].rates[:, 0]  # [seed, layer]
    factors = [bootstrap_interval(growth[:, i], seed=how.seed) for i in range(len(names))]
    rates = ", ".join(
        f"{name} ×{factor} to {np.exp(np.log(arms['baldwin'].rates[:, -1, i]).mean()):.3g}"
        for i, (name, factor) in enumerate(zip(names, factors, strict=True))
    )
    return [
        Claim(
            "direction: without learning, evolution finds nothing",
            "no number",
            f"best genome {darwin}, population {told(crowd['darwin'])}, of {bound:.2f}; {n} seeds"
            f"{weak}",
            f"the best genome's interval below {0.1 * bound:.2f}, a tenth of the bound",
            bool(darwin.high < 0.1 * bound),
        ),
        Claim(
            f"direction: with {steps} steps of learning it comes near the most that can be earned",
            "few-shot learners evolve without gradients through the lifetime",
            f"best genome {baldwin}, population {told(crowd['baldwin'])}, of {bound:.2f}; {n} "
            f"seeds{weak}",
            f"the best genome's interval above {0.85 * bound:.2f}, 85 % of the bound",
            bool(baldwin.low > 0.85 * bound),
        ),
        Claim(
            "direction: writing what was learned back into the genes is worse",
            "what was learned last is not what the next task needs",
            f"population: Baldwin {told(crowd['baldwin'])}, Lamarck {told(crowd['lamarck'])}, "
            f"ahead by {ahead}; best genomes {baldwin} and {told(worth['lamarck'])}; {n} seeds"
            f"{weak}",
            "the interval of the populations' difference above 0",
            bool(ahead.low > 0),
        ),
        Claim(
            "direction: plasticity is what evolves, and not behaviour",
            "learning-dependent biases, not fixed behaviours",
            f"before learning the last generation earns {innate}; what a life adds grew by {grown} "
            f"({gained[:, 0].mean():.2f} to {gained[:, -1].mean():.2f}); spread of initial weights "
            f"{arms['baldwin'].spread[:, 0].mean():.2f} to "
            f"{arms['baldwin'].spread[:, -1].mean():.2f}; {n} seeds{weak}",
            "before learning within a tenth of the bound of 0; the growth's interval above 0",
            bool(
                abs(innate.value) < 0.1 * bound
                and max(abs(innate.low), abs(innate.high)) < 0.1 * bound
                and grown.low > 0
            ),
        ),
        Claim(
            "direction: the step of learning grows",
            "learning rates evolve",
            f"factor over the first generation's geometric mean, by layer: {rates}; {n} seeds"
            f"{weak}",
            "some layer's interval above 1",
            any(factor.low > 1 for factor in factors),
        ),
    ]
