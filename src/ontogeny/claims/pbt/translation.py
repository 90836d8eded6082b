"""The claims about a translator: Population Based Training of a learning rate and three dropouts
against random search.

Members are chosen by BLEU on tokens of messages that were held out. What is reported is also the
BLEU of whole text, by sacrebleu, on other messages, of the member that was chosen.

Source: Jaderberg et al. 2017 (arXiv 1711.09846), section 4.2. There members were compared by a
t-test over hundreds of moves; with a few dozen, truncation is used here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

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
from ontogeny.learners.generation.config import TranslatorConfig
from ontogeny.learners.generation.translation import DROPOUTS
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.translation import Translation
from ontogeny.runtime.vectorised import Vectorised
from ontogeny.views.figure import Figure

PAPER = "BLEU 23.71 to 24.23 where members are chosen (WMT14 English to German, 32 members)"
TEST = "BLEU 22.30 to 22.65 on the test (WMT14 English to German, 32 members)"


# What is grown, whatever the machine.
FULL = Translation(population=8, rounds=24, steps=50)
QUICK = Translation(population=4, rounds=8, steps=25)
TINY = Translation(
    population=2,
    rounds=2,
    steps=1,
    packages=("django",),
    tokens=200,
    training=TranslatorConfig(width=8, wide=8, heads=1, batch=4),
    executor=Vectorised(devices=1),
)
SEEDS = 3, 2, 1


def measure(how: Measuring) -> Found:
    """Return four claims, about the best member, the population, the test, and the course of the
    learning rate; the scores' curves and the schedules.
    """
    recipe, seeds = how.choose(FULL, QUICK, TINY), how.seeds(how.choose(*SEEDS))
    own = {"random search": RandomSearch(), "PBT": recipe.strategy}
    arms = how.choose(own, own, TINY_ARMS)
    found = compare(recipe, seeds, how.progress, "translation", arms, _ask(recipe))
    text = recipe.corpus().text
    setting = (
        f"{recipe.population} members, {recipe.rounds * recipe.steps:,} updates of "
        f"{recipe.training.batch} messages each; {len(text.train):,} messages to learn from"
        f"{how.weak()}"
    )
    return claims(found, setting, len(text.test), how.seed), figures(recipe, found)


def claims(
    found: dict[str, dict[str, np.ndarray]], setting: str, tested: int, seed: int
) -> list[Claim]:
    """Return the four claims, given what `compare` found and how many messages the test has."""
    test = {name: of_the_best(arm["score"], arm["test"]) for name, arm in found.items()}
    whole = "translation: the {} has a higher BLEU with PBT than with random search"
    said = f"{setting}; {tested} messages, sacrebleu"
    return [
        *ends_higher(whole, (PAPER, "no number"), found, setting, seed),
        higher(whole.format("best member") + " on the test's text", TEST, test, said, seed),
        _course(found["PBT"]["learning_rate"], seed),
    ]


def _course(rate: np.ndarray, seed: int) -> Claim:
    """Return the claim that the population's rate, [seed, round, pop], rises and then falls."""
    mean = np.mean(np.log10(rate), axis=-1)
    peak = max(1, mean.shape[1] // 4)
    rise = bootstrap_interval(mean[:, peak] - mean[:, 0], seed=seed)
    fall = bootstrap_interval(mean[:, -1] - mean[:, peak], seed=seed)
    return Claim(
        claim="translation: the population's learning rate jumps and then decays",
        paper="it begins tiny, jumps by about three orders of magnitude, and decays (one figure)",
        measured=f"orders of magnitude from the first round to round {peak}: {rise}; from there "
        f"to the last: {fall}; {len(rate)} seeds, geometric mean over members",
        threshold="the first interval above 0 and the second below 0",
        holds=rise.low > 0 > fall.high,
    )


def figures(recipe: Translation, found: dict[str, dict[str, np.ndarray]]) -> list[Figure]:
    """Return the scores' curves, and the hypers along the ancestry of each seed's best member."""
    pbt = found["PBT"]
    hypers = {name: pbt[name] for name in ("learning_rate", *DROPOUTS)}
    lines = lines_of_the_best(pbt["parent"], pbt["score"], hypers)
    said = f"{len(pbt['score'])} seeds, {recipe.population} members"
    return [
        curves(
            "translation",
            f"BLEU on tokens of held-out messages: {said}; bands are their range.",
            found,
            recipe.steps,
            ["updates of one member", "BLEU"],
        ),
        Figure(
            "translation_schedules",
            f"Along the ancestry of each seed's best member: {said}. The paper's learning rate "
            "began tiny, jumped and decayed, and its dropouts went up and down.",
            lines,
            {"logarithmic": ["learning_rate"]},
            draw_schedules,
        ),
    ]


def _ask(recipe: Translation) -> Any:
    """Return what tells each member's BLEU on the test, of whole text."""
    text = recipe.corpus().text.test
    true = [pair.target for pair in text]

    def ask(state: Any) -> Mapping[str, np.ndarray]:
        members = jax.tree.map(jnp.asarray, state)
        scores: list[float] = []
        for slot in range(recipe.population):
            translator = recipe.product(jax.tree.map(lambda x, slot=slot: x[slot], members))
            said = translator.many([pair.source for pair in text])
            scores.append(text_bleu(said, true))
        return {"test": np.array(scores)}

    return ask


def text_bleu(said: list[str], true: list[str]) -> float:
    """Return the BLEU of whole text by sacrebleu's defaults, from 0 to 100."""
    import sacrebleu

    return float(sacrebleu.corpus_bleu(said, [true]).score)
