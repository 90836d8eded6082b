"""`reproduce leo`: few-shot learning by descent in a latent space that generates the weights.

Parts: `characters`, `glyphs`, `embedded-glyphs`: LEO beside a generator that is not adapted, a head
that is adapted without one, prototypes, and what learns nothing before a task. `ablations`: what
each piece of LEO is worth, and that the names of the classes don't matter. `published`: the paper's
own table, where its embeddings are (`--data FOLDER`).

Source: Rusu et al. 2019, "Meta-Learning with Latent Embedding Optimization" (arXiv 1807.05960). The
thresholds are this project's own, set before the first measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from ontogeny.adaptation.classifier import FewShotClassifier
from ontogeny.adaptation.few_shot import Meta
from ontogeny.recipes.claims import Claim, Figure, Measure, Progress, Reproduction, reproduce_parts
from ontogeny.recipes.few_shot_data import Featured, featured
from ontogeny.recipes.leo_published import measure_published
from ontogeny.recipes.leo_study import (
    ABLATIONS,
    FULL,
    RIVALS,
    SEEDS,
    TESTED,
    Outcome,
    difference,
    study,
    untrained,
)
from ontogeny.views.few_shot_figures import accuracies_figure, learning_figure
from ontogeny.worlds.few_shot import Episode, along_episodes, mean_interval

UPDATES, QUICK_UPDATES = 900, 300
# Of LEO over the generator and over the head, and of the generator over the head, in points.
MARGINS = {
    "characters": (1.0, 5.0, 0.0),
    "glyphs": (0.0, 0.0, 0.0),
    "embedded-glyphs": (0.0, 0.0, 0.0),
}
PAPER = "miniImageNet, 1 shot: 61.76 > 60.33 (generator) > 54.24 (Meta-SGD)"
WORTH = {  # what the paper's table says of it on miniImageNet with 1 shot, or that it is silent
    "no latent steps": "60.62 of 61.76",
    "no fine-tuning": "61.62 of 61.76: the weights move very little",
    "no relation network": "no row of the table",
    "deterministic": "61.48 of 61.76",
    "random prior": "61.01 of 61.76",
}
LITTLE = 1.0  # points: what fine-tuning may be worth at most, either way
SAME = 1e-4  # share of predictions that rounding may change


def reproduce(
    quick: bool,
    seed: int,
    progress: Progress,
    folder: Path | None = None,
    part: str | None = None,
    data: Path | None = None,
) -> Reproduction:
    """Return the claims as measured; see `claims.reproduce_parts`.

    `quick` trains a third as long, on the drawn characters alone, without prototypes, and leaves
    out one piece of LEO; the claims then say that they are under-powered. `data` is the folder of
    the published embeddings: without it their part is left out, and `DataError` says what is
    missing when it is asked for by name.
    """
    sources = ["characters"] if quick and part is None else list(MARGINS)
    parts: dict[str, Measure] = {
        name: partial(measure_order, name, quick, seed, progress) for name in sources
    }
    parts["ablations"] = partial(measure_ablations, quick, seed, progress)
    if data is not None or part == "published":
        parts["published"] = partial(measure_published, data, quick, seed, progress)
    return reproduce_parts("leo", parts, seed, folder, part)


def measure_order(
    source: str, quick: bool, seed: int, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return the claims about the order of LEO, the generator and the head, and two figures."""
    data, meta, updates = featured(source), Meta(), QUICK_UPDATES if quick else UPDATES
    arms = {name: config for name, config in RIVALS.items() if name != "ProtoNet" or not quick}
    found = study(arms, data, meta, updates, seed, progress) | untrained(data, meta, seed)
    leo, generator, head = (found[n] for n in ("LEO", "conditional generator", "Meta-SGD head"))
    pairs = (
        ("LEO > conditional generator", leo, generator),
        ("LEO > Meta-SGD head", leo, head),
        ("conditional generator > Meta-SGD head", generator, head),
    )
    claims = [
        _claim(f"{source}: {what}", PAPER, one, other, seed, least, quick)
        for (what, one, other), least in zip(pairs, MARGINS[source], strict=True)
    ]
    figures = [
        _accuracies(f"{source.replace('-', '_')}_accuracy", source, found),
        _learning(f"{source.replace('-', '_')}_learning", source, found),
    ]
    return claims, figures


