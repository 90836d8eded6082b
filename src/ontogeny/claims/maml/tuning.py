"""The claim that MAML under PBT tunes its own rates."""

from __future__ import annotations

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.growths import grow_rounds
from ontogeny.claims.maml.sinusoids import NETWORK
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.evolution.pbt import PBT
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.evolution.strategy import StrategyConfig
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
    arms: dict[str, StrategyConfig] = {"pbt": PBT(), "random search": RandomSearch()}
    best: dict[str, list[float]] = {name: [] for name in arms}
    rates: list[dict[str, float]] = []

    def winner(name: str, seed: int) -> tuple[float, dict[str, float]]:
        recipe = Sinusoid(
            population=members,
            rounds=rounds,
            steps=steps,
            seed=seed,
            strategy=arms[name],
            network=how.choose(*NETWORK),
        )
        *_, last = grow_rounds(recipe)
        population = last.snapshot().population
        slot = int(np.argmax(population.score))
        hypers = {k: float(v[slot]) for k, v in population.hypers.items()}
        return -float(population.score[slot]), hypers

    for one in how.seeds(repeats).tolist():
        won = how.of_each(arms, lambda name, seed=one: winner(name, seed), ["pbt"])
        for name, (error, _) in won.items():
            best[name].append(error)
        rates.append(won["pbt"][1])
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
