"""The claims about Hinton and Nowlan's needle in a haystack.

Exact, for genomes as they are first drawn: none of 20 places is wrong with probability 0.75^20; and
a lifetime of 1,000 guesses ever succeeds with probability

    sum_q C(20, q) (1/2)^q (1/4)^(20-q) (1 - (1 - 2^-q)^1000) = 5.58e-4,

over the number q of open places, the others all being right. What evolves from there is measured.

Source: Hinton and Nowlan 1987, "How Learning Can Guide Evolution", Complex Systems 1. The numbers
by generation are this project's own, from an independent implementation.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.claims.baldwin.figures import draw_needle
from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.evolution.evolve import evolve
from ontogeny.learners.baldwin.hinton_nowlan import LOCI, TRIALS, alleles, hinton_nowlan
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.hinton_nowlan import HintonNowlan
from ontogeny.views.figure import Figure

# At full, quick and tiny scale.
SEEDS = (20, 8, 2)
POPULATION = (1000, 1000, 50)
DRAWN = (1_000_000, 1_000_000, 20_000)  # genomes for the exact facts

SHOWN = (0, 10, 20, 30, 50)
MODES = ("baldwin", "darwin", "lamarck")
SHARES = ("right", "wrong", "open")
DRIFT = 0.06


def chance_unspoilt(loci: int = LOCI) -> float:
    """Return the probability that none of the places of a first genome is wrong."""
    return 0.75**loci


def chance_to_succeed(loci: int = LOCI, trials: int = TRIALS) -> float:
    """Return the probability that a first genome succeeds in its lifetime; see the module."""
    return sum(
        comb(loci, q) * 0.5**q * 0.25 ** (loci - q) * (1 - (1 - 2.0**-q) ** trials)
        for q in range(loci + 1)
    )


def measure(how: Measuring) -> Found:
    """Return the claims, and the shares of right, wrong and open places by generation."""
    seeds = how.seeds(how.choose(*SEEDS))
    found = how.of_each(MODES, lambda mode: _grown(mode, seeds, how), MODES[-1:])
    claims = [*_exact(how), *claims_of(found, how)]
    data = {mode: np.stack([rows[name] for name in SHARES]) for mode, rows in found.items()}
    labels = {mode: SHARES for mode in MODES}
    caption = (
        f"Shares of places by generation, {len(seeds)} seeds. With learning, wrong places vanish "
        "and open ones go slowly; without it, nothing but drift happens."
    )
    return claims, [Figure("needle", caption, data, labels, draw_needle)]


def _grown(mode: Any, seeds: np.ndarray, how: Measuring) -> dict[str, np.ndarray]:
    """Return the population's means of shares and fitness, [seed, generation]."""
    recipe = HintonNowlan(
        population=how.choose(*POPULATION), inheritance=mode, rounds=max(SHOWN) + 1
    )
    how.progress(f"needle: {mode}, {len(seeds)} seeds, {recipe.rounds - 1} generations")
    learner, space = recipe.learner(), recipe.space()
    strategy = recipe.strategy.build(space)

    def one(seed: Any) -> dict[str, Any]:
        _, rounds = evolve(
            learner, space, strategy, seed, recipe.population, recipe.rounds, recipe.steps
        )
        seen = {name: rounds.metrics[name] for name in SHARES} | {"fitness": rounds.score}
        return {name: jnp.mean(values, axis=-1) for name, values in seen.items()}

    rows = jax.jit(lambda seeds: jax.lax.map(one, seeds))(jnp.asarray(seeds, jnp.uint32))
    return {name: np.asarray(values, np.float64) for name, values in rows.items()}