def measure_ablations(
    quick: bool, seed: int, progress: Progress
) -> tuple[list[Claim], list[Figure]]:
    """Return what each piece of LEO is worth on drawn characters, and that of permuted classes."""
    data, meta, updates = featured("characters"), Meta(), QUICK_UPDATES if quick else UPDATES
    chosen = {"no latent steps": ABLATIONS["no latent steps"]} if quick else ABLATIONS
    found = study({"LEO": FULL, **chosen}, data, meta, updates, seed, progress)
    leo = found["LEO"]
    claims: list[Claim] = []
    for name in chosen:
        paper, other = WORTH[name], found[name]
        if name == "no fine-tuning":
            claims.append(_fine_tuning(paper, leo, other, seed, quick))
        else:
            claims.append(_claim(f"LEO > {name}", paper, leo, other, seed, 0.0, quick))
    claims.append(_permutation(data, meta, leo, seed))
    return claims, [_accuracies("ablations", "characters: what LEO loses without a piece", found)]


def _claim(
    what: str, paper: str, one: Outcome, other: Outcome, seed: int, least: float, quick: bool
) -> Claim:
    apart = difference(one, other, seed)
    return Claim(
        claim=f"{what}, 5 ways, 1 shot",
        paper=paper,
        measured=f"{_percent(one)} against {_percent(other)}: {apart} points, {len(one.by_seed)} "
        f"seeds, {one.accuracy.shape[1]:,} episodes each{_weak(quick)}",
        threshold=f"the interval above {least:g}",
        holds=apart.low > least,
    )


def _fine_tuning(paper: str, leo: Outcome, other: Outcome, seed: int, quick: bool) -> Claim:
    apart = difference(leo, other, seed)
    return Claim(
        claim="fine-tuning is worth little, 5 ways, 1 shot",
        paper=paper,
        measured=f"{_percent(leo)} against {_percent(other)} without: {apart} points, "
        f"{len(leo.by_seed)} seeds{_weak(quick)}",
        threshold=f"the interval within ± {LITTLE:g}",
        holds=apart.low > -LITTLE and apart.high < LITTLE,
    )


def _permutation(data: Featured, meta: Meta, leo: Outcome, seed: int) -> Claim:
    """Return whether LEO tells the same whatever the order of the classes."""
    method = FewShotClassifier(FULL, data.n_features, None).method
    order = jnp.roll(jnp.arange(meta.ways), 1)

    def one(key: jax.Array, episode: Episode) -> jax.Array:
        del key

        def told(support: jax.Array) -> jax.Array:
            head = method.adapt(arrays, support)
            return jax.vmap(jax.vmap(lambda x: method.logits(arrays, head, x)))(episode.query)

        plain, turned = told(episode.support), told(episode.support[order])
        changed = jnp.argmax(plain[..., order], axis=-1) != jnp.argmax(turned, axis=-1)
        return jnp.mean(changed.astype(jnp.float32))

    arrays = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), leo.states.arrays)
    key = jax.random.fold_in(jax.random.key(seed), 1)
    changed = np.asarray(
        jax.jit(
            lambda k: along_episodes(
                one, k, data.splits.test, meta.ways, meta.shots, meta.test_queries, TESTED
            )
        )(key)
    )
    n = TESTED * meta.ways * meta.test_queries
    share = float(changed.mean())
    return Claim(
        claim="renaming the classes changes nothing that LEO tells",
        paper="every class is generated by the same maps",
        measured=f"{round(share * n)} of {n:,} predictions change",
        threshold=f"fewer than 1 in {1 / SAME:,.0f}: rounding",
        holds=share < SAME,
    )


def _percent(outcome: Outcome) -> str:
    """Return the mean over seeds, and the 95 % half-width over episodes of the first."""
    within = mean_interval(100 * outcome.accuracy[0])
    return f"{outcome.by_seed.mean():.1f} ± {within.high - within.value:.1f} %"


def _weak(quick: bool) -> str:
    return "; under-powered: a quick look with a third of the updates" if quick else ""


def _accuracies(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    return Figure(
        name,
        f"Accuracy on {TESTED:,} episodes of unseen classes, 5 ways, 1 shot: a dot a seed, and the "
        "mean.",
        {arm: outcome.by_seed for arm, outcome in found.items()},
        {"arms": list(found), "title": [title]},
        lambda figure: accuracies_figure(
            str(figure.labels["title"][0]),
            {str(arm): figure.data[str(arm)] for arm in figure.labels["arms"]},
        ),
    )


def _learning(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    trained = {arm: outcome for arm, outcome in found.items() if outcome.updates.size}
    data = {arm: 100 * outcome.validation for arm, outcome in trained.items()}
    updates = next(iter(trained.values())).updates
    return Figure(
        name,
        f"Accuracy on episodes of validation classes while it trains, mean of {SEEDS} seeds.",
        data | {"updates": updates},
        {"arms": list(trained), "title": [title]},
        lambda figure: learning_figure(
            str(figure.labels["title"][0]),
            {str(arm): figure.data[str(arm)] for arm in figure.labels["arms"]},
            figure.data["updates"],
        ),
    )
