"""The figures of the claims about LEO, drawn from what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from ontogeny.claims.leo.arms import Outcome
from ontogeny.recipes.portraits.few_shot_figures import accuracies_figure, learning_figure
from ontogeny.views.figure import Figure


def accuracies_of(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    """Return the figure of test accuracies."""
    tested = next(iter(found.values())).accuracy.shape[1]
    return Figure(
        name,
        f"Accuracy on {tested:,} episodes of unseen classes, 5 ways, 1 shot: a dot a seed, and the "
        "mean.",
        {arm: outcome.by_seed for arm, outcome in found.items()},
        {"arms": list(found), "title": [title]},
        lambda figure: accuracies_figure(
            str(figure.labels["title"][0]),
            {str(arm): figure.data[str(arm)] for arm in figure.labels["arms"]},
        ),
    )


def learning_of(name: str, title: str, found: Mapping[str, Outcome]) -> Figure:
    """Return the figure of validation accuracies along the training of what is trained."""
    trained = {arm: outcome for arm, outcome in found.items() if outcome.updates.size}
    data = {arm: 100 * outcome.validation for arm, outcome in trained.items()}
    first = next(iter(trained.values()))
    return Figure(
        name,
        "Accuracy on episodes of validation classes while it trains, mean of "
        f"{len(first.by_seed)} seeds.",
        data | {"updates": first.updates},
        {"arms": list(trained), "title": [title]},
        lambda figure: learning_figure(
            str(figure.labels["title"][0]),
            {str(arm): figure.data[str(arm)] for arm in figure.labels["arms"]},
            figure.data["updates"],
        ),
    )
