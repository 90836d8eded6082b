"""`reproduce maml`: learning to learn sinusoids, held against the ideal learner.

Two parts. `sinusoids`: MAML and its family, each meta-trained from nothing over several seeds, and
what each makes of ten points of a fresh sinusoid after 0 to 10 gradient steps. `tuning`: a
population of MAML learners tunes its own inner and outer rate.

Sources: Finn, Abbeel and Levine 2017 (arXiv 1703.03400); Li et al. 2017 (Meta-SGD, arXiv
1707.09835). The thresholds are this project's own, from pilots with another implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ontogeny.recipes.claims import Claim, Figure, Progress, Reproduction, reproduce_parts

if TYPE_CHECKING:
    import numpy as np

    from ontogeny.recipes.curve_portraits import Learned

SEEDS = 5
UPDATES = 2000
ROUNDS = 10
ARMS = ("maml", "first-order", "anil", "meta-sgd", "reptile")
PILOT = {0: 3.30, 1: 1.18, 5: 1.10, 10: 1.26}  # of MAML's errors by step


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
) -> Reproduction:
    """Return the claims as measured; see `claims.reproduce_parts`.

    `quick` trains MAML and its first-order form alone, over three seeds, and tunes two populations.
    """
    parts = {
        "sinusoids": lambda: measure_sinusoids(seed, quick, progress),
        "tuning": lambda: measure_tuning(seed, quick, progress),
    }
    return reproduce_parts("maml", parts, seed, folder, part)


def measure_sinusoids(
    seed: int, quick: bool, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return the claims about the family on sinusoids, K = 10, and the two figures."""
    from ontogeny.recipes.curve_portraits import (
        errors_by_step,
        exact_errors,
        fitted_figure,
        step_figure,
    )
    from ontogeny.recipes.sinusoids import Sinusoid

    source = Sinusoid().source()
    seeds = 3 if quick else SEEDS
    errors: dict[str, np.ndarray] = {}
    learned: dict[str, Learned] = {}
    seconds = 0.0
    for method in ARMS[:2] if quick else ARMS:
        learned[method], took = _trained(method, seeds, seed, progress)
        seconds = took if method == "maml" else seconds
        errors[method] = errors_by_step(source, learned[method], seed, seeds=True)
    learned["random start"] = _untrained(seeds, seed)
    errors["random start"] = errors_by_step(source, learned["random start"], seed, seeds=True)
    exact = exact_errors(source, seed)

    cost = f"{seeds} seeds, {UPDATES:,} updates of 25 tasks, {seconds:.0f} s for all"
    drawn = {name: _first(learned[name]) for name in ("maml", "random start")}
    what = f"{seeds} seeds (dots) and their mean."
    return claims_of(errors, exact, cost, seed), [
        step_figure(errors, exact, what),
        fitted_figure(source, drawn, seed),
    ]


def measure_tuning(seed: int, quick: bool, progress: Progress) -> tuple[list[Claim], list[Figure]]:
    """Return the claim that MAML under PBT tunes its own rates: against random search with the same
    members, updates and priors.
    """
    import numpy as np

    from ontogeny.evolution.pbt import PBT
    from ontogeny.evolution.random_search import RandomSearch
    from ontogeny.ops.statistics import bootstrap_interval
    from ontogeny.recipes.claims import seeds_from
    from ontogeny.recipes.sinusoids import Sinusoid

    repeats = 2 if quick else SEEDS
    best: dict[str, list[float]] = {"pbt": [], "random search": []}
    rates: list[dict[str, float]] = []
    for one in seeds_from(seed, repeats):
        for name, evolution in (("pbt", PBT()), ("random search", RandomSearch())):
            recipe = Sinusoid(
                population=8, rounds=20, steps=100, seed=int(one), evolution=evolution
            )
            *_, last = recipe.executor.prepare(recipe.job()).rounds()
            population = last.snapshot().population
            winner = int(np.argmax(population.score))
            best[name].append(-float(population.score[winner]))
            if name == "pbt":
                rates.append({k: float(v[winner]) for k, v in population.hypers.items()})
        progress(
            f"tuning: pbt {best['pbt'][-1]:.3f}, random search {best['random search'][-1]:.3f}"
        )
    apart = bootstrap_interval(np.array(best["random search"]) - np.array(best["pbt"]), seed=seed)
    found = {key: np.array([row[key] for row in rates]) for key in rates[0]}
    told = "; ".join(f"{k} {v.min():.2g} to {v.max():.2g}" for k, v in found.items())
    means = {name: bootstrap_interval(np.array(rows), seed=seed) for name, rows in best.items()}
    return [
        Claim(
            "MAML under PBT tunes its own inner and outer rate",
            "(this project's own)",
            f"best of 8 after 2,000 updates: {means['pbt']} under PBT (rates at the end: {told}), "
            f"{means['random search']} by random search; difference {apart}; {repeats} seeds",
            "the difference's interval above 0",
            apart.low > 0,
        )
    ], []


