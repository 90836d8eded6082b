"""The claim that MAML under PBT tunes its own rates."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.growths import grow_rounds
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.sinusoids import Sinusoid

# At full, quick and tiny scale.
REPEATS = (5, 2, 1)
MEMBERS = (8, 8, 4)
ROUNDS = (20, 20, 2)
STEPS = (100, 100, 2)


def measure(how: Measuring) -> Found:
    """Return the claim that MAML under PBT tunes its own rates: against random search with the same
    members, updates and priors.
    """
    repeats, members = how.choose(*REPEATS), how.choose(*MEMBERS)
    rounds, steps = how.choose(*ROUNDS), how.choose(*STEPS)
    best: dict[str, list[float]] = {"pbt": [], "random search": []}
    rates: list[dict[str, float]] = []
    # both arms of a tiny look are one program: that PBT moves members is for its own tests to say
    tuner = how.choose(PBT(), PBT(), RandomSearch())
    for one in how.seeds(repeats):
        for name, strategy in (("pbt", tuner), ("random search", RandomSearch())):
            recipe = Sinusoid(
                population=members, rounds=rounds, steps=steps, seed=int(one), strategy=strategy
            )
            *_, last = grow_rounds(recipe)
            population = last.snapshot().population
            winner = int(np.argmax(population.score))
            best[name].append(-float(population.score[winner]))
            if name == "pbt":
                rates.append({k: float(v[winner]) for k, v in population.hypers.items()})
        how.progress(
            f"tuning: pbt {best['pbt'][-1]:.3f}, random search {best['random search'][-1]:.3f}"
        )
    apart = bootstrap_interval(
        np.array(best["random search"]) - np.array(best["pbt"]), seed=how.seed
    )
    found = {key: np.array([row[key] for row in rates]) for key in rates[0]}
    told = "; ".join(f"{k} {v.min():.2g} to {v.max():.2g}" for k, v in found.items())
    means = {name: bootstrap_interval(np.array(rows), seed=how.seed) for name, rows in best.items()}
    return [
        Claim(
            "MAML under PBT tunes its own inner and outer rate",
            "(this project's own)",
            f"best of {members} after {rounds * steps:,} updates: {means['pbt']} under PBT (rates "
            f"at the end: {told}), {means['random search']} by random search; difference {apart}; "
            f"{repeats} seeds{how.weak()}",
            "the difference's interval above 0",
            apart.low > 0,
        )
    ], []
