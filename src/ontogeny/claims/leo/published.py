"""The claims about the published embeddings: the paper's protocol, and its table.

For each data set that is there and each number of shots: the hyperparameters of the code, under its
conventions; meta-training on the train and validation classes, as the paper's last runs; the test
with all images of a class that are not learned from as queries.

Source: Rusu et al. 2019 (arXiv 1807.05960), table 1 and its code.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ontogeny.claims.claim import Claim
from ontogeny.claims.leo.arms import ROUNDS, accuracy_on, shortened
from ontogeny.claims.leo.figures import draw_accuracies
from ontogeny.claims.measuring import Found, Measuring
from ontogeny.claims.trainings import train
from ontogeny.core.errors import DataError
from ontogeny.learners.few_shot.few_shot import few_shot
from ontogeny.learners.few_shot.leo_presets import published
from ontogeny.learners.few_shot.methods import method_of
from ontogeny.ops.statistics import bootstrap_interval
from ontogeny.recipes.few_shot_data import NEEDED, Featured, published_sets
from ontogeny.views.figure import Figure
from ontogeny.worlds.classes.embeddings import published_embeddings
from ontogeny.worlds.classes.few_shot import Splits, remaining

IN_THE_PAPER = {  # test accuracy in percent, 5 ways, by data set and shots
    ("miniImageNet", 1): 61.76,
    ("miniImageNet", 5): 77.59,
    ("tieredImageNet", 1): 66.33,
    ("tieredImageNet", 5): 81.44,
}
# At full, quick and tiny scale.
SHOTS = ((1, 5), (1, 5), (5,))
UPDATES = (100_000, 200, 5)
SEEDS = (3, 2, 2)
TESTED = (10_000, 200, 8)
ASKED = ({}, {}, {"queries": 2, "tasks": 2, "test_queries": 2, "test_episodes": 4})

NEAR = 1.0  # points below the paper's mean that the interval may reach down to


def measure(how: Measuring) -> Found:
    """Return a claim for each data set and number of shots, and a figure.

    Less than the full scale only shows that all runs. Raises `DataError` when no folder of data is
    given, or it has neither data set, saying which files are needed.
    """
    if how.data is None:
        raise DataError(
            "the published embeddings are not shipped",
            where="reproduce leo --part published",
            hint=f"give --data FOLDER with {NEEDED}",
        )
    claims: list[Claim] = []
    found: dict[str, np.ndarray] = {}
    for name, place in published_sets(how.data).items():
        splits = published_embeddings(place, train_on_validation=True)
        for shots in how.choose(*SHOTS):
            percent = _measured(name, splits, shots, how)
            claims.append(claim_of(name, shots, percent, how))
            found[f"{name}, {shots}-shot"] = percent
    figure = Figure(
        "published",
        "Test accuracy on the published embeddings: a dot a seed, and the mean.",
        found,
        {"arms": list(found), "title": ["LEO on the published embeddings"]},
        draw_accuracies,
    )
    return claims, [figure]


def _measured(name: str, splits: Splits, shots: int, how: Measuring) -> np.ndarray:
    """Return the test accuracy of every seed, in percent."""
    config, meta = published("code", name, shots)
    config, meta = shortened(config, how), replace(meta, **how.choose(*ASKED))
    seeds, steps = how.choose(*SEEDS), how.choose(*UPDATES) // ROUNDS
    data = Featured(splits, None)
    learner = few_shot(method_of(config, data.n_features), splits, meta)
    what = f"{name}, {shots}-shot"
    trained = train(how, learner, seeds, ROUNDS, steps, what)
    asked = replace(meta, test_queries=remaining(splits.test, shots))
    tested = how.choose(*TESTED)
    accuracy = accuracy_on(config, data, asked, trained.states.arrays, how.seed, tested)
    return 100 * accuracy.mean(axis=1)


def claim_of(name: str, shots: int, percent: np.ndarray, how: Measuring) -> Claim:
    """Return whether the accuracies of every seed come near the paper's."""
    paper = IN_THE_PAPER[name, shots]
    found = bootstrap_interval(percent, seed=how.seed)
    return Claim(
        claim=f"{name}, 5 ways, {shots}-shot: the paper's accuracy",
        paper=f"{paper} %",
        measured=f"{found} %, {len(percent)} seeds, {how.choose(*UPDATES):,} updates{how.weak()}",
        threshold=f"the interval reaches {paper - NEAR:.2f} %",
        holds=found.high >= paper - NEAR,
    )