def claims_of(
    errors: Mapping[str, np.ndarray], exact: tuple[float, float], cost: str, seed: int
) -> list[Claim]:
    """Return the claims, given the errors of the methods [seed, step] and the least possible ones
    before and after the examples. Those about methods that are not there are left out.
    """
    from ontogeny.ops.statistics import bootstrap_interval

    def interval(values: Any) -> Any:
        return bootstrap_interval(values, seed=seed)

    after = {step: interval(errors["maml"][:, step]) for step in PILOT}
    told = ", ".join(f"{after[step]} after {step}" for step in PILOT)
    random = interval(errors["random start"][:, 10])
    gap = interval(errors["first-order"][:, 1] - errors["maml"][:, 1])
    claims = [
        Claim(
            "MAML learns a sinusoid from 10 points in one step, and goes on learning in ten",
            "one step suffices; more steps than it was trained for improve it further",
            f"{told} steps; {cost}",
            "before, the interval below 3.30; below 1.18 after 1 step, 1.10 after 5, 1.26 after 10"
            " (another implementation's means); and 10 steps better than 1",
            all(after[step].high < bound for step, bound in PILOT.items())
            and after[10].high < after[1].low,
        ),
        Claim(
            "the innate network cannot know the curve: what adapts is what learns",
            "no start is good for all tasks; the start is one that adapts",
            f"{after[0]} before adaptation; the least possible is {exact[0]:.3f}; least squares "
            f"with the known form, after: {exact[1]:.2g}",
            "before adaptation within 15 % above the least possible",
            exact[0] * 0.999 < after[0].value < 1.15 * exact[0],
        ),
        Claim(
            "a random start does not learn in so few steps",
            "pretrained and random networks do not adapt in a few steps",
            f"random start {random} after 10 steps, MAML {after[1]} after 1",
            "the random start's error after 10 steps more than twice MAML's after 1",
            random.low > 2 * after[1].high,
        ),
        Claim(
            "differentiating through the step pays on sinusoids",
            "first-order MAML is nearly as good (on images)",
            f"first-order minus MAML {gap} after 1 step; "
            f"{interval(errors['first-order'][:, 10])} and {after[10]} after 10",
            "the interval of the difference after 1 step above 0",
            gap.low > 0,
        ),
    ]
    return claims + (_claims_of_the_others(errors, interval) if "reptile" in errors else [])


def _claims_of_the_others(errors: Mapping[str, Any], interval: Any) -> list[Claim]:
    import numpy as np

    faster = interval(errors["maml"][:, 1] - errors["meta-sgd"][:, 1])
    beyond = errors["meta-sgd"][:, 10]
    later = (
        "diverges by step 10" if not np.isfinite(beyond).all() else f"{interval(beyond)} at step 10"
    )
    reptile = interval(errors["reptile"][:, 10])
    head = interval(errors["anil"][:, 1])
    return [
        Claim(
            "a learned rate for every parameter learns faster still",
            "Meta-SGD beats MAML after one step",
            f"Meta-SGD {interval(errors['meta-sgd'][:, 1])} after 1 step, MAML minus Meta-SGD "
            f"{faster}; trained for one step, Meta-SGD {later}",
            "the interval of the difference after 1 step above 0",
            faster.low > 0,
        ),
        Claim(
            "Reptile learns to learn without a query or a second derivative",
            "comparable to MAML",
            f"Reptile, trained on 8 steps: {interval(errors['reptile'][:, 1])} after 1 step, "
            f"{reptile} after 10; MAML {interval(errors['maml'][:, 10])} after 10",
            "the interval after 10 steps below 1.26",
            reptile.high < PILOT[10],
        ),
        Claim(
            "adapting the head alone learns less here, in as many updates at the same rates",
            "(ANIL is as good as MAML where features are reused, on images)",
            f"ANIL {head} after 1 step, MAML {interval(errors['maml'][:, 1])}",
            "ANIL's interval above MAML's",
            head.low > interval(errors["maml"][:, 1]).high,
        ),
    ]


def _trained(method: str, seeds: int, seed: int, progress: Progress) -> tuple[Learned, float]:
    """Return starts with a leading axis of seeds, and the seconds that all took."""
    from ontogeny.recipes.curve_portraits import Learned
    from ontogeny.recipes.sinusoids import Sinusoid
    from ontogeny.recipes.trainings import train

    recipe = Sinusoid(method=method, rounds=ROUNDS, steps=UPDATES // ROUNDS)  # pyright: ignore[reportArgumentType]
    trained = train(recipe.learner(), seeds, seed, ROUNDS, recipe.steps, progress, method)
    state = trained.states
    return Learned(recipe.config(), recipe.network, state.start, state.rate), trained.seconds[-1]


def _untrained(seeds: int, seed: int) -> Learned:
    """Return starts that have learned nothing, with a leading axis of seeds."""
    import jax

    from ontogeny.recipes.curve_portraits import Learned
    from ontogeny.recipes.sinusoids import Sinusoid

    recipe = Sinusoid()
    learner = recipe.learner()
    keys = jax.random.split(jax.random.key(seed), seeds)
    state = jax.jit(jax.vmap(lambda key: learner.init(key, {})))(keys)
    return Learned(recipe.config(), recipe.network, state.start, state.rate)


def _first(learned: Learned) -> Learned:
    import jax

    start = jax.tree.map(lambda leaf: leaf[0], learned.start)
    return learned._replace(start=start, rate=learned.rate[0])
