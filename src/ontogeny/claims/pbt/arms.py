"""Population Based Training against random search, at equal compute and with the same first draws:
how the claims about a real task are measured.

Both arms of a seed spawn the same members, since keys are computed from the seed, the slot and the
step; they part when the first move is made. Arms are compared seed by seed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from ontogeny.claims.claim import Claim
from ontogeny.claims.growths import grow_rounds
from ontogeny.claims.measuring import Progress
from ontogeny.claims.pbt.figures import draw_arms
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.strategy import StrategyConfig
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.recipe import Recipe
from ontogeny.views.figure import Figure

ARMS: dict[str, StrategyConfig] = {"random search": RandomSearch(), "PBT": PBT()}
# Of a tiny look, where one is grown for both: whom random search replaces begins anew, so that how
# members begin is a part of its rounds, and the compiler's work once more.
TINY_ARMS: dict[str, StrategyConfig] = {name: PBT() for name in ARMS}
Ask: TypeAlias = Callable[
    [Any], Mapping[str, np.ndarray]
]  # the last states to what is asked, [pop]


def compare(
    recipe: Recipe,
    seeds: np.ndarray,
    progress: Progress,
    what: str,
    arms: Mapping[str, StrategyConfig] = ARMS,
    ask: Ask | None = None,
) -> dict[str, dict[str, np.ndarray]]:
    """Return for each arm its `score`, its `parent` and each of its hypers, [seed, round, pop], and
    what `ask` returns of the last states, [seed, pop]. Arms of one strategy are one growth.
    """
    found: dict[str, dict[str, list[Any]]] = {name: {} for name in arms}
    for seed in seeds.tolist():
        known: dict[StrategyConfig, dict[str, Any]] = {}
        for name, strategy in arms.items():
            if strategy not in known:
                grown = dataclasses.replace(recipe, seed=seed, strategy=strategy)
                rounds = list(grow_rounds(grown))
                asked = ask(rounds[-1].snapshot().population.state) if ask else {}
                hypers = rounds[0].hypers
                known[strategy] = {
                    "score": np.stack([one.score for one in rounds]),
                    "parent": np.stack([one.move.parent for one in rounds]),
                    **{key: np.stack([one.hypers[key] for one in rounds]) for key in hypers},
                    **asked,
                }
                seconds = sum(one.seconds for one in rounds)
                best = rounds[-1].score.max()
                progress(f"{what}: seed {seed}, {name}: best {best:.2f} ({seconds:.0f} s)")
            for key, values in known[strategy].items():
                found[name].setdefault(key, []).append(values)
    return {
        name: {key: np.stack(values) for key, values in columns.items()}
        for name, columns in found.items()
    }


def best_member(score: np.ndarray) -> np.ndarray:
    """Return the best of the population, averaged over rounds: [..., round, pop] to [...]."""
    return score.max(axis=-1).mean(axis=-1)


def population_mean(score: np.ndarray) -> np.ndarray:
    """Return the mean over the population and rounds, the dead left out: [..., round, pop] to
    [...].
    """
    return np.nanmean(np.where(np.isfinite(score), score, np.nan), axis=(-2, -1))


def of_the_best(score: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Return what was asked, of the member whose last score is the best: [seed, round, pop] and
    [seed, pop] to [seed].
    """
    best = np.argmax(score[:, -1], axis=-1)
    return np.take_along_axis(asked, best[:, None], axis=-1)[:, 0]


def line_of_the_best(parent: np.ndarray, score: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return what a hyper was along the ancestry of the last round's best member: [round, pop],
    thrice, to [round].
    """
    slot = int(np.argmax(score[-1]))
    line: list[float] = []
    for number in range(len(parent) - 1, -1, -1):
        line.append(float(values[number, slot]))
        slot = int(parent[number, slot])
    return np.array(line[::-1])


def lines_of_the_best(
    parent: ArrayLike, score: ArrayLike, hypers: Mapping[str, ArrayLike]
) -> dict[str, np.ndarray]:
    """Return what each hyper was along the ancestry of each seed's best member: [seed, round, pop]
    to [seed, round].
    """
    growths = np.asarray(parent), np.asarray(score)
    return {
        name: np.stack(list(map(line_of_the_best, *growths, np.asarray(values))))
        for name, values in hypers.items()
    }


def higher(
    claim: str, paper: str, scores: Mapping[str, np.ndarray], setting: str, seed: int = 0
) -> Claim:
    """Return the claim that PBT's numbers are higher than random search's, seed by seed.

    `scores` are the numbers of each arm, [seed].
    """
    told = [f"{name} {bootstrap_interval(values, seed=seed)}" for name, values in scores.items()]
    gain = bootstrap_interval(scores["PBT"] - scores["random search"], seed=seed)
    return Claim.above(
        claim,
        paper,
        f"{', '.join(told)}: higher by {gain}; {scores['PBT'].size} seeds, {setting}",
        gain,
        threshold="the interval of the difference above 0 (of so few seeds it is their range)",
    )


def ends_higher(
    claim: str,
    papers: tuple[str, str],
    found: Mapping[str, Mapping[str, np.ndarray]],
    setting: str,
    seed: int = 0,
) -> list[Claim]:
    """Return two claims of what `compare` found: that over the last quarter of the rounds PBT's
    best member, and its population's mean, score higher. `claim` has a {} where it says which.
    """
    last = max(1, found["PBT"]["score"].shape[1] // 4)
    ends = {name: arm["score"][:, -last:] for name, arm in found.items()}
    kinds = {"best member": best_member, "population's mean": population_mean}
    return [
        higher(claim.format(kind), paper, {n: reduce(s) for n, s in ends.items()}, setting, seed)
        for (kind, reduce), paper in zip(kinds.items(), papers, strict=True)
    ]


def curves(
    name: str,
    caption: str,
    found: Mapping[str, Mapping[str, np.ndarray]],
    spent: float,
    axes: Sequence[str],
) -> Figure:
    """Return the scores of both arms against what a member has spent, `spent` a round.

    The figure's arrays are those that `compare` found, stacked: [arm, seed, round, pop].
    """
    data = {key: np.stack([arm[key] for arm in found.values()]) for key in found["PBT"]}
    data["spent"] = spent * np.arange(1, data["score"].shape[2] + 1)
    return Figure(name, caption, data, {"arms": list(found), "axes": axes}, draw_arms)
