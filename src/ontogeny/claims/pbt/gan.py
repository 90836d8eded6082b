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
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ontogeny.claims.claim import Claim
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.pbt.arms import (
    TINY_ARMS,
    compare,
    curves,
    ends_higher,
    higher,
    lines_of_the_best,
    of_the_best,
)
from ontogeny.claims.pbt.figures import draw_schedules
from ontogeny.evolution.random_search import RandomSearch
from ontogeny.learners.generation.config import GANConfig
from ontogeny.learners.generation.gan import draw
from ontogeny.ops.inception import inception_score
from ontogeny.recipes.digits_gan import DigitsGan, judge
from ontogeny.recipes.portraits.generation import IMAGES, sheet
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.figure import Figure
from ontogeny.worlds.classes.digits import SIDE, digit_images

SHOWN = 2000  # images of each member that the other classifier is shown
PAPER = "inception score 6.38 to 6.80 by the classifier that chose (CIFAR-10, 45 members)"
OTHER = "6.45 to 6.89 by another classifier (CIFAR-10, 45 members)"


# What is grown, whatever the machine.
FULL = DigitsGan(population=16, rounds=20, steps=100)
QUICK = DigitsGan(population=8, rounds=8, steps=50)
TINY = DigitsGan(
    population=2,
    rounds=2,
    steps=1,
    training=GANConfig(latent=2, hidden=(8,), batch=4, judged=16, critic_updates=1),
    executor=Vectorised(devices=1),
)
SEEDS = 3, 2, 1


def measure(how: Measuring) -> Found:
    """Return three claims, about the best member, the population, and the best member as another
    classifier sees it; the scores' curves and the rates' schedules.
    """
    recipe, seeds = how.choose(FULL, QUICK, TINY), how.seeds(how.choose(*SEEDS))
    own = {"random search": RandomSearch(), "PBT": recipe.strategy}
    arms = how.choose(own, own, TINY_ARMS)
    found = compare(recipe, seeds, how.progress, "gan", arms, _ask(recipe, how.seed))
    updates = recipe.rounds * recipe.steps
    setting = f"{recipe.population} members, {updates:,} generator updates each{how.weak()}"
    return claims(found, setting, how.seed), figures(recipe, found)


def claims(found: dict[str, dict[str, np.ndarray]], setting: str, seed: int) -> list[Claim]:
    """Return the three claims, given what `compare` found."""
    shown = {name: of_the_best(arm["score"], arm["shown"]) for name, arm in found.items()}
    whole, more = (
        "gan: the {} has a higher inception score with PBT than with random search",
        ", as a classifier sees it that was not optimised",
    )
    return [
        *ends_higher(whole, (PAPER, "no number"), found, setting, seed),
        higher(whole.format("best member") + more, OTHER, shown, f"{setting}; {_real()}", seed),
    ]


def figures(recipe: DigitsGan, found: dict[str, dict[str, np.ndarray]]) -> list[Figure]:
    """Return the scores' curves, the rates along the ancestry of each seed's best member, and what
    that of the first seed makes.
    """
    pbt = found["PBT"]
    names = list(recipe.space().dimensions)
    lines = lines_of_the_best(pbt["parent"], pbt["score"], {name: pbt[name] for name in names})
    drawn = {
        name: {key: values for key, values in arm.items() if key != "made"}
        for name, arm in found.items()
    }
    said = f"{len(pbt['score'])} seeds, {recipe.population} members"
    return [
        curves(
            "gan",
            f"Inception score by the classifier that chose: {said}; bands are their "
            f"range. {_real()}.",
            drawn,
            recipe.steps,
            ["generator updates of one member", "inception score"],
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