def _exact(how: Measuring) -> list[Claim]:
    """Return the claims that the learner draws genomes and lifetimes as the model says."""
    drawn = how.choose(*DRAWN)
    how.progress(f"needle: {drawn:,} first genomes")
    space, learner = alleles(), hinton_nowlan()

    def one(key: Any) -> tuple[Any, Any]:
        draw_key, life_key = jax.random.split(key)
        hypers = space.sample(draw_key)
        state, shares = learner.step(life_key, learner.init(draw_key, hypers), hypers)
        return shares["wrong"] == 0, state.solved

    def count(keys: Any) -> tuple[Any, Any]:
        unspoilt, solved = jax.vmap(one)(keys)
        return jnp.sum(unspoilt), jnp.sum(solved)

    keys = jax.random.split(jax.random.key(how.seed), (100, drawn // 100))
    unspoilt, solved = jax.jit(lambda keys: jax.lax.map(count, keys))(keys)
    rows = (
        ("no place of a first genome is wrong: 0.75^20", chance_unspoilt(), unspoilt),
        ("a first genome ever succeeds: sum over open places", chance_to_succeed(), solved),
    )
    claims: list[Claim] = []
    for name, exact, counts in rows:
        share = float(np.sum(np.asarray(counts))) / drawn
        error = (exact * (1 - exact) / drawn) ** 0.5
        claims.append(
            Claim(
                claim=f"needle: {name} = {exact:.3e}",
                paper="follows from the model",
                measured=f"{share:.3e} of {drawn:,} genomes, {abs(share - exact) / error:.1f} "
                "standard errors away",
                threshold="within 4 standard errors",
                holds=abs(share - exact) <= 4 * error,
            )
        )
    return claims


def claims_of(found: Mapping[Any, dict[str, np.ndarray]], how: Measuring) -> list[Claim]:
    """Return what is claimed of each mode's shares and fitness [seed, generation], and whether it
    holds.
    """
    learns, drifts, writes = (found[mode] for mode in MODES)
    n = len(learns["right"])

    def told(rows: dict[str, np.ndarray], names: tuple[str, ...] = SHARES) -> str:
        parts = [
            f"generation {g}: "
            + ", ".join(f"{name} {np.mean(rows[name][:, g]):.3f}" for name in names)
            for g in SHOWN
        ]
        return "; ".join(parts) + f"; {n} seeds{how.weak()}"

    right = bootstrap_interval(learns["right"][:, 20], seed=how.seed)
    least, most = learns["right"][:, 20].min(), learns["wrong"][:, 20].max()
    still_open = bootstrap_interval(learns["open"][:, 50], seed=how.seed)
    gone = learns["wrong"][:, 50].max()
    means = np.array([drifts[name].mean(axis=0) for name in SHARES])
    drift = np.abs(means - np.array([[0.25], [0.25], [0.5]])).max()
    written = writes["right"][:, 20]
    return [
        Claim(
            "needle, learning: wrong places vanish within 20 generations, and right ones spread",
            "wrong alleles go within 20 generations, from 0.25; right ones rise",
            told(learns, (*SHARES, "fitness")),
            f"at generation 20, in every seed: wrong below 0.01 (most: {most:.3f}), right above "
            f"0.6 (least: {least:.3f}; mean {right})",
            bool(most < 0.01 and least > 0.6),
        ),
        Claim(
            "needle, learning: assimilation is incomplete, open places go slowly once few are left",
            "about half of the open alleles stay for long",
            f"open at generation 50: {still_open}; wrong at most {gone:.3f}; {n} seeds{how.weak()}",
            "the interval of open places above 0.1, and no wrong place left in any seed",
            bool(still_open.low > 0.1 and gone == 0),
        ),
        Claim(
            "needle, no learning: nothing but drift",
            "without learning, evolution finds nothing",
            f"{told(drifts)}; at most {drift:.3f} from the start; fitness "
            f"{drifts['fitness'].max():.3f} at most",
            f"every share, as a mean over seeds, stays within {DRIFT} of where it began; nobody "
            "ever succeeds",
            bool(drift <= DRIFT and drifts["fitness"].max() == 1),
        ),
        Claim(
            "needle, Lamarck: what was found is inherited, and all is right within 20 generations",
            "not in the paper",
            f"{told(writes)}; least at generation 20: {written.min():.3f}",
            "right above 0.95 at generation 20, in every seed",
            bool(written.min() > 0.95),
        ),
    ]
