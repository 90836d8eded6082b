"""The claims about MAML and its family on sinusoids: what each makes of ten points of a fresh one
after 0 to 10 gradient steps, beside the ideal learner.

Sources: Finn, Abbeel and Levine 2017 (arXiv 1703.03400); Li et al. 2017 (Meta-SGD, arXiv
1707.09835). The thresholds are this project's own, from pilots with another implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import jax
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import train
from ontogeny.learners.maml.config import NetworkConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.portraits.sinusoids import (
    Learned,
    errors_by_step,
    exact_errors,
    fitted_figure,
    step_figure,
)
from ontogeny.recipes.sinusoids import Sinusoid

Method: TypeAlias = Literal["maml", "first-order", "anil", "meta-sgd", "reptile"]
FAMILY: tuple[Method, ...] = ("maml", "first-order", "anil", "meta-sgd", "reptile")

# At full, quick and tiny scale.
ARMS = (FAMILY, FAMILY[:2], FAMILY[:2])
SEEDS = (5, 3, 2)
UPDATES = (2000, 2000, 20)
TESTED = (600, 600, 8)  # fresh curves
NETWORK = (NetworkConfig(), NetworkConfig(), NetworkConfig(widths=(4,)))

ROUNDS = 10
PILOT = {0: 3.30, 1: 1.18, 5: 1.10, 10: 1.26}  # of MAML's errors by step


def measure(how: Measuring) -> Found:
    """Return the claims about the family on sinusoids, K = 10, and the two figures."""
    source, seed = Sinusoid().source(), how.seed
    seeds, updates, tested = (how.choose(*sizes) for sizes in (SEEDS, UPDATES, TESTED))
    trained = how.of_each(
        how.choose(*ARMS), lambda method: _trained(method, seeds, updates, how), ["maml"]
    )
    seconds = trained["maml"][1]
    learned: dict[str, Learned] = {method: found for method, (found, _) in trained.items()}
    learned["random start"] = _untrained(seeds, how)

    def error(name: str) -> np.ndarray:
        return errors_by_step(source, learned[name], seed, seeds=True, tested=tested)

    errors = how.of_each(learned, error, ["maml"])
    exact = exact_errors(source, seed, tested)

    cost = f"{seeds} seeds, {updates:,} updates of 25 tasks, {seconds:.0f} s for all{how.weak()}"
    drawn = {name: _first(learned[name]) for name in ("maml", "random start")}
    what = f"{seeds} seeds (dots) and their mean."
    return claims_of(errors, exact, cost, seed), [
        step_figure(errors, exact, what, tested),
        fitted_figure(source, drawn, seed),
    ]


def claims_of(
    errors: Mapping[str, np.ndarray], exact: tuple[float, float], cost: str, seed: int
) -> list[Claim]:
    """Return the claims, given the errors of the methods [seed, step] and the least possible ones
    before and after the examples. Those about methods that are not there are left out.
    """

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


def _trained(method: Method, seeds: int, updates: int, how: Measuring) -> tuple[Learned, float]:
    """Return starts with a leading axis of seeds, and the seconds that all took."""
    network = how.choose(*NETWORK)
    recipe = Sinusoid(method=method, rounds=ROUNDS, steps=updates // ROUNDS, network=network)
    trained = train(how, recipe.learner(), seeds, ROUNDS, recipe.steps, method)
    state = trained.states
    return Learned(recipe.config(), recipe.network, state.start, state.rate), trained.seconds[-1]


def _untrained(seeds: int, how: Measuring) -> Learned:
    """Return starts that have learned nothing, with a leading axis of seeds."""
    recipe = Sinusoid(network=how.choose(*NETWORK))
    learner = recipe.learner()
    keys = jax.random.split(jax.random.key(how.seed), seeds)
    state = jax.jit(jax.vmap(lambda key: learner.init(key, {})))(keys)
    return Learned(recipe.config(), recipe.network, state.start, state.rate)


def _first(learned: Learned) -> Learned:
    start = jax.tree.map(lambda leaf: leaf[0], learned.start)
    return learned._replace(start=start, rate=learned.rate[0])
