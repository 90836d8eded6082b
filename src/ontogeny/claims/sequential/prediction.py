"""The claims about prediction: a predictor that knows only samples becomes the Bayes mixture.

On each of four sources, several predictors are trained from nothing. What each loses over exact
Bayes is the mean of sum_t KL(Bayes || predictor) along fresh sequences: never negative, so no
difference of two noisy losses is read as a success.

Source: Ortega et al. 2019 (arXiv 1905.03030); the thresholds are this project's own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.sequential.figures import draw_excess_by_update
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.sequential.config import TrainingConfig
from ontogeny.learners.sequential.predictor import PredictorState, excess_along
from ontogeny.nn.cores import CoreConfig
from ontogeny.ops.bayes.partition_trees import ptw_predictive
from ontogeny.ops.bayes.predictives import kt_predictive, markov_predictive
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.portraits.sequences import draw_excess
from ontogeny.recipes.sequences import Coin, Die, Sequences, Switching, VariableOrder
from ontogeny.views.figure import Figure

# For a full, a quick and a tiny look:
SEEDS = (4, 4, 2)
ROUNDS = (10, 10, 2)  # scores along a training
TESTED = (4096, 4096, 32)  # fresh sequences that the excess is measured on
LEAST: dict[str, Any] = {"core": CoreConfig("gru", 8), "batch": 8, "test_batch": 16}
SETTINGS: tuple[dict[str, Any], ...] = ({}, {}, LEAST)  # what is else in a training
UNIT = {True: "nats a step", False: "nats a sequence"}


class Study(NamedTuple):
    """A source, how it is learned, and what is claimed of it."""

    name: str
    recipe: Sequences
    updates: int
    threshold: float
    per_step: bool  # whether the threshold is for a step or for a whole sequence
    paper: str = "the minimiser of the log-loss is the Bayes mixture"


def studies(how: Measuring) -> list[Study]:
    """Return the four sources of the claims.

    A quick look is at the coin and the die alone, for a third of the updates; a tiny one at a
    source of either unit, for what costs time there is to compile each.
    """
    wide = TrainingConfig(core=CoreConfig("gru", 64), learning_rate=5e-3)
    full = [
        Study("coin", Coin(), 3000, 0.005, False),
        Study("die", Die(), 2000, 0.005, False),
        Study("switching coin", Switching(training=wide), 1000, 0.01, True),
        Study("variable order", VariableOrder(training=wide), 3500, 0.01, True),
    ]
    return how.choose(
        full,
        [study._replace(updates=study.updates // 3) for study in full[:2]],
        [
            study._replace(recipe=at_scale(study.recipe, how), updates=4)
            for study in (full[0], full[-1])
        ],
    )


def measure(how: Measuring) -> Found:
    """Return a claim a source, and two figures: excess by update, and excess by step."""
    chosen, seeds = studies(how), how.choose(*SEEDS)
    claims: list[Claim] = []
    curves: dict[str, np.ndarray] = {}
    steps: dict[str, np.ndarray] = {}

    def learned(name: str) -> tuple[Trained, np.ndarray]:
        study = next(study for study in chosen if study.name == name)
        trained = fit(study.recipe, study.updates, seeds, how, study.name)
        return trained, measured_excess(study.recipe, trained, how)  # [seed, time]

    names = [study.name for study in chosen]
    found = how.of_each(names, learned, names[:1])
    for study in chosen:
        trained, excess = found[study.name]
        claims.append(_claim(study, excess, trained, how))
        per = study.recipe.task().length if study.per_step else 1
        curves |= {study.name: -trained.score / per, f"{study.name} updates": trained.updates}
        steps |= {study.name: excess} | _others(study, how)
    return claims, [
        Figure(
            "learning",
            f"Excess log-loss over exact Bayes while it trains, {seeds} seeds a source.",
            curves,
            {"sources": names, "units": [UNIT[study.per_step] for study in chosen]},
            draw_excess_by_update,
        ),
        Figure(
            "excess",
            "Excess over exact Bayes (the zero line) at every step, mean over seeds. Dashed: exact "
            "predictors of a neighbouring problem on the same sequences.",
            steps,
            {"sources": names},
            draw_excess,
        ),
    ]


def fit(recipe: Sequences, updates: int, seeds: int, how: Measuring, what: str) -> Trained:
    """Return predictors of the recipe's source, trained with the recipe's own settings; once in a
    process, for the parts that ask for the same.
    """
    from ontogeny.learners.sequential.predictor import predictor

    def learned() -> Trained:
        learner = predictor(recipe.task(), replace(recipe.training, updates=updates))
        rounds = how.choose(*ROUNDS)
        return train(how, learner, seeds, rounds, updates // rounds, what)

    return how.once(("predictor", recipe, updates, seeds), learned)


def at_scale(recipe: Sequences, how: Measuring) -> Sequences:
    """Return the recipe as it is learned at this scale."""
    return replace(recipe, training=replace(recipe.training, **how.choose(*SETTINGS)))


def measured_excess(recipe: Sequences, trained: Trained, how: Measuring) -> np.ndarray:
    """Return the mean excess over fresh sequences, [seed, time], in nats."""
    task, core, tested = recipe.task(), recipe.training.core, how.choose(*TESTED)

    def one(state: PredictorState) -> Any:
        return jnp.mean(excess_along(task, core, state.network, _test_key(how), tested), axis=0)

    return np.asarray(jax.jit(lambda states: jax.lax.map(one, states))(trained.states), np.float64)


def _others(study: Study, how: Measuring) -> dict[str, np.ndarray]:
    """Return the excess [1, time] of exact predictors that were made for a neighbouring problem."""
    others = {
        "switching coin": {"PTW": ptw_predictive, "KT": lambda s: kt_predictive(s, 2)},
        "variable order": {
            "first order": lambda s: markov_predictive(s, jnp.full((2, 2), 0.5)),
            "KT": lambda s: kt_predictive(s, 2),
        },
    }.get(study.name, {"KT": lambda s: kt_predictive(s, study.recipe.task().n_out)})
    task = study.recipe.task()

    @jax.jit
    def means(keys: Any) -> dict[str, Any]:
        sequences = jax.vmap(task.draw)(keys)

        def mean(say: Any) -> Any:
            excess = jax.vmap(lambda s: task.excess(jnp.log(say(s)), s))(sequences)
            return jnp.mean(excess, axis=0)

        return {f"{study.name}: {name}": mean(say) for name, say in others.items()}

    found = means(jax.random.split(_test_key(how), how.choose(*TESTED)))
    return {name: np.asarray(values, np.float64)[None] for name, values in found.items()}


def _test_key(how: Measuring) -> Any:
    return jax.random.fold_in(jax.random.key(how.seed), 1)


def _claim(study: Study, excess: np.ndarray, trained: Trained, how: Measuring) -> Claim:
    whole = excess.sum(axis=1) / (excess.shape[1] if study.per_step else 1)
    found = bootstrap_interval(whole, seed=how.seed)
    unit = UNIT[study.per_step]
    return Claim(
        claim=f"{study.name}: the predictor becomes the Bayes mixture, T = {excess.shape[1]}",
        paper=study.paper,
        measured=f"excess log-loss {found} {unit}, {len(whole)} seeds, {trained.updates[-1]:,} "
        f"updates in {trained.seconds[-1]:.0f} s{how.weak()}",
        threshold=f"the interval below {study.threshold:g} {unit}",
        holds=found.high < study.threshold,
    )
