"""The claims about sinusoids: what each way of finding a start costs in task evaluations.

Every arm learns a start for a network of 1,761 weights and judges it by the squared error after
learning from ten points: MAML after one step, through which it differentiates; the evolution
strategy after one; tournaments after five. One task evaluation is one task adapted to and scored.
All are tested on the same 600 tasks: MAML's start, the strategy's mean, and of a tournament's
population the best of its eight highest scores, chosen on tasks of their own.

Nothing is asserted about which inheritance is better here. Writing back weights that were partly
adapted to random tasks is Reptile, and Reptile works on sinusoids.

Source: Fernando et al. 2018 (arXiv 1806.07917) claim that MAML is more data-efficient in simple
cases, and give no ratio that could be read; the hundredfold is this project's own threshold.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ontogeny.claims.baldwin.figures import draw_evaluations
from ontogeny.claims.claim import Claim
from ontogeny.claims.growths import grow_rounds
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import train
from ontogeny.evolution.baldwin import Baldwin
from ontogeny.evolution.es import ES
from ontogeny.learners.baldwin.lifetime import LifetimeConfig, Subject, scores_by_step
from ontogeny.learners.maml.config import NetworkConfig
from ontogeny.learners.maml.maml import VALIDATION
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.sinusoids import Sinusoid, SinusoidLife
from ontogeny.views.figure import Figure

# At full, quick and tiny scale.
SEEDS = (3, 1, 1)
UPDATES = (2000, 1000, 20)  # of MAML
GENERATIONS = (1200, 120, 3)  # of the evolution strategy
TOURNAMENTS = (500, 50, 3)
POPULATION = (256, 256, 8)
TESTED = (600, 600, 8)
CHOSEN_ON = (200, 200, 4)  # tasks that the best of a population is chosen on
NETWORK = (NetworkConfig(), NetworkConfig(), NetworkConfig(widths=(4,)))

CANDIDATES = 8
DRAWN_STEPS = (0, 1, 5, 10)
TIMES = 100.0  # more data-efficient
LOOKS = 12  # at a growing population
TOURNAMENT = Baldwin(law="log-uniform", weights_deviation=0.05)


class Course(NamedTuple):
    """How one arm went."""

    evaluations: np.ndarray  # [look]
    errors: np.ndarray  # [seed, look]: after the arm's own number of steps
    at_the_end: np.ndarray  # [seed, step of DRAWN_STEPS]


def measure(how: Measuring) -> Found:
    """Return the claims, and the errors by task evaluations."""
    seeds = how.seeds(how.choose(*SEEDS))

    def evolved(name: str) -> Course:
        rounds = how.choose(*(GENERATIONS if name == "ES" else TOURNAMENTS))
        return _evolved(name.lower(), seeds, rounds, how)

    arms = {"MAML": _maml(seeds, how)}
    arms |= how.of_each(("ES", "Baldwin", "Lamarck"), evolved, ["Lamarck"])
    data: dict[str, np.ndarray] = {}
    for name, course in arms.items():
        data |= {name: course.errors, f"{name} evaluations": course.evaluations}
    caption = (
        f"Squared error after learning, {how.choose(*TESTED)} tasks, mean over {len(seeds)} seeds: "
        "MAML and ES after one step, tournaments after five."
    )
    figure = Figure("evaluations", caption, data, {"arms": list(arms)}, draw_evaluations)
    return _claims(arms, how), [figure]


def _maml(seeds: np.ndarray, how: Measuring) -> Course:
    recipe = Sinusoid(rounds=how.choose(*UPDATES) // 10, steps=10, network=how.choose(*NETWORK))
    size, first = (len(seeds), recipe.rounds, recipe.steps), int(seeds[0])
    trained = train(how, recipe.learner(), *size, "sinusoids: MAML", first_seed=first)
    subject = SinusoidLife(network=recipe.network).subject()
    rate = recipe.maml.inner_rate

    def curve(arrays: Any) -> Any:
        flat = ravel_pytree(arrays)[0]
        genes = {"weights": flat, "rates": jnp.full(len(jax.tree.leaves(arrays)), rate)}
        return _curve(subject, genes, _keys(VALIDATION, how.choose(*TESTED)), max(DRAWN_STEPS))

    curves = np.asarray(jax.jit(lambda s: jax.lax.map(curve, s))(trained.states.start.arrays))
    return Course(
        trained.updates * recipe.maml.batch, -trained.score.T, curves[:, list(DRAWN_STEPS)]
    )


def _evolved(arm: str, seeds: np.ndarray, rounds: int, how: Measuring) -> Course:
    """Return the course of an arm, looked at so many times, the later the farther apart."""
    strategy = arm == "es"
    steps, tasks = (1, 16) if strategy else (5, 8)
    recipe = SinusoidLife(
        population=how.choose(*POPULATION),
        network=how.choose(*NETWORK),
        rounds=rounds,
        steps=steps,
        strategy=ES() if strategy else TOURNAMENT,
        life=LifetimeConfig(
            tasks=tasks,
            inheritance="lamarck" if arm == "lamarck" else "baldwin",
            first_rates=(3e-3, 3e-2),
        ),
    )
    looks = np.unique(np.geomspace(1, rounds, LOOKS).round().astype(int)) - 1
    subject = recipe.subject()
    judged = jax.jit(lambda genes: _judged(subject, genes, steps, strategy, how))
    errors: list[list[float]] = []
    ends: list[np.ndarray] = []
    for number, seed in enumerate(seeds):
        how.progress(f"sinusoids: {arm}, seed {number + 1} of {len(seeds)}, {rounds} generations")
        row: list[float] = []
        curve = np.zeros(max(DRAWN_STEPS) + 1)
        for lived in grow_rounds(replace(recipe, seed=int(seed))):
            if lived.number in looks:
                genes = candidates(lived.hypers, lived.score, strategy)
                curve = np.asarray(judged(genes), np.float64)
                row.append(float(curve[steps]))
        errors.append(row)
        ends.append(curve[list(DRAWN_STEPS)])
    evaluations = (looks + 1) * recipe.population * tasks
    return Course(evaluations, np.array(errors), np.array(ends))


def candidates(hypers: Any, score: np.ndarray, mean: bool) -> Any:
    """Return the genes to judge: the population's mean, which of mirrored noise is the strategy's
    own; or those with the highest scores.
    """
    weights, rates = np.asarray(hypers["weights"]), np.asarray(hypers["rates"])
    if mean:
        return {
            "weights": weights.mean(axis=0, dtype=np.float64).astype(np.float32)[None],
            "rates": np.exp(np.log(rates).mean(axis=0, dtype=np.float64)).astype(np.float32)[None],
        }
    best = np.argsort(-score)[:CANDIDATES]
    return {"weights": weights[best], "rates": rates[best]}


def _judged(subject: Subject, genes: Any, steps: int, mean: bool, how: Measuring) -> Any:
    """Return the errors on the test tasks, of the candidate that is best on other tasks."""
    if mean:
        chosen = jax.tree.map(lambda x: x[0], genes)
    else:
        keys = _keys(VALIDATION + 1, how.choose(*CHOSEN_ON))
        errors = jax.lax.map(lambda g: _curve(subject, g, keys, steps)[-1], genes)
        chosen = jax.tree.map(lambda x: x[jnp.argmin(errors)], genes)
    return _curve(subject, chosen, _keys(VALIDATION, how.choose(*TESTED)), max(DRAWN_STEPS))


def _curve(subject: Subject, genes: Any, keys: Any, steps: int) -> Any:
    """Return the mean error after 0 … steps steps on the tasks that these keys draw."""

    def one(key: Any) -> Any:
        return -scores_by_step(subject, genes, key, steps, subject.draw(key))

    return jnp.mean(jax.vmap(one)(keys), axis=0)


def _keys(number: int, count: int) -> Any:
    return jax.random.split(jax.random.key(number), count)


def _claims(arms: dict[str, Course], how: Measuring) -> list[Claim]:
    n = len(arms["MAML"].errors)

    def told(name: str) -> str:
        ends = arms[name].at_the_end.mean(axis=0)
        steps = " / ".join(str(step) for step in DRAWN_STEPS)
        return (
            f"{name} after {arms[name].evaluations[-1]:,} evaluations, {steps} steps: "
            + " / ".join(f"{value:.2f}" for value in ends)
        )

    claims: list[Claim] = []
    for name, steps in (("ES", 1), ("Baldwin", 5), ("Lamarck", 5)):
        course = arms[name]
        index = DRAWN_STEPS.index(steps)
        gains = course.at_the_end[:, 0] - course.at_the_end[:, index]
        fell = course.errors[:, 0] - course.errors[:, -1]
        gain, fall = (
            bootstrap_interval(gains, seed=how.seed),
            bootstrap_interval(fell, seed=how.seed),
        )
        claims.append(
            Claim(
                f"sinusoids: {name} learns to learn without gradients through the lifetime",
                "yes, for any number of inner steps",
                f"{told(name)}; error after learning fell by {fall}; learning takes off {gain}; "
                f"{n} seeds{how.weak()}",
                "both intervals above 0",
                bool(gain.low > 0 and fall.low > 0),
            )
        )
    ratios = {
        name: bootstrap_interval(ratios_of(arms["MAML"], arms[name]), seed=how.seed)
        for name in ("ES", "Baldwin", "Lamarck")
    }
    said = "; ".join(
        f"{name} took {ratio} times MAML's evaluations to its own last error "
        f"({arms[name].errors[:, -1].mean():.2f})"
        for name, ratio in ratios.items()
    )
    claims.append(
        Claim(
            f"sinusoids: MAML is at least {TIMES:.0f} times more data-efficient than evolution "
            "that inherits no learning",
            "MAML is more data-efficient in simple cases",
            f"{said}; {told('MAML')}; {n} seeds{how.weak()}",
            f"the intervals of ES and of Baldwin at least {TIMES:.0f}",
            all(bool(ratios[name].low >= TIMES) for name in ("ES", "Baldwin")),
        )
    )
    return claims


def ratios_of(maml_course: Course, course: Course) -> np.ndarray:
    """Return how many times more evaluations an arm took than MAML, in each seed, to come to its
    own last error.

    NaN (which no threshold accepts) where MAML never came there.
    """
    reached = maml_course.errors <= course.errors[:, -1:]
    taken = maml_course.evaluations[np.argmax(reached, axis=1)]
    return np.where(reached.any(axis=1), course.evaluations[-1] / taken, np.nan)
