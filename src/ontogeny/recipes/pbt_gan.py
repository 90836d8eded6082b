"""The claims about a generative network: Population Based Training of two learning rates against
random search.

The score is the inception score by the classifier that the population is selected by; the best
members' images are also shown to another, of another kind, as in the paper: what is reported
should not be what was optimised alone.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.3.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.evolution.random_search import RandomSearch
from ontogeny.generation.adversaries import draw
from ontogeny.ops.inception import inception_score
from ontogeny.recipes.claims import Claim, Figure, Progress, seeds_from
from ontogeny.recipes.comparison import (
    best_member,
    compare,
    higher,
    line_of_the_best,
    of_the_best,
    population_mean,
)
from ontogeny.recipes.digits_gan import DigitsGan, judge
from ontogeny.recipes.generation_portraits import IMAGES, sheet
from ontogeny.recipes.pbt_figures import draw_arms, draw_schedules
from ontogeny.worlds.digits import SIDE, digit_images

SHOWN = 2000  # images of each member that the other classifier is shown
PAPER = "inception score 6.38 to 6.80 by the classifier that chose (CIFAR-10, 45 members)"
OTHER = "6.45 to 6.89 by another classifier (CIFAR-10, 45 members)"


class Size(NamedTuple):
    """How much is grown, whatever the machine."""

    population: int
    rounds: int
    steps: int
    seeds: int


FULL = Size(population=16, rounds=20, steps=100, seeds=3)
QUICK = Size(population=8, rounds=8, steps=50, seeds=2)


def measure_gan(seed: int, quick: bool, progress: Progress) -> tuple[list[Claim], list[Figure]]:
    """Return three claims, about the best member, the population, and the best member as another
    classifier sees it; the scores' curves and the rates' schedules.
    """
    size = QUICK if quick else FULL
    recipe = DigitsGan(population=size.population, rounds=size.rounds, steps=size.steps)
    arms = {"random search": RandomSearch(), "PBT": recipe.evolution}
    found = compare(recipe, seeds_from(seed, size.seeds), progress, "gan", arms, _ask(recipe, seed))
    setting = f"{size.population} members, {size.rounds * size.steps:,} generator updates each"
    setting += "; under-powered: a quick look" if quick else ""
    return claims(found, setting, seed), figures(recipe, found)


def claims(found: dict[str, dict[str, np.ndarray]], setting: str, seed: int) -> list[Claim]:
    """Return the three claims, given what `compare` found."""
    last = max(1, found["PBT"]["score"].shape[1] // 4)
    ends = {name: arm["score"][:, -last:] for name, arm in found.items()}
    shown = {name: of_the_best(arm["score"], arm["shown"]) for name, arm in found.items()}
    whole, more = (
        "gan: the {} has a higher inception score with PBT than with random search",
        ", as a classifier sees it that was not optimised",
    )
    return [
        higher(
            whole.format("best member"),
            PAPER,
            {name: best_member(score) for name, score in ends.items()},
            setting,
            seed,
        ),
        higher(
            whole.format("population's mean"),
            "no number",
            {name: population_mean(score) for name, score in ends.items()},
            setting,
            seed,
        ),
        higher(whole.format("best member") + more, OTHER, shown, f"{setting}; {_real()}", seed),
    ]


def figures(recipe: DigitsGan, found: dict[str, dict[str, np.ndarray]]) -> list[Figure]:
    """Return the scores' curves, the rates along the ancestry of each seed's best member, and what
    that of the first seed makes.
    """
    pbt = found["PBT"]
    names = list(recipe.space().dimensions)
    data = {key: np.stack([arm[key] for arm in found.values()]) for key in pbt if key != "made"}
    data["spent"] = recipe.steps * np.arange(1, recipe.rounds + 1)
    lines = {
        name: np.stack(list(map(line_of_the_best, pbt["parent"], pbt["score"], pbt[name])))
        for name in names
    }
    axes = ["generator updates of one member", "inception score"]
    said = f"{len(pbt['score'])} seeds, {recipe.population} members"
    return [
        Figure(
            "gan",
            f"Inception score by the classifier that chose: {said}; bands are their "
            f"range. {_real()}.",
            data,
            {"arms": list(found), "axes": axes},
            draw_arms,
        ),
        Figure(
            "gan_rates",
            f"The rates along the ancestry of each seed's best member: {said}.",
            lines,
            {"logarithmic": names},
            draw_schedules,
        ),
        sheet(pbt["made"][0, np.argmax(pbt["score"][0, -1])], digit_images().test.pixels),
    ]


def _ask(recipe: DigitsGan, seed: int) -> Any:
    """Return what tells each member's inception score by the other classifier, and some images."""
    other = judge("conv")

    @jax.jit
    def scores(generators: Any) -> tuple[Array, Array]:
        def one(arrays: Any) -> tuple[Array, Array]:
            made = draw(recipe.training, (SIDE, SIDE), arrays, jax.random.key(seed), SHOWN)
            return inception_score(other.logits(made)), made[:IMAGES]

        return jax.lax.map(one, generators)

    def ask(state: Any) -> Mapping[str, np.ndarray]:
        shown, made = scores(jax.tree.map(jnp.asarray, state.generator))
        return {"shown": np.asarray(shown), "made": np.asarray(made)}

    return ask


@functools.cache
def _real() -> str:
    """Say what both classifiers make of real images that were held out."""
    test = digit_images().test
    pixels, label = jnp.asarray(test.pixels), jnp.asarray(test.label)
    said: list[str] = []
    for kind, name in (("dense", "the one that chose"), ("conv", "the other")):
        which = judge(kind)
        score = float(inception_score(which.logits(pixels)))
        right = float(which.accuracy(pixels, label))
        said.append(f"{score:.2f} by {name} (right in {right:.1%})")
    return f"{len(label)} real images have {' and '.join(said)}"
