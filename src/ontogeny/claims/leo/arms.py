"""Arms of a comparison of few-shot methods: each is trained from several seeds, and tested on the
same fresh episodes of test classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Measuring
from ontogeny.claims.trainings import Trained, train
from ontogeny.learners.few_shot.config import MetaConfig
from ontogeny.learners.few_shot.few_shot import accuracies, few_shot
from ontogeny.learners.few_shot.heads import PROBE, HeadConfig
from ontogeny.learners.few_shot.leo_config import LEOConfig
from ontogeny.learners.few_shot.methods import Config, method_of
from ontogeny.learners.few_shot.prototypes import PrototypesConfig
from ontogeny.ops.statistics import Interval, bootstrap_interval
from ontogeny.recipes.few_shot_data import Featured, featured
from ontogeny.worlds.classes.few_shot import Classes, mean_interval

# At full, quick and tiny scale.
SEEDS = (4, 4, 2)
UPDATES = (900, 300, 5)
META = (MetaConfig(), MetaConfig(), MetaConfig(queries=2, tasks=2, test_queries=2, test_episodes=4))
TESTED = (1000, 1000, 8)  # fresh episodes of test classes, the same for all arms and seeds

FEATURES = 64  # of an item, in a tiny look
ROUNDS = 5  # scores along a training
FULL = LEOConfig(n_latents=32)  # the pilot's settings, but for the smooth deviations

# What LEO is held against: by the data alone, by descent alone, by generation alone.
RIVALS: dict[str, Config] = {
    "LEO": FULL,
    "conditional generator": replace(FULL, latent_steps=0, weight_steps=0),
    "Meta-SGD head": HeadConfig(),
    "ProtoNet": PrototypesConfig(),
}
UNTRAINED: dict[str, Config] = {
    "nearest centroid": PrototypesConfig(widths=()),
    "linear probe": PROBE,
}
ABLATIONS: dict[str, Config] = {
    "no latent steps": replace(FULL, latent_steps=0),
    "no fine-tuning": replace(FULL, weight_steps=0),
    "no relation network": replace(FULL, relate=False),
    "deterministic": replace(FULL, stochastic=False),
    "random prior": replace(FULL, prior="random"),
}

Arm = TypeVar("Arm", bound=Config)


class Outcome(NamedTuple):
    """What an arm came to."""

    accuracy: np.ndarray  # [seed, episode], on test classes
    validation: np.ndarray  # [round, seed], while it trained; no rounds for what is not trained
    updates: np.ndarray  # [round]
    states: Any  # what was learned, leading axis: seed

    @property
    def by_seed(self) -> np.ndarray:
        """Mean test accuracy of every seed, in percent."""
        return 100 * self.accuracy.mean(axis=1)

    def interval(self, seed: int) -> Interval:
        """Return the mean over seeds, in percent, and its bootstrap interval."""
        return bootstrap_interval(self.by_seed, seed=seed)


def seen(source: str, how: Measuring) -> Featured:
    """Return the data called so. A tiny look has a few classes and the first features of each item,
    as many of every source: their programs are then the same.
    """
    if how.scale != "tiny":
        return featured(source)
    splits = featured(source, few=True).splits

    def narrow(classes: Classes) -> Classes:
        return classes._replace(items=jnp.asarray(np.asarray(classes.items)[:, :FEATURES]))

    parts = {name: narrow(getattr(splits, name)) for name in ("train", "validation", "test")}
    return Featured(replace(splits, **parts), None)


def shortened(config: Arm, how: Measuring) -> Arm:
    """Return the settings; in a tiny look a descent that there is has one step, which is no loop to
    compile.
    """
    names = ("latent_steps", "weight_steps", "steps") if how.scale == "tiny" else ()
    given = {name: getattr(config, name) for name in names if hasattr(config, name)}
    return replace(config, **{name: min(steps, 1) for name, steps in given.items()})


def study(arms: Mapping[str, Config], data: Featured, how: Measuring) -> dict[str, Outcome]:
    """Return what each arm came to, trained on the train classes alone."""
    meta = how.choose(*META)

    def of_arm(name: str) -> Outcome:
        config = shortened(arms[name], how)
        trained = _trained(name, config, data, how)
        accuracy = accuracy_on(
            config, data, meta, trained.states.arrays, how.seed, how.choose(*TESTED)
        )
        return Outcome(accuracy, trained.score, trained.updates, trained.states)

    return how.of_each(arms, of_arm, [name for name in ("ProtoNet", "LEO") if name in arms])


def _trained(name: str, config: Config, data: Featured, how: Measuring) -> Trained:
    """Return an arm's trainings. In a tiny look those on the first source that is asked for, in
    this process, stand for those on all.
    """
    source = how.choose(data.splits.name, data.splits.name, "any")

    def learned() -> Trained:
        seeds, updates = how.choose(*SEEDS), how.choose(*UPDATES)
        learner = few_shot(method_of(config, data.n_features), data.splits, how.choose(*META))
        what = f"{data.splits.name}, {name}"
        return train(how, learner, seeds, ROUNDS, updates // ROUNDS, what)

    return how.once(("few shots", config, data.n_features, source), learned)


def untrained(data: Featured, how: Measuring) -> dict[str, Outcome]:
    """Return what those came to that learn nothing before a task."""
    found: dict[str, Outcome] = {}
    for name, config in ((name, shortened(arm, how)) for name, arm in UNTRAINED.items()):
        arrays = method_of(config, data.n_features).init(jax.random.key(0))
        one = jax.tree.map(lambda leaf: leaf[None], arrays)
        accuracy = accuracy_on(config, data, how.choose(*META), one, how.seed, how.choose(*TESTED))
        found[name] = Outcome(accuracy, np.zeros((0, 1)), np.zeros(0, int), None)
    return found


def accuracy_on(
    config: Config,
    data: Featured,
    meta: MetaConfig,
    arrays: Any,
    seed: int,
    tested: int,
) -> np.ndarray:
    """Return the accuracy on fresh episodes of the test classes, [seed, episode], 0 to 1, of arrays
    whose leading axis is the seed.
    """
    key = jax.random.fold_in(jax.random.key(seed), 1)
    all_seeds = _tester(config, data.n_features, meta, tested)
    return np.asarray(all_seeds(arrays, key, data.splits.test), np.float64)


@cache
def _tester(
    config: Config, n_features: int, meta: MetaConfig, tested: int
) -> Callable[[Any, Any, Classes], Any]:
    """Return what tests arrays on classes, by a key; compiled once for data of one shape."""
    method = method_of(config, n_features)

    @jax.jit
    def all_seeds(arrays: Any, key: Any, classes: Classes) -> Any:
        def one(arrays: Any) -> Any:
            return accuracies(method, arrays, key, classes, meta, meta.test_queries, tested)

        return jax.lax.map(one, arrays)

    return all_seeds


def difference(one: Outcome, other: Outcome, seed: int) -> Interval:
    """Return how many points `one` is more often right than `other`, over seeds, on the same
    episodes.
    """
    return bootstrap_interval(one.by_seed - other.by_seed, seed=seed)


def ahead(
    what: str, paper: str, one: Outcome, other: Outcome, least: float, how: Measuring
) -> Claim:
    """Return whether one arm is ahead of the other by more than so many points."""
    apart = difference(one, other, how.seed)
    return Claim(
        claim=f"{what}, 5 ways, 1 shot",
        paper=paper,
        measured=f"{percent(one)} against {percent(other)}: {apart} points, {len(one.by_seed)} "
        f"seeds, {one.accuracy.shape[1]:,} episodes each{how.weak()}",
        threshold=f"the interval above {least:g}",
        holds=apart.low > least,
    )


def percent(outcome: Outcome) -> str:
    """Return the mean over seeds, and the 95 % half-width over episodes of the first."""
    within = mean_interval(100 * outcome.accuracy[0])
    return f"{outcome.by_seed.mean():.1f} ± {within.high - within.value:.1f} %"
